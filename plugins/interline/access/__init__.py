"""Access as a plan: who may read what, as the contracts say it, compared with what AWS says, and made to agree.

``desired_state`` reads the contracts, ``lakeformation.observe`` reads AWS; both give a state (``state``). ``difference``
makes a plan of two states (``plan``), which ``render_text`` and ``render_json`` show and ``lakeformation.apply`` carries out,
request by request (``lakeformation.api_requests``). ``reconcile`` is the loop of plan, apply and plan, over targets
(``targets``): whole accounts by their administrators, or one port by the domain that owns it.

What is imported here knows no AWS: two states of the contracts can be compared without it.
"""

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
