"""May the caller do this? (thin: records the resource; policies follow)"""

from __future__ import annotations

from local.aws.identity import Caller
from local.aws.requests import Asked


def decide(asked: Asked, caller: Caller) -> str:
    """Return the resource for the log."""
    return "-"
