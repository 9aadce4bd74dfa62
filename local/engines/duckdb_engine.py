"""The DuckDB that the lake computes with: one in-memory database, a cursor for every piece of work."""

from __future__ import annotations

import threading

import duckdb

_lock = threading.Lock()
_database: duckdb.DuckDBPyConnection | None = None


def connect() -> duckdb.DuckDBPyConnection:
    """A connection of its own to the shared in-memory database; close it when done.

    Nothing is ever downloaded, and times without zone mean UTC.
    """
    global _database
    with _lock:
        if _database is None:
            _database = duckdb.connect(
                config={
                    "autoinstall_known_extensions": False,
                    "autoload_known_extensions": False,
                    "preserve_insertion_order": True,
                }
            )
        connection = _database.cursor()
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def quote(name: str) -> str:
    """A name as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as a SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def file_list(paths: list[str]) -> str:
    """Paths as the list literal that DuckDB's readers take."""
    return "[" + ", ".join(literal(path) for path in paths) + "]"
