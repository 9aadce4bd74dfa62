"""Every account of the mesh compared with the contracts, and made to agree: plan, and plan → apply → plan."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from interline.access import DesiredState, ObservedState, Plan, difference
from interline.access.lakeformation.apply import Applied, Failure, apply
from interline.access.lakeformation.observe import observe
from interline.aws.retry import Calls
from interline.contracts import Domain

ROUNDS = 3
"""How often a plan is made again when something failed, or was left open, while the one before was applied."""
_AT_ONCE = 8

Say = Callable[[str], None]
Result = TypeVar("Result")


@dataclass(frozen=True)
class Account:
    """A domain's account and how its AWS is called, as its data lake administrator."""

    domain: Domain
    calls: Calls


@dataclass
class Settled:
    """What came of making the accounts agree with the contracts."""

    plan: Plan
    """What was to be changed when it began."""
    left: Plan
    """What is still to be changed at its end."""
    done: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    """Why something is left; failures that a later attempt mended are not among them."""

    @property
    def complete(self) -> bool:
        """Whether all accounts were seen and agree with the contracts now."""
        return not self.left and not self.failures and not self.left.unseen


def plan(accounts: Iterable[Account], desired: DesiredState) -> Plan:
    """Return what must change in the accounts; one that cannot be looked at is told and planned nothing for."""
    observed, unseen = _observed(list(accounts))
    looked_at = {account.domain.account for account in accounts}
    return _within(difference(observed, desired), looked_at, unseen)


def settle(accounts: Iterable[Account], desired: DesiredState, say: Say = lambda _line: None) -> Settled:
    """Make the accounts agree with the contracts.

    Every account is made to agree by itself: trouble in one leaves the others alone. An account where something failed,
    no answer came, or AWS said that something was there already is looked at again, because what failed may be done
    and what is there may be something else, and planned and applied again.
    """
    say = _one_at_a_time(say)
    chosen = list(accounts)
    first = todo = plan(chosen, desired)
    settled = Settled(first, first)
    working = _concerned(chosen, first)
    unseen = dict(first.unseen)
    failed: dict[str, list[Failure]] = {}
    for turn in range(1, ROUNDS + 1):
        unsure: list[Account] = []
        for account, applied, unanswered in _apply(working, todo, say):
            settled.done += applied.done
            failed[account.domain.name] = [*applied.failures, *applied.doubts]
            if applied.failures or applied.doubts or unanswered:
                unsure.append(account)
        todo = plan(unsure, desired) if unsure else replace(first, changes=(), unseen={})
        unseen |= todo.unseen
        working = _concerned(unsure, todo)
        left = {account.domain.name for account in working} | unseen.keys()
        failed = {name: failures for name, failures in failed.items() if name in left}
        if not working:
            break
        if turn < ROUNDS:
            say(f"{sum(todo.counts.values())} changes are left; trying again")
    settled.left = replace(todo, unseen=unseen)
    settled.failures = [failure for failures in failed.values() for failure in failures]
    return settled


def _one_at_a_time(say: Say) -> Say:
    speaking = threading.Lock()

    def said(line: str) -> None:
        with speaking:
            say(line)

    return said


def _concerned(accounts: list[Account], todo: Plan) -> list[Account]:
    return [account for account in accounts if account.domain.account in todo.accounts]


def _apply(accounts: list[Account], todo: Plan, say: Say) -> list[tuple[Account, Applied, bool]]:
    """Apply a plan in its accounts; return what came of it in each, and whether some request got no answer."""
    before = [account.calls.broken for account in accounts]
    results = _at_once(accounts, lambda account: apply(account.calls, todo, account.domain.account, say))
    return [
        (account, result, account.calls.broken > broken)
        for account, result, broken in zip(accounts, results, before, strict=True)
    ]


def _observed(accounts: list[Account]) -> tuple[ObservedState, dict[str, str]]:
    """Look at the accounts, several at once; return what was seen, and why some could not be."""
    seen: list[ObservedState] = []
    unseen: dict[str, str] = {}
    looked = _at_once(accounts, _look)
    for account, found in zip(accounts, looked, strict=True):
        if isinstance(found, ObservedState):
            seen.append(found)
        else:
            unseen[account.domain.name] = found
    return together(seen), unseen


def _look(account: Account) -> ObservedState | str:
    try:
        return observe(account.calls, account.domain)
    except ClientError as error:
        said = error.response["Error"]
        return f"{error.operation_name}: {said['Code']}: {said.get('Message', '')}"
    except BotoCoreError as error:
        return f"{type(error).__name__}: {error}"


def together(states: Iterable[ObservedState]) -> ObservedState:
    """Return what was seen in several accounts as one state."""
    parts = list(states)

    def merged(name: str) -> Mapping:
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


def _within(whole: Plan, accounts: set[str], unseen: Mapping[str, str]) -> Plan:
    """Return the part of a plan about accounts that were seen."""
    names = whole.names
    blind = {account for account in names.accounts if names.accounts[account] in unseen}
    return replace(whole.of_accounts(accounts - blind), unseen=dict(unseen))


def _at_once(accounts: list[Account], work: Callable[[Account], Result]) -> list[Result]:
    if len(accounts) < 2:
        return [work(account) for account in accounts]
    with ThreadPoolExecutor(max_workers=min(_AT_ONCE, len(accounts))) as threads:
        return list(threads.map(work, accounts))
