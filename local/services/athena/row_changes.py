"""DELETE, UPDATE and MERGE of Iceberg tables: one snapshot a statement, as Athena makes it.

Sources: "DELETE", "UPDATE" and "MERGE INTO" (Amazon Athena User Guide); the rules of MERGE are Trino's: the first WHEN whose
condition holds decides for a row, and a row of the table that several rows of the source match and change is an error.
Every part is read as a query of its own, with Lake Formation's columns, before anything changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
from sqlglot import exp

from local.engines import hive_types
from local.engines.catalog import Column
from local.engines.duckdb_engine import quote
from local.engines.errors import AccessDenied, QueryError
from local.engines.iceberg.transaction import Transaction
from local.engines.lake_permissions import permissions
from local.services.athena import binding
from local.services.athena.binding import CHANGED, FILE, ROW, Session
from local.services.athena.errors import SyntaxProblem, explain
from local.services.athena.results import QueryResult
from local.services.athena.running import Running
from local.services.athena.writing import check_insert

_NEEDED = {
    "DELETE": ("DELETE", "SELECT"),
    "UPDATE": ("INSERT", "DELETE", "SELECT"),
    "MERGE": ("INSERT", "DELETE", "SELECT"),
}


@dataclass(frozen=True)
class _Staged:
    """A temporary table: rows that change by their address, or new rows, with the columns that it holds."""

    name: str
    columns: tuple[str, ...]


def run(running: Running, session: Session, statement: exp.Delete | exp.Update | exp.Merge) -> QueryResult:
    """Change the rows of a table. Raises QueryError, AccessDenied; nothing has changed when it fails."""
    verb = type(statement).__name__.upper()
    table = statement.this
    target = binding.find(session, *binding.resolve(session, table))
    if target.format != "iceberg":
        raise QueryError(
            "NOT_SUPPORTED", "Modifying Hive table rows is only supported for transactional tables"
        )
    for permission in _NEEDED[verb]:
        permissions.require(target, session.caller, permission)
    readable = binding.readable(target, session.caller)
    if readable.has_row_filters or (verb != "DELETE" and len(readable.columns) < len(target.columns)):
        raise AccessDenied(
            f"Insufficient permissions to execute the query. {verb} needs every row and column of {target.name}"
        )
    with Transaction(target) as transaction:
        session.changes = transaction
        try:
            count = _Change(running, session, transaction, table.alias_or_name).apply(statement)
        finally:
            session.changes = None
        transaction.commit()
    return QueryResult(header=False, updated=count)


class _Change:
    """One statement at work on one table."""

    def __init__(self, running: Running, session: Session, changes: Transaction, alias: str) -> None:
        self._running = running
        self._session = session
        self._changes = changes
        self._target = changes.table
        self._alias = alias.lower()
        self._stages = 0

    def apply(self, statement: exp.Delete | exp.Update | exp.Merge) -> int:
        """Read what changes, then change it; how many rows did."""
        if isinstance(statement, exp.Merge):
            changed, new = self._merge(statement)
        else:
            where = statement.args.get("where")
            condition = where.this if where is not None else None
            assigned = self._assignments(statement.expressions) if isinstance(statement, exp.Update) else None
            changed, new = [self._changed(self._from_target(), condition, assigned)], []
        return self._write(changed, new)

    def _merge(self, statement: exp.Merge) -> tuple[list[_Staged], list[_Staged]]:
        source, on = statement.args["using"], statement.args["on"]
        if not isinstance(source, (exp.Table, exp.Subquery, exp.Values)):
            raise SyntaxProblem("MERGE INTO … USING needs a table or a query in parentheses")
        changed: list[_Staged] = []
        new: list[_Staged] = []
        earlier: dict[bool, list[exp.Expr]] = {True: [], False: []}
        for when in statement.args["whens"].expressions:
            matched = bool(when.args["matched"])
            condition = _all(*(_not(one) for one in earlier[matched]), when.args.get("condition"))
            earlier[matched].append(when.args.get("condition") or exp.true())
            then = when.args["then"]
            if not matched:
                new.append(self._new(source, on, condition, then))
                continue
            assigned = self._assignments(then.expressions) if isinstance(then, exp.Update) else None
            joined = self._from_target().join(source.copy(), on=on.copy(), join_type="inner")
            changed.append(self._changed(joined, condition, assigned))
        return changed, new

    def _from_target(self) -> exp.Select:
        return exp.Select().from_(self._aliased_target())

    def _aliased_target(self) -> exp.Table:
        alias = exp.TableAlias(this=exp.to_identifier(self._alias, quoted=True))
        return exp.Table(this=exp.to_identifier(CHANGED, quoted=True), alias=alias)

    def _column(self, name: str) -> exp.Column:
        return exp.column(exp.to_identifier(name, quoted=True), exp.to_identifier(self._alias, quoted=True))

    def _assignments(self, given: Sequence[exp.Expr]) -> dict[str, exp.Expr]:
        assigned: dict[str, exp.Expr] = {}
        for one in given:
            name = one.this.name.lower()
            self._known(name)
            if name in assigned:
                raise QueryError("SYNTAX_ERROR", f"Multiple assignments for same column: {name}")
            assigned[name] = one.expression
        return assigned

    def _known(self, name: str) -> Column:
        try:
            return self._target.column(name)
        except KeyError:
            raise QueryError(
                "COLUMN_NOT_FOUND", f"The table {self._target.name} does not have a column named '{name}'"
            ) from None

    def _changed(
        self, query: exp.Select, condition: exp.Expr | None, assigned: dict[str, exp.Expr] | None
    ) -> _Staged:
        """The rows that change: their addresses, and what they become unless they go."""
        outputs: list[exp.Expr] = [self._column(FILE), self._column(ROW)]
        names = tuple(column.name for column in self._target.columns) if assigned is not None else ()
        for name in names:
            value = (assigned or {}).get(name)
            outputs.append(self._typed(value, name) if value is not None else self._column(name))
        query = query.select(*(output.copy() for output in outputs))
        if condition is not None:
            query = query.where(condition.copy())
        return self._stage(query, names, addresses=True, checked=tuple(assigned or ()))

    def _new(self, source: exp.Expr, on: exp.Expr, condition: exp.Expr | None, then: exp.Expr) -> _Staged:
        """The rows of a MERGE that match nothing and are inserted."""
        if not isinstance(then, exp.Insert) or not isinstance(then.expression, exp.Tuple):
            raise SyntaxProblem("WHEN NOT MATCHED … THEN needs INSERT … VALUES (…)")
        given = then.this.expressions if isinstance(then.this, exp.Tuple) else ()
        names = tuple(one.name.lower() for one in given) or tuple(
            column.name for column in self._target.columns
        )
        for name in names:
            self._known(name)
        values = then.expression.expressions
        if len(values) != len(names):
            raise QueryError("TYPE_MISMATCH", f"MERGE inserts {len(values)} values into {len(names)} columns")
        query = (
            exp.Select()
            .from_(source.copy())
            .join(self._aliased_target(), on=on.copy(), join_type="left")
            .select(*(self._typed(value, name) for value, name in zip(values, names, strict=True)))
            .where(exp.Is(this=self._column(FILE), expression=exp.Null()))
        )
        if condition is not None:
            query = query.where(condition.copy())
        return self._stage(query, names, addresses=False, checked=names)

    def _typed(self, value: exp.Expr, name: str) -> exp.Expr:
        """A value for a column; NULL takes the column's type."""
        if not isinstance(value.unnest(), exp.Null):
            return value.copy()
        kind = hive_types.to_trino(self._target.column(name).glue_type)
        return exp.cast(exp.null(), exp.DataType.build(kind, dialect="trino"))

    def _stage(
        self, query: exp.Select, names: tuple[str, ...], *, addresses: bool, checked: tuple[str, ...]
    ) -> _Staged:
        sql, columns, _ = self._running.prepare(self._session, query)
        first = 2 if addresses else 0
        given = dict(zip(names, columns[first:], strict=True))
        check_insert(self._target, list(checked), [given[name] for name in checked])
        outputs = [f"c0 AS {FILE}", f"c1 AS {ROW}"] if addresses else []
        outputs += [
            f"CAST(c{position} AS {self._target.column(name).duckdb_type}) AS {quote(name)}"
            for position, name in enumerate(names, start=first)
        ]
        staged = _Staged(f"row_changes_{self._stages}", names)
        self._stages += 1
        self._execute(
            f"CREATE OR REPLACE TEMP TABLE {staged.name} AS SELECT {', '.join(outputs)} FROM ({sql})"
        )
        return staged

    def _write(self, changed: list[_Staged], new: list[_Staged]) -> int:
        connection, changes = self._running.connection, self._changes
        count = 0
        if changed:
            addresses = " UNION ALL ".join(f"SELECT {FILE}, {ROW} FROM {one.name}" for one in changed)
            repeated = self._execute(
                f"SELECT 1 FROM ({addresses}) GROUP BY {FILE}, {ROW} HAVING count(*) > 1 LIMIT 1"
            ).fetchone()
            if repeated:
                raise QueryError(
                    "MERGE_TARGET_ROW_MULTIPLE_MATCHES",
                    "One MERGE target table row matched more than one source row",
                )
            count += changes.delete(connection, addresses)
        for one in [*(staged for staged in changed if staged.columns), *new]:
            listed = ", ".join(quote(name) for name in one.columns)
            appended = changes.append(connection, f"SELECT {listed} FROM {one.name}")
            count += appended if one in new else 0
        return count

    def _execute(self, sql: str) -> duckdb.DuckDBPyConnection:
        try:
            return self._running.connection.execute(sql)
        except duckdb.InterruptException:
            raise
        except duckdb.Error as error:
            raise explain(error) from error


def _not(condition: exp.Expr) -> exp.Expr:
    """Whether a condition does not hold, NULL among that."""
    return exp.Case(ifs=[exp.If(this=condition.copy(), true=exp.false())], default=exp.true())


def _all(*conditions: exp.Expr | None) -> exp.Expr | None:
    present = [exp.paren(one.copy()) for one in conditions if one is not None]
    return exp.and_(*present) if present else None
