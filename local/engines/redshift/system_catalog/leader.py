"""The leader node's catalog: pg_*, information_schema, svv_* as tables, made when a query asks for them.

They live in a DuckDB of their own, one schema for each state of the catalog, so that a query on them can never be
joined with a table's rows: Redshift refuses that too.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any

import duckdb

from local.engines.redshift import errors
from local.engines.redshift.dialect.macros import MACROS
from local.engines.redshift.dialect.scope import Resolved
from local.engines.redshift.dialect.typed import Output, quote_name
from local.engines.redshift.errors import SqlError
from local.engines.redshift.session import Session
from local.engines.redshift.system_catalog.tables import MACROS as CATALOG_MACROS
from local.engines.redshift.system_catalog.tables import SystemTables, build
from local.engines.redshift.types import INTEGER

_PLACE = "\x00leader\x00"
_REMEMBERED_STATES = 24


def _placed(key: tuple[str, str], place: str = _PLACE) -> str:
    """The DuckDB name of a system table in a schema of the leader's database, or in the one that is still to come."""
    return f"{place}.{quote_name('.'.join(key))}"


class Leader:
    """The leader node of one cluster, with the system tables that it offers."""

    def __init__(self, tables: SystemTables) -> None:
        self._tables = tables
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
            self._connection.execute(MACROS + CATALOG_MACROS)
        return self._connection

    def table(self, schema: str, name: str) -> Resolved | None:
        """A system table as a query sees it, or None."""
        found = self._tables.get((schema, name))
        if found is None:
            return None
        columns = tuple(Output(column, kind) for column, kind in found.columns)
        return Resolved("system", f"{schema}.{name}", columns, _placed((schema, name)))

    def function(self, name: str, arguments: list[str]) -> Resolved:
        """A leader-node function in FROM.

        Raises:
            SqlError: 42883.
        """
        if (
            name == "generate_series"
            and 2 <= len(arguments) <= 3
            and all(each.lstrip("-").isdigit() for each in arguments)
        ):
            listed = ", ".join(arguments)
            return Resolved(
                "system",
                name,
                (Output(name, INTEGER),),
                f"(SELECT CAST(generate_series AS INTEGER) AS {name} FROM generate_series({listed}))",
            )
        found = None if arguments else self.table(name, "()")
        if found is None:
            raise SqlError(
                errors.UNDEFINED_FUNCTION,
                f"function {name}({', '.join(arguments)}) does not exist",
                hint="No function matches the given name and argument types. You may need to add explicit type casts.",
            )
        return found

    def query(self, session: Session, sql: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
        """Run a translated query over system tables."""
        names = {key for key in self._tables if _placed(key) in sql}
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
        live = {each for each in names if self._tables[each].changes_without_ddl}
        place, built = self._places.get(key) or (None, set())
        if place is None:
            self._count += 1
            place = f"state_{self._count}"
            self._engine.execute(f"CREATE SCHEMA {place}")
            self._places[key] = (place, built)
            while len(self._places) > _REMEMBERED_STATES:
                _, (old, _) = self._places.popitem(last=False)
                self._engine.execute(f"DROP SCHEMA {old} CASCADE")
        self._places.move_to_end(key)
        for name in (names - built) | live:
            build(self._engine, _placed(name, place), self._tables[name], session)
            built.add(name)
        return place

    def close(self) -> None:
        """Free the database."""
        if self._connection is not None:
            self._connection.close()
