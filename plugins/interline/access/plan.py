"""A plan: every difference between two states of access, for people to read and for ``apply`` to make."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from interline.access.state import CellFilter, Grants, Link, Names, Table, empty

Action = Literal["added", "changed", "removed", "unmanaged"]
"""``removed``: the role of a domain loses what it has; ``unmanaged``: somebody else does, whom no contract names."""
ACTIONS: tuple[Action, ...] = ("added", "changed", "removed", "unmanaged")


@dataclass(frozen=True)
class RoleChange:
    """What one principal may read of one port, before and after."""

    action: Action
    table: Table
    principal: str
    before: Grants
    after: Grants
    filters_before: Mapping[str, CellFilter] = field(default_factory=empty)
    """Definitions of the data cells filters that ``before`` and ``after`` name, as they were."""
    filters_after: Mapping[str, CellFilter] = field(default_factory=empty)
    reason: str = ""


@dataclass(frozen=True)
class FilterChange:
    """A data cells filter through which nobody reads, and which no contract asks for."""

    action: Action
    table: Table
    name: str
    before: CellFilter


@dataclass(frozen=True)
class TagChange:
    """A managed LF-Tag of a port's table (``column`` is empty) or of one of its columns."""

    action: Action
    table: Table
    column: str
    key: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class TagValueChange:
    """Values that an LF-Tag must be able to have in an account; ``makes_key`` when there is no such LF-Tag yet."""

    action: Action
    account: str
    key: str
    values: tuple[str, ...]
    makes_key: bool


@dataclass(frozen=True)
class LinkChange:
    """A resource link in a consumer's catalog."""

    action: Action
    account: str
    name: str
    before: Link | None
    after: Link | None


@dataclass(frozen=True)
class LinkReaderChange:
    """A principal that may use a resource link."""

    action: Action
    account: str
    name: str
    principal: str


Change = RoleChange | FilterChange | TagChange | TagValueChange | LinkChange | LinkReaderChange


@dataclass(frozen=True)
class Waiting:
    """What the contracts say and cannot be yet: the table, or the column, is made by the next publish."""

    table: Table
    what: str


@dataclass(frozen=True)
class Plan:
    """All changes, with the names to tell them by."""

    changes: tuple[Change, ...]
    names: Names = field(default_factory=Names)
    waiting: tuple[Waiting, ...] = ()
    left_alone: Mapping[Table, str] = field(default_factory=empty)
    unseen: Mapping[str, str] = field(default_factory=empty)
    """Domains whose account could not be looked at, and why."""

    def __bool__(self) -> bool:
        return bool(self.changes)

    @property
    def counts(self) -> dict[Action, int]:
        """How many changes of each action."""
        counted = Counter(change.action for change in self.changes)
        return {action: counted[action] for action in ACTIONS}

    def only(self, chosen: Callable[[Change], bool]) -> Plan:
        """Return the plan with those changes alone that ``chosen`` says yes to."""
        return replace(self, changes=tuple(change for change in self.changes if chosen(change)))

    def of_account(self, account: str) -> Plan:
        """Return the part that is about one account."""
        return self.of_accounts({account})

    def of_accounts(self, accounts: Collection[str]) -> Plan:
        """Return the part that is about some accounts."""
        return replace(
            self,
            changes=tuple(change for change in self.changes if account_of(change) in accounts),
            waiting=tuple(wait for wait in self.waiting if wait.table.account in accounts),
            left_alone={
                table: reason for table, reason in self.left_alone.items() if table.account in accounts
            },
            unseen={
                domain: reason
                for domain, reason in self.unseen.items()
                if any(self.names.accounts.get(account) == domain for account in accounts)
            },
        )

    @property
    def accounts(self) -> tuple[str, ...]:
        """The accounts in which something is to be changed."""
        return tuple(sorted({account_of(change) for change in self.changes}))


def account_of(change: Change) -> str:
    """Return the account in which a change is made."""
    return (
        change.table.account if isinstance(change, RoleChange | FilterChange | TagChange) else change.account
    )
