"""The leader node's catalog: pg_*, information_schema, svv_* as tables, made when a query asks for them.

They live in a DuckDB of their own, one schema for each state of the catalog, so that a query on them can never be
joined with a table's rows: Redshift refuses that too.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import duckdb

from local.engines.redshift import errors
from local.engines.redshift.dialect.macros import MACROS
from local.engines.redshift.dialect.scope import Resolved
from local.engines.redshift.dialect.typed import Output, quote_name
from local.engines.redshift.errors import SqlError
from local.engines.redshift.system_catalog import pg_catalog, tables, views  # noqa: F401  (imported to register)

if TYPE_CHECKING:
    from local.engines.redshift.session import Session

_PLACE = "\x00leader\x00"
_KEPT = 24


def is_system_table(schema: str, name: str) -> bool:
    """Whether the leader node has a table of this name."""
    return (schema, name) in tables.TABLES


def resolve(schema: str, name: str) -> Resolved:
    """A system table as a query sees it."""
    table = tables.TABLES[schema, name]
    columns = tuple(Output(column, kind) for column, kind in table.columns)
    return Resolved("system", f"{schema}.{name}", columns, f"{_PLACE}.{quote_name(f'{schema}.{name}')}")


def table_function(name: str, arguments: list[str]) -> Resolved:
    """A leader-node function in FROM.

    Raises:
        SqlError: 42883.
    """
    if (
        name == "generate_series"
        and 2 <= len(arguments) <= 3
        and all(each.lstrip("-").isdigit() for each in arguments)
    ):
        from local.engines.redshift.types import INTEGER

        listed = ", ".join(arguments)
        return Resolved(
            "system",
            name,
            (Output(name, INTEGER),),
            f"(SELECT CAST(generate_series AS INTEGER) AS {name} FROM generate_series({listed}))",
        )
    if (name, "()") not in tables.TABLES or arguments:
        raise SqlError(
            errors.UNDEFINED_FUNCTION,
            f"function {name}({', '.join(arguments)}) does not exist",
            hint="No function matches the given name and argument types. You may need to add explicit type casts.",
        )
    return resolve(name, "()")


class Leader:
    """The leader node of one cluster."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._places: OrderedDict[tuple[Any, ...], tuple[str, set[tuple[str, str]]]] = OrderedDict()
        self._count = 0

    @property
    def _engine(self) -> duckdb.DuckDBPyConnection:
        """The leader's database, made when the first query needs it."""
        if self._connection is None:
            self._connection = duckdb.connect(":memory:")
            self._connection.execute("SET TimeZone = 'UTC'; SET threads = 1")
            self._connection.execute(MACROS + tables.MACROS)
        return self._connection

    def query(self, session: Session, sql: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
        """Run a translated query over system tables."""
        names = {key for key in tables.TABLES if f"{_PLACE}.{quote_name(f'{key[0]}.{key[1]}')}" in sql}
        with self._lock:
            place = self._place(session, names)
            return self._engine.execute(sql.replace(_PLACE, place), parameters).fetchall()

    def _place(self, session: Session, names: set[tuple[str, str]]) -> str:
        """The schema that holds these tables as the session sees the catalog now."""
        private = bool(session.temporary or session.transaction.changes)
        key = (
            session.cluster.catalog.version,
            session.pid if private else 0,
            session.change_count if private else 0,
            session.user,
        )
        live = {each for each in names if tables.TABLES[each].changes_without_ddl}
        place, built = self._places.get(key) or (None, set())
        if place is None:
            self._count += 1
            place = f"state_{self._count}"
            self._engine.execute(f"CREATE SCHEMA {place}")
            self._places[key] = (place, built)
            while len(self._places) > _KEPT:
                _, (old, _) = self._places.popitem(last=False)
                self._engine.execute(f"DROP SCHEMA {old} CASCADE")
        self._places.move_to_end(key)
        for name in (names - built) | live:
            tables.build(self._engine, place, name, session)
            built.add(name)
        return place

    def close(self) -> None:
        """Free the database."""
        if self._connection is not None:
            self._connection.close()
