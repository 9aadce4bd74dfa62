"""Access compared with the contracts, and made to agree: plan, apply, and plan again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from interline.access.difference import difference
from interline.access.lakeformation.apply import ApplyResult, Failure, apply
from interline.access.plan import Plan
from interline.access.state import DesiredState, ObservedState
from interline.access.targets import Target

ROUNDS = 3
"""How often a plan is applied, if something failed, or was left open, while the one before was."""
_PARALLEL = 8

Log = Callable[[str], None]
Result = TypeVar("Result")


@dataclass
class ReconcileResult:
    """What came of making targets agree with the contracts."""

    plan: Plan
    """What was to be changed when it began."""
    remaining: Plan
    """What is still to be changed at its end."""
    done: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    """Why something remains; failures that a later attempt mended are not among them."""

    @property
    def complete(self) -> bool:
        """Whether all targets were seen and agree with the contracts now."""
        return not self.remaining and not self.failures and not self.remaining.unseen


def plan_changes(targets: Iterable[Target], desired: DesiredState) -> Plan:
    """Return what must change in the targets; for one that cannot be looked at nothing is planned, and ``unseen`` says why."""
    chosen = list(targets)
    observed, unseen = _observe(chosen)
    whole = difference(observed, desired)
    seen = [target for target in chosen if target.domain.name not in unseen]
    part = whole.of_accounts({target.domain.account for target in seen})
    changes = tuple(change for change in part.changes if any(target.covers(change) for target in seen))
    return replace(part, changes=changes, unseen=unseen)


def reconcile(
    targets: Iterable[Target], desired: DesiredState, log: Log = lambda _line: None
) -> ReconcileResult:
    """Make the targets agree with the contracts.

    Every target is made to agree by itself: trouble in one leaves the others alone. A target where something failed,
    no answer came, or AWS said that something was there already is looked at again, because what failed may be done
    and what is there may be something else, and planned and applied again.

    Args:
        targets: accounts or ports, one a domain.
        desired: what the contracts say.
        log: called with a line for every change as it is made.
    """
    log = _one_line_at_a_time(log)
    chosen = list(targets)
    first = todo = plan_changes(chosen, desired)
    result = ReconcileResult(first, first)
    working = _to_change(chosen, first)
    unseen = dict(first.unseen)
    failures: dict[str, list[Failure]] = {}
    for turn in range(1, ROUNDS + 1):
        unsure: list[Target] = []
        for target, applied, unanswered in _apply(working, todo, log):
            result.done += applied.done
            failures[target.domain.name] = [*applied.failures, *applied.unconfirmed]
            if failures[target.domain.name] or unanswered:
                unsure.append(target)
        todo = plan_changes(unsure, desired) if unsure else replace(first, changes=(), unseen={})
        todo = _without_what_cannot_be_shown(todo, unsure, failures)
        unseen |= todo.unseen
        working = _to_change(unsure, todo)
        left = {target.domain.name for target in working} | unseen.keys()
        failures = {name: found for name, found in failures.items() if name in left}
        if not working:
            break
        if turn < ROUNDS:
            log(f"{sum(todo.counts.values())} changes are left; trying again")
    result.remaining = replace(todo, unseen=unseen)
    result.failures = [failure for found in failures.values() for failure in found]
    return result


def _without_what_cannot_be_shown(
    todo: Plan, targets: Sequence[Target], failures: Mapping[str, list[Failure]]
) -> Plan:
    """Leave out of a plan what AWS accepted without a failure and what no look at its target can confirm."""
    accepted = [target for target in targets if not failures.get(target.domain.name)]
    return replace(
        todo,
        changes=tuple(
            change
            for change in todo.changes
            if not any(target.covers(change) and not target.shows(change) for target in accepted)
        ),
    )


def _one_line_at_a_time(log: Log) -> Log:
    lock = threading.Lock()

    def locked(line: str) -> None:
        with lock:
            log(line)

    return locked


def _to_change(targets: list[Target], todo: Plan) -> list[Target]:
    return [target for target in targets if any(target.covers(change) for change in todo.changes)]


def _apply(targets: list[Target], todo: Plan, log: Log) -> list[tuple[Target, ApplyResult, bool]]:
    """Apply a plan to its targets; return what came of it in each, and whether some request got no answer."""

    def work(target: Target) -> tuple[Target, ApplyResult, bool]:
        before = target.session.unanswered
        applied = apply(target.session, todo.only(target.covers), target.domain.account, log)
        return target, applied, target.session.unanswered > before

    return _in_parallel(targets, work)


def _observe(targets: list[Target]) -> tuple[ObservedState, dict[str, str]]:
    """Look at the targets, several at once; return what was seen, and by domain why something could not be."""
    seen: list[ObservedState] = []
    unseen: dict[str, str] = {}
    for target, found in zip(targets, _in_parallel(targets, _look_at), strict=True):
        if isinstance(found, ObservedState):
            seen.append(found)
        else:
            unseen[target.domain.name] = found
    return merge_states(seen), unseen


def _look_at(target: Target) -> ObservedState | str:
    try:
        return target.observe()
    except ClientError as error:
        details = error.response["Error"]
        return f"{error.operation_name}: {details['Code']}: {details.get('Message', '')}"
    except BotoCoreError as error:
        return f"{type(error).__name__}: {error}"


def merge_states(states: Iterable[ObservedState]) -> ObservedState:
    """Return what was seen in several accounts as one state."""
    parts = list(states)

    def merged(name: str) -> dict[Any, Any]:
        return {key: value for state in parts for key, value in getattr(state, name).items()}

    return ObservedState(
        grants=merged("grants"),
        filters=merged("filters"),
        tags=merged("tags"),
        tag_values=merged("tag_values"),
        links=merged("links"),
        link_readers=merged("link_readers"),
        tables=merged("tables"),
    )


def _in_parallel(targets: list[Target], work: Callable[[Target], Result]) -> list[Result]:
    if len(targets) < 2:
        return [work(target) for target in targets]
    with ThreadPoolExecutor(max_workers=min(_PARALLEL, len(targets))) as threads:
        return list(threads.map(work, targets))
