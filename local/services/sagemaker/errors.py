"""SageMaker's errors, in its words (each operation's Errors in the SageMaker API reference)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from local.gateway.errors import DOCUMENTATION, AwsError


def invalid(message: str) -> AwsError:
    """The request is wrong."""
    return AwsError("ValidationException", message)


def not_found(what: str) -> AwsError:
    """SageMaker tells a missing job, model or package as a validation error."""
    return AwsError("ValidationException", f"Could not find requested {what}")


def in_use(message: str) -> AwsError:
    """The name is taken."""
    return AwsError("ResourceInUse", message)


def conflict(message: str) -> AwsError:
    """The thing is in a state that does not allow it."""
    return AwsError("ConflictException", message)


def not_done_here(what: str) -> AwsError:
    """AWS would do it; the local AWS can't, and says so instead of leaving it out."""
    return AwsError("ValidationException", f"the local AWS does not do {what}; see {DOCUMENTATION}")


def require_known(parameters: Mapping[str, Any], known: Iterable[str], where: str) -> None:
    """Refuse a parameter that would otherwise be silently without effect."""
    names = list(known)
    for name, value in parameters.items():
        if name in names or value in (None, False, [], {}):
            continue
        close = get_close_matches(name, names, n=1)
        hint = f" (did you mean {close[0]}?)" if close else ""
        raise not_done_here(f"{name} in {where}{hint}")
