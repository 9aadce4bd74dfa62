"""The system tables and views that the leader node answers, and how each is made from the catalog.

Columns are those that clients of the mesh use (dbt, redshift_connector, people); their names and meaning are in "System
tables and views reference" of the Developer Guide and in the PostgreSQL 8.0 system catalogs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow

from local.engines.redshift import catalog as objects
from local.engines.redshift.catalog import Column, Relation
from local.engines.redshift.session import Session
from local.engines.redshift.types import (
    BIGINT,
    BOOL,
    INTEGER,
    NAME,
    OID,
    SMALLINT,
    SMALLINTS,
    TEXT,
    TIMESTAMP,
    Type,
    numeric,
)

REWRITE = 500_000_000
Rows = Iterable[tuple[Any, ...]]


@dataclass(frozen=True)
class SystemTable:
    """``rows`` makes its content; ``changes_without_ddl`` means that it must be made again for each query."""

    columns: tuple[tuple[str, Type], ...]
    rows: Callable[[Session], Rows]
    changes_without_ddl: bool = False


_ARROW = {
    "int2": pyarrow.int16(),
    "int4": pyarrow.int32(),
    "int8": pyarrow.int64(),
    "smallints": pyarrow.list_(pyarrow.int16()),
    "oid": pyarrow.int32(),
    "bool": pyarrow.bool_(),
    "timestamp": pyarrow.timestamp("us"),
    "numeric": pyarrow.decimal128(19, 4),
}
_KINDS = {
    "name": NAME,
    "text": TEXT,
    "oid": OID,
    "int2": SMALLINT,
    "int4": INTEGER,
    "int8": BIGINT,
    "int2s": SMALLINTS,
    "bool": BOOL,
    "timestamp": TIMESTAMP,
    "numeric": numeric(19, 4),
}

MACROS = """
CREATE OR REPLACE MACRO rs_format_type(kind, modifier) AS CASE CAST(kind AS INTEGER)
  WHEN 16 THEN 'boolean' WHEN 21 THEN 'smallint' WHEN 23 THEN 'integer' WHEN 20 THEN 'bigint' WHEN 700 THEN 'real'
  WHEN 701 THEN 'double precision' WHEN 1082 THEN 'date' WHEN 1083 THEN 'time without time zone'
  WHEN 1266 THEN 'time with time zone' WHEN 1114 THEN 'timestamp without time zone'
  WHEN 1184 THEN 'timestamp with time zone' WHEN 4000 THEN 'super' WHEN 6551 THEN 'binary varying' WHEN 1186 THEN 'interval'
  WHEN 1700 THEN 'numeric(' || (((modifier - 4) >> 16) & 65535) || ',' || ((modifier - 4) & 65535) || ')'
  WHEN 1042 THEN 'character(' || (modifier - 4) || ')' WHEN 1043 THEN 'character varying(' || (modifier - 4) || ')'
  WHEN 19 THEN 'name' WHEN 26 THEN 'oid' ELSE NULL END;
"""


class SystemTables(dict[tuple[str, str], SystemTable]):
    """System tables by schema and name."""

    def table(
        self, schema: str, name: str, columns: str, *, live: bool = False
    ) -> Callable[[Callable[[Session], Rows]], Callable[[Session], Rows]]:
        """Add a system table; ``columns`` is "name:kind name:kind …"."""

        def add(rows: Callable[[Session], Rows]) -> Callable[[Session], Rows]:
            pairs = tuple(each.split(":") for each in columns.split())
            self[schema, name] = SystemTable(tuple((one, _KINDS[kind]) for one, kind in pairs), rows, live)
            return rows

        return add


def build(engine: duckdb.DuckDBPyConnection, name: str, system: SystemTable, session: Session) -> None:
    """Make one system table in the leader's database under a (quoted) name."""
    rows = list(system.rows(session))
    arrays = [
        pyarrow.array([row[position] for row in rows], type=_ARROW.get(kind.name, pyarrow.string()))
        for position, (_, kind) in enumerate(system.columns)
    ]
    content = pyarrow.Table.from_arrays(arrays, names=[name for name, _ in system.columns])
    engine.register("content", content)
    engine.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM content")
    engine.unregister("content")


def relations_of(session: Session) -> list[Relation]:
    """Every relation that the session sees, temporary ones too."""
    return [*session.catalog.relations(), *session.temporary.values()]


def schema_oids(session: Session) -> dict[str, int]:
    """Object identifiers of the schemas by name."""
    oids = {"pg_catalog": 11, "information_schema": 12}
    oids.update({each.name: each.oid for each in session.catalog.values("schema")})
    oids.update({each.schema: 9_000_000 + session.pid for each in session.temporary.values()})
    return oids


def user_oid(session: Session, name: str) -> int:
    """A user's identifier."""
    user = session.catalog.user(name)
    return user.oid if user else 1


def listed_columns(session: Session, relation: Relation) -> tuple[Column, ...]:
    """The columns that the catalog lists: none of a late-binding view."""
    return relation.columns if relation.kind != objects.LATE_BINDING_VIEW else ()


def definition_of(relation: Relation) -> str:
    """The text of a view as pg_views shows it."""
    if relation.kind == objects.MATERIALIZED_VIEW:
        return f"create materialized view {relation.display} as ({relation.definition});"
    if relation.kind == objects.LATE_BINDING_VIEW:
        return f"create view {relation.display} as {relation.definition} with no schema binding;"
    return relation.definition


def precision_of(kind: Type) -> tuple[int | None, int | None]:
    """(precision, scale) as information_schema shows them."""
    if kind.name == "numeric":
        return kind.precision, kind.scale
    return {
        "int2": (16, 0),
        "int4": (32, 0),
        "int8": (64, 0),
        "float4": (24, None),
        "float8": (53, None),
    }.get(kind.name, (None, None))
