"""The tables of a query: found in the catalog, allowed by Lake Formation, put before DuckDB as views."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

import duckdb
from sqlglot import exp
from sqlglot.optimizer.scope import Scope, traverse_scope

from local.engines import catalog, reading
from local.engines.catalog import CatalogTable
from local.engines.errors import AccessDenied, EntityNotFound, QueryError
from local.engines.iceberg import snapshots
from local.engines.iceberg.transaction import Transaction
from local.engines.lake_permissions import permissions, selecting
from local.engines.lake_permissions.selecting import Selection
from local.gateway.errors import AccessDenied as IamDenied
from local.gateway.iam import authorization
from local.gateway.identity import Caller
from local.services.athena import information_schema
from local.services.athena.aliases import check_aliases
from local.services.athena.errors import NotTrino
from local.services.athena.families import Families, family_of
from local.services.athena.translation import translate

CHANGED = "$changed"
"""The table name that means the table whose rows the statement changes, with the address of each row."""
FILE, ROW = "_file", "_row"
"""The columns of such an address."""


@dataclass
class Session:
    """Who runs a query, where, and against which database by default; `changes` is of a statement that changes rows."""

    caller: Caller
    account: str
    database: str
    changes: Transaction | None = None


@dataclass
class Bound:
    """A query whose tables are views of the connection; `scanned` counts the bytes of the objects it reads."""

    sql: str
    scanned: int = 0
    tables: list[CatalogTable] = field(default_factory=list)


def resolve(session: Session, table: exp.Table) -> tuple[str, str]:
    """Database and name that a table reference means. Raises QueryError for another catalog."""
    if table.catalog and table.catalog.lower() != "awsdatacatalog":
        raise QueryError("CATALOG_NOT_FOUND", f"Catalog '{table.catalog.lower()}' not found")
    database = (table.db or session.database or "").lower()
    if not database:
        raise QueryError("MISSING_SCHEMA_NAME", "Schema must be specified when session schema is not set")
    if database == "information_schema" or "$" in table.name:
        raise NotTrino(f"the system table {database}.{table.name} in this statement")
    return database, table.name.lower()


def _is_information_schema(session: Session, table: exp.Table) -> bool:
    catalog_name = table.catalog.lower() if table.catalog else "awsdatacatalog"
    return (
        table.db or session.database or ""
    ).lower() == "information_schema" and catalog_name == "awsdatacatalog"


def find(session: Session, database: str, name: str) -> CatalogTable:
    """A table for a query. Raises QueryError in Athena's words when it or its database is not there."""
    try:
        return catalog.find_table(session.account, database, name)
    except EntityNotFound as missing:
        if missing.message.startswith("Database"):
            raise QueryError("SCHEMA_NOT_FOUND", f"Schema '{database}' does not exist") from missing
        raise QueryError(
            "TABLE_NOT_FOUND", f"Table 'awsdatacatalog.{database}.{name}' does not exist"
        ) from missing


def bind(connection: duckdb.DuckDBPyConnection, session: Session, query: exp.Query) -> Bound:
    """Make a view for every table of a query (Trino's tree) and give the query in DuckDB's SQL.

    A view has just the columns and rows that the caller was granted. Raises AccessDenied, QueryError, NotTrino.
    """
    query = query.copy()
    bound = Bound(sql="")
    named, everything = _mentioned(query)
    for name in sorted(named):
        if name.startswith("$") and name != reading.PATH:
            raise NotTrino(f'the hidden column "{name}"')
    columns: dict[str, set[str]] = {}
    names: dict[int, set[str] | None] = {}
    replaced: set[int] = set()
    for scope in traverse_scope(query):
        for alias, source in scope.sources.items():
            if not isinstance(source, exp.Table) or id(source) in replaced:
                continue  # a lateral scope has its neighbours' tables among its sources
            replaced.add(id(source))
            view = f"lake_view_{len(replaced)}"
            if _is_information_schema(session, source):
                name = source.name.lower()
                body = information_schema.relation(session.account, session.caller, name)
                connection.execute(f"CREATE OR REPLACE TEMP VIEW {view} AS SELECT * FROM {body}")
                kinds = information_schema.column_types(name)
                for known, kind in kinds.items():
                    columns.setdefault(known, set()).add(family_of(kind))
                names[id(source)] = set(kinds)
                _replace(source, view, alias)
                continue
            changes = session.changes if source.name == CHANGED else None
            table = changes.table if changes is not None else find(session, *resolve(session, source))
            allowed = readable(table, session.caller)
            chosen = [name for name in allowed.columns if everything or name in named]
            if reading.PATH in named:
                chosen.append(_hidden_path(table, everything))
            snapshot = _snapshot(source, table)
            condition = _condition(scope, alias)
            if changes is not None:
                body = changes.relation(chosen, row_address=True, condition=condition)
            else:
                body = _permitted(connection, table, chosen, allowed, condition, snapshot)
            connection.execute(f"CREATE OR REPLACE TEMP VIEW {view} AS SELECT * FROM {body}")
            bound.tables.append(table)
            bound.scanned += reading.scanned_bytes(table, condition)
            for stored in table.all_columns:
                columns.setdefault(stored.name, set()).add(family_of(stored.glue_type))
            names[id(source)] = {*allowed.columns, *((FILE, ROW) if changes is not None else ())}
            _replace(source, view, alias)
        check_aliases(scope, names)
    for given in _given_names(query):
        columns.pop(given, None)
    Families(columns).check(query)
    for mention in query.find_all(exp.Column):
        for part in ("db", "catalog"):
            mention.set(part, None)
    bound.sql = translate(query).sql(dialect="duckdb")
    return bound


def _hidden_path(table: CatalogTable, everything: bool) -> str:
    if table.format == "iceberg" or everything:
        where = f"of the Iceberg table {table.name}" if table.format == "iceberg" else "beside a star"
        raise NotTrino(f'the hidden column "{reading.PATH}" {where}')
    return reading.PATH


def _permitted(
    connection: duckdb.DuckDBPyConnection,
    table: CatalogTable,
    chosen: list[str],
    allowed: Selection,
    condition: exp.Expr | None,
    snapshot: int | None,
) -> str:
    """A subquery with the chosen columns of the rows that may be read."""
    filters = allowed.conditions(name for name in chosen if name != reading.PATH)
    read = chosen + sorted(selecting.columns_of(filters) - set(chosen))
    if table.format == "iceberg":
        body = snapshots.relation(table, read, condition, snapshot)
    else:
        body = reading.relation(connection, table, read, condition, partition_schemas=True)
    return selecting.filtered(body, chosen, filters) if filters else body


def readable(table: CatalogTable, caller: Caller) -> Selection:
    """The columns that the caller may read, and their rows. Raises AccessDenied in Athena's words."""
    try:
        authorization.authorize(caller, "glue:GetTable", table.arn)
        return permissions.readable(table, caller)
    except (AccessDenied, IamDenied) as denied:
        raise AccessDenied(f"Insufficient permissions to execute the query. {denied.message}") from denied


def _mentioned(query: exp.Query) -> tuple[set[str], bool]:
    """The column names in a query, and whether a star asks for all there are."""
    named = {column.name.lower() for column in query.find_all(exp.Column)}
    for join in query.find_all(exp.Join):
        named |= {identifier.name.lower() for identifier in join.args.get("using") or ()}
    named |= {part.name.lower() for dot in query.find_all(exp.Dot) for part in dot.parts}
    # a qualified name may be a column and a field in it: a.b
    named |= {column.table.lower() for column in query.find_all(exp.Column) if column.table}
    named |= {column.db.lower() for column in query.find_all(exp.Column) if column.db}
    stars = [
        star
        for star in query.find_all(exp.Star)
        if not (isinstance(star.parent, exp.Anonymous) and star.parent.name.lower() == "count")
    ]
    return named, bool(stars)


def _given_names(query: exp.Query) -> set[str]:
    """The column names that the query itself gives: of them the catalog's types say nothing."""
    names = {alias.alias.lower() for alias in query.find_all(exp.Alias)}
    for alias in query.find_all(exp.TableAlias):
        names |= {column.name.lower() for column in alias.columns}
    return names


def _replace(source: exp.Table, view: str, alias: str) -> None:
    source.set("this", exp.to_identifier(view))
    source.set("db", None)
    source.set("catalog", None)
    source.set("version", None)
    if not source.alias:
        source.set("alias", exp.TableAlias(this=exp.to_identifier(alias.lower(), quoted=True)))


def _condition(scope: Scope, alias: str) -> exp.Expr | None:
    """The terms of a WHERE that speak of this table alone, in DuckDB's terms, where they may decide what is read.

    Behind an outer join a term such as IS NULL speaks of rows that the join made up: then nothing is decided.
    """
    where = scope.expression.args.get("where")
    if where is None or not isinstance(scope.expression, exp.Select):
        return None
    for join in scope.expression.args.get("joins") or ():
        if (join.side or "").upper() in ("LEFT", "RIGHT", "FULL"):
            return None
    alone = len(scope.sources) == 1
    terms = where.this.flatten() if isinstance(where.this, exp.And) else [where.this]
    chosen = []
    for term in terms:
        columns = list(term.find_all(exp.Column))
        if columns and all(
            column.table.lower() == alias.lower() if column.table else alone for column in columns
        ):
            chosen.append(term.copy())
    return translate(exp.and_(*chosen)) if chosen else None


def _snapshot(source: exp.Table, table: CatalogTable) -> int | None:
    """The Iceberg snapshot of FOR VERSION or TIMESTAMP AS OF."""
    version = source.args.get("version")
    if version is None:
        return None
    if table.format != "iceberg":
        raise QueryError("NOT_SUPPORTED", "This connector does not support versioned tables")
    value = version.expression
    if version.this.upper() == "VERSION":
        if not isinstance(value, exp.Literal) or not value.is_int:
            raise NotTrino("FOR VERSION AS OF what is not a number")
        return snapshots.snapshot_at(table, version=int(value.name))
    literal = value.find(exp.Literal)
    if literal is None:
        raise NotTrino("FOR TIMESTAMP AS OF what is not a literal")
    try:
        moment = datetime.fromisoformat(literal.name.replace(" UTC", "+00:00"))
    except ValueError as error:
        raise QueryError("INVALID_LITERAL", f"'{literal.name}' is not a valid timestamp literal") from error
    return snapshots.snapshot_at(table, timestamp=moment if moment.tzinfo else moment.replace(tzinfo=UTC))
