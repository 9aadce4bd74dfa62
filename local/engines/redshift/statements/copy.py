"""COPY: files in S3 become rows of a table ("COPY" in the Amazon Redshift Database Developer Guide)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from local.engines import objects
from local.engines.objects import StoredObject
from local.engines.redshift import errors
from local.engines.redshift.catalog import Column, Relation
from local.engines.redshift.dialect.reading import Statement
from local.engines.redshift.dialect.typed import Typed
from local.engines.redshift.errors import SqlError
from local.engines.redshift.query_log import LoadError
from local.engines.redshift.session import Plan, Result, Session, StatementPlanner
from local.engines.redshift.statements import copy_sources, relations, s3_access
from local.engines.redshift.statements.copy_options import Copy, read
from local.engines.redshift.statements.copy_sources import Loaded
from local.engines.redshift.statements.definitions import check_distinct
from local.engines.redshift.statements.storage import default_value, sequence
from local.engines.redshift.types import Type
from local.gateway.errors import AwsError
from local.gateway.identity import Caller


@dataclass(frozen=True)
class File:
    """An object with its local copy."""

    stored: StoredObject
    path: str


def _copy(session: Session, statement: Statement, parameter_types: tuple[Type, ...]) -> Plan:
    copy = read(statement)
    relations.resolve(session, copy.table)

    def run(parameters: Sequence[Any]) -> Result:
        relation = relations.writable(session, relations.resolve(session, copy.table), "insert")
        caller = s3_access.caller_with(session, copy.role)
        count = _load(session, copy, relation, _fetch(copy, caller))
        session.notice(f"Load into table '{relation.name}' completed, {count} record(s) loaded successfully.")
        return Result("COPY", count=count)

    return Plan(run)


def _fetch(copy: Copy, caller: Caller) -> list[File]:
    """Local copies of the objects to load, in the order of their keys or of the manifest."""
    stored = _listed(copy, caller) if copy.manifest else s3_access.list_prefix(caller, copy.source)
    try:
        return [File(each, str(objects.local_copy(each))) for each in stored if each.size]
    except AwsError as error:
        raise s3_access.s3_error(error) from error


def _listed(copy: Copy, caller: Caller) -> list[StoredObject]:
    """The objects that a manifest names.

    Raises:
        SqlError: XX000 for a manifest that is none, and for a mandatory object that is not there.
    """
    try:
        objects.require_read(caller, copy.source)
        content = objects.read(*objects.split_uri(copy.source))
        entries = json.loads(content)["entries"]
        found = []
        for entry in entries:
            objects.require_read(caller, entry["url"])
            try:
                found.append(objects.find(*objects.split_uri(entry["url"])))
            except AwsError as error:
                if entry.get("mandatory"):
                    raise s3_access.s3_error(error) from error
        return found
    except AwsError as error:
        raise s3_access.s3_error(error) from error
    except (ValueError, KeyError, TypeError) as error:
        raise SqlError(errors.INTERNAL_ERROR, f"Problem reading manifest file - {copy.source}") from error


def _load(session: Session, copy: Copy, relation: Relation, files: list[File]) -> int:
    """Insert the rows of the files; how many."""
    columns = _columns_of_files(copy, relation)
    if not files:
        return 0
    for file in files:
        fault = copy_sources.first_fault(copy, file.path)
        if fault is not None:
            line, reason = fault
            raise _load_error(session, relation, f"{file.stored.uri}{f':{line}' if line else ''}: {reason}")
    connection = session.engine
    loaded = copy_sources.open_files(connection, copy, [each.path for each in files], columns)
    items = _items(session, relation, loaded, columns)
    sql = f"INSERT INTO {relation.storage} SELECT {items} FROM ({loaded.sql}) AS rows_"
    try:
        found = connection.execute(sql).fetchall()
    except duckdb.Error as error:
        raise _failure(session, copy, relation, files, error) from error
    return int(found[0][0])


def _columns_of_files(copy: Copy, relation: Relation) -> list[Column]:
    """The columns that the files hold.

    Raises:
        SqlError: 42703, 42701.
    """
    if not copy.columns:
        return [each for each in relation.columns if each.identity is None or copy.explicit_ids]
    check_distinct(copy.columns)
    found = []
    for name in copy.columns:
        column = relation.column(name)
        if column is None:
            raise SqlError(
                errors.UNDEFINED_COLUMN, f'column "{name}" of relation "{relation.name}" does not exist'
            )
        if column.identity is not None and not copy.explicit_ids:
            raise SqlError(
                errors.INVALID_TABLE_DEFINITION, f'cannot set an identity column "{name}" to a value'
            )
        found.append(column)
    return found


def _items(session: Session, relation: Relation, loaded: Loaded, columns: list[Column]) -> str:
    """One DuckDB expression for each column of the table."""
    given = dict(zip((each.name for each in columns), loaded.values, strict=True))

    def value(column: Column) -> str:
        if column.name in given:
            return given[column.name]
        if column.identity is not None:
            name = sequence(relation, column).strip('"')
            return f"nextval('{name}')"
        return _default(session, column).sql

    return ", ".join(value(each) for each in relation.columns)


def _default(session: Session, column: Column) -> Typed:
    if column.default is None and not column.nullable:
        raise SqlError(errors.NOT_NULL_VIOLATION, f"Cannot insert a NULL value into column {column.name}")
    return default_value(session, column)


def _failure(
    session: Session, copy: Copy, relation: Relation, files: list[File], error: duckdb.Error
) -> SqlError:
    """The error of a load, with the object and line that caused it where they can be found."""
    if isinstance(error, duckdb.InterruptException):
        return errors.from_duckdb(error)
    where, reason = copy_sources.locate(
        copy, _columns_of_files(copy, relation), [(each.path, each.stored.uri) for each in files], error
    )
    return _load_error(session, relation, reason, where)


def _load_error(session: Session, relation: Relation, reason: str, where: str = "") -> SqlError:
    """The error of a load; SYS_LOAD_ERROR_DETAIL has it too.

    Args:
        where: ``s3://…:line``, ``s3://…`` or empty.
    """
    file, colon, line = where.rpartition(":")
    known = bool(colon) and line.isdigit()
    session.cluster.log.add_load_error(
        LoadError(
            session.last_query_id,
            session.user,
            session.pid,
            relation.oid,
            session.statement_time,
            file if known else where,
            int(line) if known else None,
            reason,
        )
    )
    return SqlError(
        errors.INTERNAL_ERROR,
        f"Load into table '{relation.name}' failed.  Check 'sys_load_error_detail' system table for details.",
        detail=f"{where}: {reason}" if where else reason,
    )


PLANNERS: dict[str, StatementPlanner] = {
    "COPY": _copy,
}
