"""What is made to agree with the contracts by itself: a whole account, or one port as part of publishing it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from interline.access.lakeformation.observe import observe_account, observe_port
from interline.access.plan import Change, FilterChange, RoleChange, TagChange, TagValueChange, account_of
from interline.access.state import ObservedState, Table
from interline.aws.retry import RetryingSession
from interline.contracts import Domain, Product


class Target(Protocol):
    """A part of one account whose access is observed, compared and changed."""

    @property
    def domain(self) -> Domain:
        """Whose account it is in."""

    @property
    def session(self) -> RetryingSession:
        """The session in which it is observed and changed."""

    def observe(self) -> ObservedState:
        """Return who may read what of it.

        Raises:
            botocore.exceptions.ClientError: AWS refused.
            botocore.exceptions.BotoCoreError: no answer came.
        """

    def covers(self, change: Change) -> bool:
        """Whether a change is part of it."""

    def shows(self, change: Change) -> bool:
        """Whether its ``observe`` would show that a change was made."""


@dataclass(frozen=True)
class AccountTarget:
    """Everything about ports in a domain's account, by its data lake administrator, who is shown everything."""

    domain: Domain
    session: RetryingSession

    def observe(self) -> ObservedState:
        """Return who may read what of the domain's ports, and where the links of its catalog lead."""
        return observe_account(self.session, self.domain)

    def covers(self, change: Change) -> bool:
        """Whether a change is made in the account."""
        return account_of(change) == self.domain.account

    def shows(self, change: Change) -> bool:
        """An administrator is shown everything."""
        return True


@dataclass(frozen=True)
class PortTarget:
    """One published port, by the domain that owns it: its table, and the LF-Tags' values for it.

    A domain is shown all grants on its own tables, but no grants on LF-Tag expressions: those are made again each time,
    which changes nothing if they are there, and only the data lake administrator takes one away.
    """

    product: Product
    session: RetryingSession

    @property
    def domain(self) -> Domain:
        """The domain that owns the port."""
        return self.product.domain

    def observe(self) -> ObservedState:
        """Return who may read what of the port; EntityNotFoundException if it is not published."""
        return observe_port(self.session, self.product)

    def covers(self, change: Change) -> bool:
        """Whether a change is on the port's table, or of the LF-Tags' values in its account."""
        if isinstance(change, RoleChange | FilterChange | TagChange):
            return change.table == Table(self.domain.account, self.domain.curated_database, self.product.name)
        return isinstance(change, TagValueChange) and change.account == self.domain.account

    def shows(self, change: Change) -> bool:
        """Whether it is no grant on an LF-Tag expression alone."""
        if not isinstance(change, RoleChange):
            return True
        return any(scope.kind != "tags" for scope in (*change.before, *change.after))
