"""Whom a verb's tasks act as."""

from __future__ import annotations

from typing import Any

from interline.contracts import Domain

SECONDS_BETWEEN_POLLS = 1
"""How often a task asks whether a crawler or a job is done."""
SECONDS_BETWEEN_STATEMENT_POLLS: Any = 0.25
"""How often a task asks whether its statement is done: most take a fraction of a second.

The provider's operators say that they take an int, and sleep for whatever number they are given.
"""


def acting_as(domain: Domain) -> dict[str, Any]:
    """Return the operator arguments that name the one connection by which this domain's tasks reach AWS."""
    return {"aws_conn_id": domain.connection, "region_name": domain.region}
