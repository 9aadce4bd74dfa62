"""Operations that moto answers without doing them. They are refused, so that no green run rests on them.

Engines add theirs with `refuse`; the door asks `refuse_what_is_not_real` before moto sees a request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from local.aws.errors import NotServed

if TYPE_CHECKING:
    from local.aws.requests import Asked

_refused: dict[tuple[str, str], str] = {}
_only: dict[str, frozenset[str]] = {}
_checks: dict[tuple[str, str], list[Callable[[Asked], None]]] = {}


def refuse(service: str, operations: Iterable[str], reason: str) -> None:
    """Refuse these operations of a service from now on, giving `reason`."""
    for operation in operations:
        _refused[service, operation] = reason


def serve_only(service: str, operations: Iterable[str]) -> None:
    """Refuse every operation of a service but these."""
    _only[service] = frozenset(operations)


def check(service: str, operation: str, inspect: Callable[[Asked], None]) -> None:
    """Let `inspect` look at every request for an operation; it raises what the caller shall see."""
    _checks.setdefault((service, operation), []).append(inspect)


def refuse_what_is_not_real(asked: Asked) -> None:
    """Raise NotServed when the operation is refused, or what a check of it raises."""
    reason = _refused.get((asked.service, asked.operation))
    if reason is not None:
        raise NotServed(asked.service, asked.operation, reason)
    only = _only.get(asked.service)
    if only is not None and asked.operation not in only:
        raise NotServed(asked.service, asked.operation)
    for inspect in _checks.get((asked.service, asked.operation), ()):
        inspect(asked)
