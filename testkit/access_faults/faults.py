"""The faults: what AWS, the network and other people do while access is applied, and what is expected of an apply."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from testkit.access_faults.proxy import Rule

THROTTLE = {"error": {"code": "ThrottlingException", "status": 400}}
CONCURRENT = {"error": {"code": "ConcurrentModificationException", "status": 400}}
EXPIRED = {"error": {"code": "ExpiredTokenException", "status": 400}}
LOST = {"response": {"abort_bytes": 0}}
"""AWS does what it is asked to, and the answer never comes."""


@dataclass(frozen=True)
class Fault:
    """A fault, and whether an apply is to survive it by itself or to report it."""

    name: str
    survived: bool
    rules: tuple[Rule, ...] = ()
    wrap: Callable[[Any], Any] | None = None
    """Puts a stub around a client, for what happens inside an answer."""


class Entries:
    """A client in whose batches single entries fail: the first of each request, with a code, so many times."""

    def __init__(self, client: Any, code: str, times: int) -> None:
        self._client, self._code, self.left = client, code, times

    def __getattr__(self, operation: str) -> Any:
        call: Callable[..., dict[str, Any]] = getattr(self._client, operation)
        if operation not in ("batch_grant_permissions", "batch_revoke_permissions"):
            return call

        def some_fail(*, Entries: list[dict[str, Any]], **arguments: Any) -> dict[str, Any]:
            if self.left <= 0:
                return call(Entries=Entries, **arguments)
            self.left -= 1
            failed, *others = Entries
            failures = call(Entries=others, **arguments).get("Failures", []) if others else []
            error = {"ErrorCode": self._code, "ErrorMessage": "as the stub says"}
            return {"Failures": [{"RequestEntry": failed, "Error": error}, *failures]}

        return some_fail


def failing_entries(code: str, times: int) -> Callable[[Any], Any]:
    """Return what puts the stub around a client, counting over all clients of a run."""
    stubs: dict[int, Entries] = {}

    def wrap(client: Any) -> Any:
        return stubs.setdefault(id(client), Entries(client, code, times))

    return wrap


def _on(operation: str, effect: Rule, times: int = 1) -> tuple[Rule, ...]:
    return ({"operation": operation, "times": times, **effect},)


_CHANGING = (
    "UpdateLFTag",
    "AddLFTagsToResource",
    "RemoveLFTagsFromResource",
    "CreateDataCellsFilter",
    "UpdateDataCellsFilter",
    "DeleteDataCellsFilter",
    "BatchGrantPermissions",
    "BatchRevokePermissions",
    "CreateDatabase",
    "DeleteDatabase",
)
_LOOKING = ("ListPermissions", "SearchTablesByLFTags", "ListDataCellsFilter", "GetTables", "GetDatabases")
ALWAYS = 100_000

FAULTS = (
    Fault("throttled, 3 times", True, ({"service": "*", "times": 3, **THROTTLE},)),
    Fault("throttled, one request in five", True, ({"service": "*", "probability": 0.2, **THROTTLE},)),
    *(
        Fault(f"ConcurrentModification (400) at {name}, twice", True, _on(name, CONCURRENT, 2))
        for name in _CHANGING
    ),
    Fault("connection reset, 3 times", True, ({"service": "*", "times": 3, "reset": True},)),
    Fault(
        "connection reset, one request in five", True, ({"service": "*", "probability": 0.2, "reset": True},)
    ),
    Fault("no answer within the time-out", True, _on("BatchGrantPermissions", {"timeout_ms": 2500})),
    Fault("answer cut in the middle", True, _on("ListPermissions", {"response": {"truncate_frac": 0.5}})),
    Fault(
        "HTTP 500, one request in five",
        True,
        ({"service": "*", "probability": 0.2, "error": {"code": "InternalError", "status": 500}},),
    ),
    *(
        Fault(f"session expires at {name}", True, _on(name, EXPIRED))
        for name in (_LOOKING[0], *_CHANGING[6:8])
    ),
    *(Fault(f"acknowledgement lost of {name}", True, _on(name, LOST)) for name in _CHANGING),
    *(Fault(f"acknowledgement lost of {name}", True, _on(name, LOST)) for name in _LOOKING[:2]),
    Fault(
        "first entry: ConcurrentModification, twice",
        True,
        wrap=failing_entries("ConcurrentModificationException", 2),
    ),
    Fault("first entry: InternalService, twice", True, wrap=failing_entries("InternalServiceException", 2)),
    Fault("first entry: AccessDenied, once", True, wrap=failing_entries("AccessDeniedException", 1)),
    Fault("first entry: AccessDenied, always", False, wrap=failing_entries("AccessDeniedException", ALWAYS)),
    Fault(
        "first entry: ConcurrentModification, always",
        False,
        wrap=failing_entries("ConcurrentModificationException", ALWAYS),
    ),
    Fault(
        "BatchGrantPermissions denied, always",
        False,
        _on("BatchGrantPermissions", {"error": {"code": "AccessDeniedException", "status": 400}}, ALWAYS),
    ),
    Fault(
        "ListPermissions denied, always",
        False,
        _on("ListPermissions", {"error": {"code": "AccessDeniedException", "status": 400}}, ALWAYS),
    ),
    Fault("throttled, always", False, ({"service": "*", **THROTTLE},)),
    Fault("every session expired at once", False, ({"service": "*", **EXPIRED},)),
    Fault("nobody answers", False, ({"service": "*", "reset": True},)),
)
