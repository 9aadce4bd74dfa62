"""Running a query: SELECT to rows, and the rows of a query for CTAS, INSERT and UNLOAD."""

from __future__ import annotations

import re
from collections.abc import Callable

import duckdb
from sqlglot import exp

from local.engines import duckdb_engine, hive_types
from local.engines.errors import InvalidInput, QueryError
from local.services.athena import binding, macros
from local.services.athena.binding import Session
from local.services.athena.errors import NotTrino, explain
from local.services.athena.results import OutputColumn, QueryResult, text_of
from local.services.athena.translation import UNNAMED, name_outputs

Watch = Callable[[duckdb.DuckDBPyConnection], None]
# what DuckDB computes with and Trino does not have, and what Trino has in its place
_NARROWED = {
    "HUGEINT": "BIGINT",
    "UBIGINT": "BIGINT",
    "UINTEGER": "BIGINT",
    "TIMESTAMP_NS": "TIMESTAMP",
    "JSON": "VARCHAR",
}


def _output_type(name: str, duckdb_type: str) -> str:
    try:
        return hive_types.from_duckdb(duckdb_type)
    except InvalidInput as error:
        raise NotTrino(f"a result of the type {duckdb_type} (column {name})") from error


def _check_types_known(query: exp.Query) -> None:
    """Raise QueryError for an output column that is NULL in every part of a query: Trino's type `unknown` is not stored."""
    selects = [query]
    while any(isinstance(one, (exp.SetOperation, exp.Subquery)) for one in selects):
        selects = [
            part
            for one in selects
            for part in (
                [one.this, one.expression]
                if isinstance(one, exp.SetOperation)
                else [one.this]
                if isinstance(one, exp.Subquery)
                else [one]
            )
        ]
    lists = [one.expressions for one in selects if isinstance(one, exp.Select)]
    if len(lists) < len(selects) or any(one.is_star for expressions in lists for one in expressions):
        return
    for position, values in enumerate(zip(*lists, strict=False), start=1):
        if all(isinstance(value.unalias().unnest(), exp.Null) for value in values):
            raise QueryError("COLUMN_TYPE_UNKNOWN", f"Column type is unknown at position {position}")


class Running:
    """A connection on which one statement runs; `watch` is told of it so that it can be interrupted."""

    def __init__(self, watch: Watch) -> None:
        macros.install()
        self.connection = duckdb_engine.connect()
        self.connection.execute("SET integer_division = true")
        watch(self.connection)

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *exception: object) -> None:
        self.connection.close()

    def prepare(self, session: Session, query: exp.Query) -> tuple[str, list[OutputColumn], int]:
        """The query as DuckDB's SQL with Trino's output types, its output columns, and the bytes it reads.

        Raises QueryError, AccessDenied.
        """
        query = query.copy()
        name_outputs(query)
        bound = binding.bind(self.connection, session, query)
        try:
            described = self.connection.execute(f"DESCRIBE {bound.sql}").fetchall()
        except duckdb.Error as error:
            raise explain(error) from error
        columns, outputs = [], []
        for position, (name, kind, *_) in enumerate(described):
            target = _NARROWED.get(str(kind), str(kind))
            shown = f"_col{position}" if name.startswith(UNNAMED) else name.lower()
            columns.append(OutputColumn(shown, _output_type(shown, target)))
            outputs.append(
                f"CAST(c{position} AS {target}) AS c{position}" if target != str(kind) else f"c{position}"
            )
        names = ", ".join(f"c{position}" for position in range(len(described)))
        return f"SELECT {', '.join(outputs)} FROM ({bound.sql}) AS result({names})", columns, bound.scanned

    def rows(self, session: Session, query: exp.Query) -> QueryResult:
        """The result of a query. Raises QueryError, AccessDenied."""
        sql, columns, scanned = self.prepare(session, query)
        try:
            fetched = self.connection.execute(sql).fetchall()
        except duckdb.InterruptException:
            raise
        except duckdb.Error as error:
            raise explain(error) from error
        kinds = [column.glue_type for column in columns]
        rows = [[text_of(value, kind) for value, kind in zip(row, kinds, strict=True)] for row in fetched]
        return QueryResult(columns=columns, rows=rows, scanned=scanned)

    def named(self, session: Session, query: exp.Query) -> tuple[str, list[OutputColumn], int]:
        """Like `prepare`, for a query whose rows are stored: every column must have a name of its own.

        Raises QueryError in Athena's words when one has not, or has no type: a bare NULL.
        """
        _check_types_known(query)
        sql, columns, scanned = self.prepare(session, query)
        seen: set[str] = set()
        for position, column in enumerate(columns, start=1):
            if re.fullmatch(r"_col\d+", column.name):
                raise QueryError("MISSING_COLUMN_NAME", f"Column name not specified at position {position}")
            if column.name in seen:
                raise QueryError(
                    "DUPLICATE_COLUMN_NAME", f"Column name '{column.name}' specified more than once"
                )
            seen.add(column.name)
        outputs = ", ".join(
            f"c{number} AS {duckdb_engine.quote(column.name)}" for number, column in enumerate(columns)
        )
        return f"SELECT {outputs} FROM ({sql})", columns, scanned
