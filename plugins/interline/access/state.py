"""Who may read what: one shape for what the contracts say and for what AWS says, so that both can be compared.

Names follow the Lake Formation API reference: LF-Tags, LF-Tag expressions, data cells filters, resource links.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from interline.contracts import Domain

CLASSIFICATION = "classification"
"""The LF-Tag on every column of a port."""
PORT = "port"
"""The LF-Tag on a port's table; its value is the product's name."""
MANAGED_TAGS = (CLASSIFICATION, PORT)
EVERY_TABLE = "*"
SELECT = "SELECT"
FILTER_PREFIX = "interline_"

Expression = tuple[tuple[str, tuple[str, ...]], ...]
"""An LF-Tag expression: (key, values) by key; a resource matches that has one of the values for every key."""
Kind = Literal["table", "columns", "all_except", "filter", "tags"]


def empty() -> Mapping[Any, Any]:
    """Return a mapping that holds nothing and stays so."""
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, order=True)
class Table:
    """A table of an account's Data Catalog; ``name`` may be EVERY_TABLE, for what concerns all of a database."""

    account: str
    database: str
    name: str

    def __str__(self) -> str:
        return f"{self.database}.{self.name}"


@dataclass(frozen=True, slots=True, order=True)
class Scope:
    """On what of a table somebody has a permission.

    ``table``: all of it. ``columns``: columns by name. ``all_except``: all columns but ``excluded``. ``filter``: what the data
    cells filter ``name`` lets through. ``tags``: whatever matches ``expression``, saved as ``name`` if it has one.
    """

    kind: Kind
    name: str = ""
    expression: Expression = ()
    excluded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Permissions:
    """What somebody may do on a scope."""

    names: frozenset[str]
    """Lake Formation's names of permissions, such as SELECT; on a scope of kind ``columns``, the columns to be selected."""
    grantable: frozenset[str] = frozenset()
    """The part of it that the principal may grant on."""


Grants = Mapping[Scope, Permissions]
"""All that one principal may do on one table."""


@dataclass(frozen=True, slots=True)
class CellFilter:
    """A data cells filter: ``columns`` None means every column but ``excluded``, ``rows`` None every row."""

    columns: frozenset[str] | None
    rows: str | None
    excluded: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Link:
    """A resource link: where a database of the consumer's own catalog leads."""

    account: str
    database: str
    region: str = ""


@dataclass(frozen=True)
class State:
    """Who may read what, in every account looked at."""

    grants: Mapping[tuple[Table, str], Grants] = field(default_factory=empty)
    """By table and principal (an ARN). Under EVERY_TABLE stands what concerns more than one table."""
    filters: Mapping[Table, Mapping[str, CellFilter]] = field(default_factory=empty)
    """Data cells filters, by name."""
    tags: Mapping[Table, Mapping[str, str]] = field(default_factory=empty)
    """The managed LF-Tags: the value of ``port`` under the name "", of ``classification`` under each column's name."""
    tag_values: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=empty)
    """By account: every managed LF-Tag and its possible values."""
    links: Mapping[tuple[str, str], Link] = field(default_factory=empty)
    """By account and name of the database there."""
    link_readers: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=empty)
    """By account and name of the link: principals that may use it."""


@dataclass(frozen=True)
class Names:
    """What the parts of a state are called in the mesh."""

    accounts: Mapping[str, str] = field(default_factory=empty)
    """Account number to domain."""
    roles: Mapping[str, str] = field(default_factory=empty)
    """ARN of a domain's role to the domain."""
    ports: Mapping[Table, str] = field(default_factory=empty)
    """Table to address."""

    def port(self, table: Table) -> str:
        """Return the address of a table; of one that no product declares, the address that it would have."""
        return self.ports.get(table) or f"{self.accounts.get(table.account, table.account)}.{table.name}"

    def principal(self, principal: str) -> str:
        """Return the domain of a role, or the principal itself."""
        return self.roles.get(principal, principal)


@dataclass(frozen=True)
class DesiredState(State):
    """What the contracts say."""

    domains: tuple[Domain, ...] = ()
    """Domains whose accounts are to agree with it."""
    names: Names = field(default_factory=Names)
    expired_roles: Mapping[tuple[Table, str], str] = field(default_factory=empty)
    """By table and principal: roles whose last day has passed, and in words when that was."""
    left_alone: Mapping[Table, str] = field(default_factory=empty)
    """Ports whose promises cannot be read, and why: what is granted on them stays as it is."""


@dataclass(frozen=True)
class ObservedState(State):
    """What AWS says."""

    tables: Mapping[Table, frozenset[str]] = field(default_factory=empty)
    """The tables that are there, with their columns: nothing can be granted on any other."""
