"""Whom a verb's tasks act as."""

from __future__ import annotations

from typing import Any

from interline.domains import Domain

SECONDS_BETWEEN_POLLS = 1
"""How often a task asks whether the service it waits for is done."""


def acting_as(domain: Domain) -> dict[str, Any]:
    """Return the operator arguments that name the one connection by which this domain's tasks reach AWS."""
    return {"aws_conn_id": domain.connection, "region_name": domain.region}
