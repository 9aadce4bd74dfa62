"""Access as a plan: what the contracts say about who may read what, compared with what is. Knows no Airflow and no AWS."""

from __future__ import annotations

from interline.access.desired_state import desired_state
from interline.access.difference import difference
from interline.access.plan import Plan
from interline.access.render_json import as_json
from interline.access.render_text import as_text, summary
from interline.access.state import DesiredState, ObservedState, State

__all__ = [
    "DesiredState",
    "ObservedState",
    "Plan",
    "State",
    "as_json",
    "as_text",
    "desired_state",
    "difference",
    "summary",
]
