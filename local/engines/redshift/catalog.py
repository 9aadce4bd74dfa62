"""What a cluster's database contains: schemas, relations, users and privileges.

The committed state is an immutable mapping that every session may read without a lock; a transaction keeps its changes
beside it and they are put in place at COMMIT, together with the data. Relations have an object identifier, and the
engine underneath stores a table under a name made of it: renaming touches the catalog only, and a view that is bound to
a table keeps finding it.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from local.engines.redshift.dialect.typed import quote_name
from local.engines.redshift.errors import SERIALIZATION_FAILURE, SqlError
from local.engines.redshift.types import Type

PUBLIC = "public"
TABLE = "table"
VIEW = "view"
LATE_BINDING_VIEW = "late binding view"
MATERIALIZED_VIEW = "materialized view"


_CONSTRAINTS = 600_000_000
"""Object identifiers of constraints begin here."""


@dataclass(frozen=True)
class Column:
    """A column of a relation.

    Attributes:
        default: Redshift SQL.
        identity: (seed, step).
        identity_by_default: whether a row may bring its own value for the identity.
        sequence: the number of the identity's sequence in its table.
    """

    name: str
    type: Type
    nullable: bool = True
    default: str | None = None
    encoding: str | None = None
    identity: tuple[int, int] | None = None
    comment: str | None = None
    identity_by_default: bool = False
    sequence: int = 0


@dataclass(frozen=True)
class Relation:
    """A table or view.

    Attributes:
        kind: one of the constants of this module.
        definition: the query of a view, as it was written.
        bindings: of a bound view: which relation each name in the query meant when it was created.
        keys: informational constraints (kind, columns).
        auto_refresh: of a materialized view: whether it asks to be refreshed by itself; nothing does that here.
        fresh_as_of: of a materialized view: how often the rows of each table it reads had changed when it was computed.
    """

    oid: int
    schema: str
    name: str
    kind: str
    columns: tuple[Column, ...]
    owner: str
    definition: str = ""
    bindings: tuple[tuple[tuple[str, ...], int], ...] = ()
    dist_style: str = "AUTO"
    dist_key: str | None = None
    sort_keys: tuple[str, ...] = ()
    sort_style: str = "COMPOUND"
    keys: tuple[tuple[str, tuple[str, ...]], ...] = ()
    comment: str | None = None
    temporary: bool = False
    created: datetime.datetime | None = None
    auto_refresh: bool = False
    fresh_as_of: tuple[tuple[int, int], ...] = ()

    @property
    def stores_rows(self) -> bool:
        """Whether DuckDB holds rows of its own for it."""
        return self.kind in (TABLE, MATERIALIZED_VIEW)

    @property
    def storage(self) -> str:
        """The DuckDB name of its rows."""
        database = "temp.main" if self.temporary else "main"
        return f"{database}.{quote_name(f'r{self.oid}')}"

    @property
    def display(self) -> str:
        """schema.name"""
        return f"{self.schema}.{self.name}"

    @property
    def constraints(self) -> list[tuple[int, str, tuple[str, ...]]]:
        """(object identifier, kind, columns) of its keys."""
        first = _CONSTRAINTS + self.oid * 16
        return [(first + number, kind, columns) for number, (kind, columns) in enumerate(self.keys)]

    def column(self, name: str) -> Column | None:
        """A column by its name, or None."""
        return next((each for each in self.columns if each.name == name), None)


@dataclass(frozen=True)
class ExternalSource:
    """Where an external schema's tables are: a Glue database read as an IAM role.

    Attributes:
        account: the AWS account (catalog id) that holds the database.
    """

    database: str
    role_arn: str
    account: str


@dataclass(frozen=True)
class Schema:
    """A schema; an external one has its tables in the Glue Data Catalog."""

    name: str
    oid: int
    owner: str
    external: ExternalSource | None = None
    comment: str | None = None


@dataclass(frozen=True)
class User:
    """A database user. ``password`` is None for one that only IAM lets in."""

    name: str
    oid: int
    superuser: bool = False
    create_database: bool = False
    password: str | None = None


@dataclass(frozen=True)
class Function:
    """A scalar function in SQL; ``body`` is its text."""

    oid: int
    schema: str
    name: str
    arguments: tuple[Type, ...]
    returns: Type
    body: str
    volatility: str
    owner: str


@dataclass(frozen=True)
class Group:
    """A group or role with the names of its members."""

    name: str
    oid: int
    kind: str
    members: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Grant:
    """One privilege on one object; ``grantee_kind`` is user, group, role or public."""

    privilege: str
    grantee_kind: str
    grantee: str
    grantor: str
    grantable: bool = False


Key = tuple[Any, ...]


class Catalog:
    """A view of the database's objects: the committed ones under one transaction's changes."""

    def __init__(self, committed: Mapping[Key, Any], changes: dict[Key, Any] | None = None):
        self._committed = committed
        self._changes: dict[Key, Any] = {} if changes is None else changes

    def get(self, key: Key) -> Any:
        """The object under a key as the transaction sees it, or None."""
        if key in self._changes:
            return self._changes[key]
        return self._committed.get(key)

    def put(self, key: Key, value: Any) -> None:
        """Set an object; None removes it."""
        self._changes[key] = value

    def values(self, kind: str) -> Iterator[Any]:
        """All objects of a kind: schema, relation, user or group."""
        for key, value in self._committed.items():
            if key[0] == kind and key not in self._changes:
                yield value
        for key, value in self._changes.items():
            if key[0] == kind and value is not None:
                yield value

    def schema(self, name: str) -> Schema | None:
        """A schema by its name, or None."""
        found: Schema | None = self.get(("schema", name))
        return found

    def relation(self, oid: int) -> Relation | None:
        """A relation by its object identifier, or None."""
        found: Relation | None = self.get(("relation", oid))
        return found

    def find(self, schema: str, name: str) -> Relation | None:
        """A relation by schema and name, or None."""
        oid = self.get(("name", schema, name))
        return self.relation(oid) if oid is not None else None

    def add(self, relation: Relation) -> None:
        """Add a relation, or put a changed one in the place of the old."""
        old = self.relation(relation.oid)
        if old is not None and (old.schema, old.name) != (relation.schema, relation.name):
            self.put(("name", old.schema, old.name), None)
        self.put(("relation", relation.oid), relation)
        self.put(("name", relation.schema, relation.name), relation.oid)

    def remove(self, relation: Relation) -> None:
        """Take a relation out, with what was granted on it."""
        self.put(("relation", relation.oid), None)
        self.put(("name", relation.schema, relation.name), None)
        self.put(("grants", "relation", relation.oid), None)

    def relations(self, schema: str | None = None) -> list[Relation]:
        """The relations of a schema, or of all."""
        return [each for each in self.values("relation") if schema is None or each.schema == schema]

    def dependents(self, oid: int) -> list[Relation]:
        """The views bound directly to a relation."""
        return [each for each in self.values("relation") if any(target == oid for _, target in each.bindings)]

    def user(self, name: str) -> User | None:
        """A user by name, or None."""
        found: User | None = self.get(("user", name))
        return found

    def group(self, name: str, kind: str) -> Group | None:
        """A group or role (the kind says which) by name, or None."""
        found: Group | None = self.get(("group", kind, name))
        return found

    def function(self, schema: str, name: str, arguments: tuple[Type, ...]) -> Function | None:
        """A function by its schema, name and argument types, or None."""
        found: Function | None = self.get(("function", schema, name, tuple(each.name for each in arguments)))
        return found

    def functions(self, schema: str, name: str) -> list[Function]:
        """The functions of a name, whatever their arguments."""
        return [each for each in self.values("function") if (each.schema, each.name) == (schema, name)]

    def grants(self, kind: str, identifier: Any) -> frozenset[Grant]:
        """Privileges on an object: kind relation (oid), schema (name) or database (name)."""
        return self.get(("grants", kind, identifier)) or frozenset()


class CommittedCatalog:
    """The committed state of one database. ``snapshot`` may be read by any thread; ``commit`` needs the cluster's lock."""

    def __init__(self) -> None:
        self.snapshot: Mapping[Key, Any] = {}
        self.version = 0

    def commit(self, based_on: Mapping[Key, Any], changes: Mapping[Key, Any]) -> None:
        """Put a transaction's changes in place.

        Args:
            based_on: for every changed key, what the transaction saw before it changed it.

        Raises:
            SqlError: 40001 when another transaction changed one of these objects meanwhile.
        """
        for key in changes:
            if self.snapshot.get(key) != based_on.get(key):
                raise SqlError(
                    SERIALIZATION_FAILURE,
                    "could not complete because of conflict with concurrent transaction",
                )
        merged = dict(self.snapshot)
        for key, value in changes.items():
            if value is None:
                merged.pop(key, None)
            else:
                merged[key] = value
        self.snapshot = merged
        self.version += 1
