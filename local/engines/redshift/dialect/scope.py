"""Names in a query: what a column reference means, and what a statement uses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from sqlglot import exp

from local.engines.redshift import errors, types
from local.engines.redshift.dialect.typed import Output, Typed, quote_name, quote_text
from local.engines.redshift.errors import SqlError, unsupported
from local.engines.redshift.types import Type

# "Pseudocolumns" (CREATE EXTERNAL TABLE)
_PSEUDOCOLUMNS = ("$path", "$size", "$spectrum_oid")


@dataclass(frozen=True)
class Resolved:
    """What a table name in a query stands for.

    Attributes:
        kind: "table" (rows in DuckDB), "view" (a query in its place), "external" (rows elsewhere), "system" (the
            leader node's catalog).
        display: schema-qualified name for messages.
        columns: what it offers.
        sql: DuckDB name of a table or system table.
        subject: the catalog's object: a relation, or the external table.
        reached_directly: False for what a view reads; the user needs no privilege on that.
    """

    kind: str
    display: str
    columns: tuple[Output, ...]
    sql: str = ""
    subject: Any = None
    reached_directly: bool = True


@dataclass(frozen=True)
class UserFunction:
    """A scalar function in SQL that a user made; its body is one expression of $1, $2, …"""

    arguments: tuple[Type, ...]
    returns: Type
    body: exp.Expr


class Environment(Protocol):
    """What a compilation asks of the session it is for."""

    def resolve(self, parts: tuple[str, ...], bindings: dict[tuple[str, ...], int] | None) -> Resolved:
        """The table, view or external table of a name."""

    def view_query(self, view: Any) -> tuple[exp.Expr, dict[tuple[str, ...], int] | None]:
        """A view's syntax tree and what its names are bound to."""

    def table_function(self, name: str, arguments: list[str]) -> Resolved:
        """A function in FROM."""

    def identifier_of(self, parts: tuple[str, ...]) -> int:
        """The object identifier of a relation."""

    def user_functions(self, parts: tuple[str, ...]) -> list[UserFunction]:
        """The functions that users made under a name, one for each list of arguments."""

    def session_value(self, name: str) -> Typed:
        """A value that is constant during a statement."""


@dataclass(frozen=True, slots=True)
class CompiledQuery:
    """DuckDB SQL of a query and the columns it returns."""

    sql: str
    outputs: tuple[Output, ...]


class QueryCompiler(Protocol):
    """What translates a query; `local.engines.redshift.dialect.queries.compile_query` is it."""

    def __call__(
        self, node: exp.Expr, compilation: Compilation, parent: Scope | None = None
    ) -> CompiledQuery:
        """Translate a query; ``parent`` is the scope that a correlated subquery sees."""


@dataclass(eq=False)
class Scan:
    """A read of an external table: its SQL is written when the statement runs.

    Attributes:
        marker: stands in the SQL where the subquery goes.
        subject: the external table.
        used: names of the columns that are read.
        conditions: conjuncts of WHERE that mention this table only, columns without qualifier; they only narrow
            what is opened, the query applies them again.
    """

    marker: str
    subject: Any
    used: set[str] = field(default_factory=set)
    conditions: list[exp.Expr] = field(default_factory=list)


_CONSTANTS_OF_THE_LEADER = frozenset({"current_timestamp", "now", "timeofday"})
"""The leader node computes them, once, and a query without tables takes the result anywhere."""


@dataclass
class Compilation:
    """What one statement's translation collects.

    Attributes:
        session_environment: of the session that it is made for; none once it is remembered for others.
        compile_query: translates the queries inside: derived tables, views, subqueries of expressions.
    """

    session_environment: Environment | None
    compile_query: QueryCompiler
    parameter_types: dict[int, Type] = field(default_factory=dict)
    scans: list[Scan] = field(default_factory=list)
    relations: dict[tuple[str, Any], Resolved] = field(default_factory=dict)
    names: dict[tuple[str, ...], Resolved] = field(default_factory=dict)
    system: bool = False
    local: bool = False
    volatile: bool = False
    leader_function: str | None = None
    bindings: dict[tuple[str, ...], int] | None = None
    view_depth: int = 0

    @property
    def environment(self) -> Environment:
        """The environment of the session that this translation is being made for."""
        if self.session_environment is None:
            raise AssertionError("this translation is made, and no longer a session's")
        return self.session_environment

    def scan(self, subject: Any) -> Scan:
        """Begin a read of an external table."""
        scan = Scan(f"\x00scan{len(self.scans)}\x00", subject)
        self.scans.append(scan)
        return scan

    @property
    def must_run_on_leader(self) -> bool:
        """Whether only the leader node can answer: then the rows cannot be stored in a table."""
        return self.system or (
            self.leader_function is not None and self.leader_function not in _CONSTANTS_OF_THE_LEADER
        )

    def check_node(self) -> None:
        """Refuse a statement that mixes the leader node's catalog with tables.

        Raises:
            SqlError: 0A000, as Redshift answers.
        """
        if (self.system or self.leader_function) and (self.local or self.scans):
            raise SqlError(
                errors.FEATURE_NOT_SUPPORTED,
                "Specified types or functions (one per INFO message) not supported on Redshift tables.",
            )


@dataclass(eq=False)
class Source:
    """One item of FROM.

    Attributes:
        name: its alias, or its table's name.
        qualifier: schema and table, when a reference may be written in full.
        columns: name to type, in order.
        scan: set when it is an external table.
        value: set for an unnested SUPER or array: the item itself.
        nullable: whether an outer join can make its columns null.
    """

    name: str
    columns: dict[str, Type]
    qualifier: tuple[str, ...] = ()
    scan: Scan | None = None
    value: Typed | None = None
    nullable: bool = False

    def column(self, name: str) -> Typed:
        """The column as this source qualifies it; a scan learns that it is used."""
        if self.scan is not None:
            self.scan.used.add(name)
        return Typed(f"{quote_name(self.name)}.{quote_name(name)}", self.columns[name], name=name)


@dataclass(frozen=True)
class GroupKey:
    """A text that a query groups by, whose trailing blanks do not count.

    Attributes:
        key: DuckDB SQL that GROUP BY names.
        shown: DuckDB SQL of the group's value, for the select list and HAVING.
    """

    key: str
    shown: str


class Scope:
    """The names that one SELECT can use."""

    def __init__(self, compilation: Compilation, parent: Scope | None = None):
        self.compilation = compilation
        self.parent = parent
        self.sources: list[Source] = []
        self.merged: dict[str, Typed] = {}
        self.hidden: set[tuple[str, str]] = set()
        self.aliases: dict[str, Typed] = {}
        self.ctes: dict[str, tuple[str, tuple[Output, ...]]] = {}
        self.in_outer_join = False
        self.correlated = False
        self.sorted_by: str | None = None
        self.arguments: tuple[Typed, ...] | None = None
        """Inside of a user's function: what it is called with."""
        self.group_keys: dict[str, GroupKey] = {}
        self._in_aggregate = False

    @contextmanager
    def aggregate(self) -> Iterator[None]:
        """While the arguments of an aggregate are translated: they are of the rows, not of the groups."""
        before, self._in_aggregate = self._in_aggregate, True
        try:
            yield
        finally:
            self._in_aggregate = before

    def of_group(self, value: Typed) -> Typed:
        """A value as the query shows it: that of its group when the query groups by it."""
        found = None if self._in_aggregate else self.group_keys.get(value.sql)
        return value if found is None else replace(value, sql=found.shown)

    def _seen_from_subquery(self, value: Typed) -> Typed:
        found = None if self._in_aggregate else self.group_keys.get(value.sql)
        return value if found is None else replace(value, sql=found.key)

    def cte(self, name: str) -> tuple[str, tuple[Output, ...]] | None:
        """A common table expression that is visible here: its DuckDB name and columns."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.ctes:
                return scope.ctes[name]
            scope = scope.parent
        return None

    def only_ctes(self) -> Scope:
        """A scope that offers the common table expressions seen so far and no columns."""
        copy = Scope(self.compilation, None)
        current: Scope | None = self
        while current is not None:
            for name, entry in current.ctes.items():
                copy.ctes.setdefault(name, entry)
            current = current.parent
        return copy

    def add(self, source: Source) -> None:
        """Add an item of FROM. Raises 42712 for a name that is there already."""
        if any(each.name == source.name for each in self.sources):
            raise SqlError("42712", f'table name "{source.name}" specified more than once')
        self.sources.append(source)

    def source(self, name: str) -> Source | None:
        """The item of FROM of a name, or None."""
        return next((each for each in self.sources if each.name == name), None)

    def parameter(self, number: int) -> Typed:
        """A bound parameter, or an argument inside of a user's function."""
        scope: Scope | None = self
        while scope is not None:
            if scope.arguments is not None:
                if not 1 <= number <= len(scope.arguments):
                    raise SqlError(errors.UNDEFINED_PARAMETER, f"there is no parameter ${number}")
                return scope.arguments[number - 1]
            scope = scope.parent
        kind = self.compilation.parameter_types.get(number, types.UNKNOWN)
        sql = f"${number}" if kind.name == "unknown" else f"CAST(${number} AS {kind.duckdb})"
        return Typed(sql, types.TEXT if kind.name == "varchar" else kind)

    def column(self, parts: tuple[str, ...]) -> Typed:
        """What a column reference means.

        Raises:
            SqlError: 42703, 42702 or 42P01.
        """
        found = self.lookup(parts)
        if found is not None:
            return found
        if len(parts) == 1 and parts[0] in self.aliases:
            return self.aliases[parts[0]]
        level, scope = 0, self.parent
        while scope is not None:
            level += 1
            found = scope.lookup(parts) if scope.sources else None
            if found is not None:
                if level > 1 or scope.in_outer_join:
                    raise SqlError(
                        errors.FEATURE_NOT_SUPPORTED,
                        "This type of correlated subquery pattern is not supported yet",
                    )
                self.correlated = True
                return scope._seen_from_subquery(found)
            scope = scope.parent
        raise self._missing(parts)

    def _missing(self, parts: tuple[str, ...]) -> SqlError:
        if parts[-1] in _PSEUDOCOLUMNS:
            return errors.unsupported(
                f'the pseudocolumn "{parts[-1]}" of external tables in the local Redshift'
            )
        if len(parts) > 1 and not any(self.source_of(parts[: n + 1]) for n in range(len(parts) - 1)):
            return SqlError(errors.UNDEFINED_TABLE, f'missing FROM-clause entry for table "{parts[-2]}"')
        where = ", ".join(each.name for each in self.sources)
        column = ".".join(parts)
        return SqlError(
            errors.UNDEFINED_COLUMN, f'column "{column}" does not exist' + (f" in {where}" if where else "")
        )

    def source_of(self, parts: tuple[str, ...]) -> Source | None:
        """The item of FROM that a qualifier means, or None."""
        if len(parts) == 1:
            return self.source(parts[0])
        return next((each for each in self.sources if each.qualifier[-len(parts) :] == parts), None)

    def lookup(self, parts: tuple[str, ...]) -> Typed | None:
        """What a reference means among the items of FROM, or None."""
        if len(parts) == 1:
            return self._unqualified(parts[0])
        for taken in range(min(3, len(parts) - 1), 0, -1):
            source = self.source_of(parts[:taken])
            if source is None:
                continue
            if source.value is not None:
                value = source.value
                for member in parts[taken:]:
                    value = self.member(value, member)
                return value
            if parts[taken] not in source.columns:
                continue
            value = source.column(parts[taken])
            for member in parts[taken + 1 :]:
                value = self.member(value, member)
            return value
        first = self._unqualified(parts[0])
        if first is not None and first.type.name in ("super", "struct"):
            for member in parts[1:]:
                first = self.member(first, member)
            return first
        return None

    def _unqualified(self, name: str) -> Typed | None:
        if name in self.merged:
            return self.merged[name]
        found = [each for each in self.sources if name in each.columns]
        if len(found) > 1:
            raise SqlError(errors.AMBIGUOUS_COLUMN, f'column reference "{name}" is ambiguous')
        if found:
            return found[0].column(name)
        source = self.source(name)
        return source.value if source is not None else None

    def sort_aggregates(self, order: str) -> None:
        """Remember what an aggregate of this query sorts by.

        Raises:
            SqlError: 0A000 when another one sorts by something else.
        """
        if self.sorted_by not in (None, order):
            raise SqlError(
                errors.FEATURE_NOT_SUPPORTED,
                "within group ORDER BY clauses for aggregate functions must be the same",
            )
        self.sorted_by = order

    def member(self, value: Typed, name: str) -> Typed:
        """value.name, of a SUPER or a struct.

        Raises:
            SqlError: 42703 for a field that a struct does not have, 42809 for a value without fields.
        """
        if value.type.name == "struct":
            field_type = dict(value.type.fields).get(name)
            if field_type is None:
                raise SqlError(errors.UNDEFINED_COLUMN, f'column "{name}" does not exist in struct')
            return Typed(f"struct_extract({value.sql}, {quote_text(name)})", field_type, name=name)
        if value.type.name == "super":
            path = quote_text('$."' + name.replace('"', '\\"') + '"')
            return Typed(f"json_extract({value.sql}, {path})", types.SUPER, name=name)
        raise SqlError(
            errors.WRONG_OBJECT_TYPE,
            f"column notation .{name} applied to type {value.type.family}, which is not a composite type",
        )

    def element(self, value: Typed, index: int) -> Typed:
        """value[index] of a SUPER array, from 0; of a list of names, from 1."""
        if value.type.name == "names":
            return Typed(f"list_extract({value.sql}, {index})", types.NAME, name=value.name)
        if value.type.name != "super":
            raise unsupported(f"subscript of type {value.type.family}")
        return Typed(f"json_extract({value.sql}, '$[{index}]')", types.SUPER, name=value.name)

    def subquery(self, query: exp.Expr) -> tuple[str, tuple[Output, ...]]:
        """A query in an expression: it may refer to this scope."""
        compiled = self.compilation.compile_query(query, self.compilation, self)
        return compiled.sql, compiled.outputs

    def star(self, only: Source | None = None) -> list[Typed]:
        """The columns that * stands for, those merged by USING first and once."""
        if only is not None:
            if only.value is not None:
                return [only.value]
            return [only.column(name) for name in only.columns]
        columns = [Typed(each.sql, each.type, name=name) for name, each in self.merged.items()]
        for source in self.sources:
            if source.value is not None:
                columns.append(source.value)
                continue
            columns.extend(
                source.column(name) for name in source.columns if (source.name, name) not in self.hidden
            )
        return columns
