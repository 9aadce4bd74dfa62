"""CREATE and ALTER SCHEMA, and CREATE EXTERNAL SCHEMA over the Glue Data Catalog."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from local.engines.redshift import errors, privileges
from local.engines.redshift.catalog import ExternalSource, Schema
from local.engines.redshift.dialect.reading import Statement, TokenReader
from local.engines.redshift.errors import SqlError, unsupported
from local.engines.redshift.session import Plan, Result, Session, StatementPlanner
from local.engines.redshift.types import Type

_ROLE_ARN = re.compile(r"arn:aws:iam::\d{12}:role/[\w+=,.@/-]+")


def _create_schema(session: Session, statement: Statement, parameter_types: tuple[Type, ...]) -> Plan:
    reader = TokenReader(statement)
    reader.expect("CREATE", "SCHEMA")
    if_not_exists = reader.accept("IF", "NOT", "EXISTS")
    name = reader.qualified_name()[-1] if reader.peek_word() != "AUTHORIZATION" else ""
    owner = reader.identifier() if reader.accept("AUTHORIZATION") else None
    if reader.accept("QUOTA") and not reader.accept("UNLIMITED"):
        reader.number()
        reader.identifier()
    reader.expect_end()

    def run(parameters: Sequence[Any]) -> Result:
        add_schema(session, name or owner or "", owner, None, if_not_exists)
        return Result("CREATE SCHEMA")

    return Plan(run)


def add_schema(
    session: Session, name: str, owner: str | None, external: ExternalSource | None, if_not_exists: bool
) -> None:
    """Record a new schema.

    Raises:
        SqlError: 42P06 when there is one of the name, 42501 without the privilege, 42939 for reserved names.
    """
    if name.startswith("pg_") or name == "information_schema":
        raise SqlError(
            "42939",
            f'unacceptable schema name "{name}"',
            detail='The prefix "pg_" is reserved for system schemas.',
        )
    if owner is not None and session.catalog.user(owner) is None:
        raise SqlError(errors.UNDEFINED_OBJECT, f'user "{owner}" does not exist')
    session.lock(("schema", name))
    if session.catalog.schema(name) is not None:
        if not if_not_exists:
            raise SqlError(errors.DUPLICATE_SCHEMA, f'Schema "{name}" already exists')
        session.notice(f'Schema "{name}" already exists and will be skipped')
        return
    cluster = session.cluster
    if not privileges.has(
        session.catalog, session.user, "database", cluster.database, cluster.master_user, "create"
    ):
        raise SqlError(errors.INSUFFICIENT_PRIVILEGE, f"permission denied for database {cluster.database}")
    session.catalog.put(("schema", name), Schema(name, cluster.next_oid(), owner or session.user, external))


def _alter_schema(session: Session, statement: Statement, parameter_types: tuple[Type, ...]) -> Plan:
    reader = TokenReader(statement)
    reader.expect("ALTER", "SCHEMA")
    name = reader.identifier()
    if not reader.accept("OWNER", "TO"):
        raise unsupported("this form of ALTER SCHEMA in the local Redshift")
    owner = reader.identifier()
    reader.expect_end()

    def run(parameters: Sequence[Any]) -> Result:
        schema = session.catalog.schema(name)
        if schema is None:
            raise SqlError(errors.UNDEFINED_SCHEMA, f'schema "{name}" does not exist')
        privileges.require_owner(session, schema.owner, f"schema {name}")
        session.catalog.put(("schema", name), replace(schema, owner=owner))
        return Result("ALTER SCHEMA")

    return Plan(run)


def _create_external_schema(
    session: Session, statement: Statement, parameter_types: tuple[Type, ...]
) -> Plan:
    reader = TokenReader(statement)
    reader.expect("CREATE", "EXTERNAL", "SCHEMA")
    if_not_exists = reader.accept("IF", "NOT", "EXISTS")
    name = reader.identifier()
    reader.expect("FROM")
    if not reader.accept("DATA", "CATALOG"):
        raise unsupported("external schema from anything but DATA CATALOG in the local Redshift")
    database = role = catalog_id = None
    create_database = False
    while not reader.done:
        if reader.accept("DATABASE"):
            database = reader.string()
        elif reader.accept("SCHEMA"):
            raise unsupported("external schema with SCHEMA in the local Redshift")
        elif reader.accept("REGION"):
            if reader.string() != session.cluster.region:
                raise unsupported("external schema in another Region in the local Redshift")
        elif reader.accept("IAM_ROLE"):
            role = _role(session, reader)
        elif reader.accept("CATALOG_ID"):
            catalog_id = reader.string()
        elif reader.accept("CREATE", "EXTERNAL", "DATABASE", "IF", "NOT", "EXISTS"):
            create_database = True
        else:
            raise reader.error()
    if database is None or role is None:
        raise SqlError(errors.SYNTAX_ERROR, "CREATE EXTERNAL SCHEMA needs DATABASE and IAM_ROLE")
    if create_database:
        raise unsupported("CREATE EXTERNAL DATABASE in the local Redshift")
    account = catalog_id or session.cluster.account
    source = ExternalSource(database.lower(), role, account)

    def run(parameters: Sequence[Any]) -> Result:
        if session.explicit_transaction:
            raise SqlError(
                errors.ACTIVE_TRANSACTION, "CREATE EXTERNAL SCHEMA cannot run inside a transaction block"
            )
        add_schema(session, name, None, source, if_not_exists)
        return Result("CREATE SCHEMA")

    return Plan(run)


def _role(session: Session, reader: TokenReader) -> str:
    """The role of IAM_ROLE: an ARN, or DEFAULT; it must be associated with the cluster.

    Raises:
        SqlError: 42501-like refusals as Redshift words them.
    """
    if reader.accept("DEFAULT"):
        if not session.cluster.roles:
            raise SqlError(errors.INVALID_PARAMETER, "No default IAM role is associated with the cluster")
        return session.cluster.roles[0]
    text = reader.string()
    if "," in text:
        raise unsupported("chained IAM roles in the local Redshift")
    return check_role(session, text)


def check_role(session: Session, arn: str) -> str:
    """The ARN of a role that the cluster may assume.

    Raises:
        SqlError: when it is no role ARN or the role is not associated with the cluster.
    """
    if not _ROLE_ARN.fullmatch(arn):
        raise SqlError(errors.INVALID_PARAMETER, f"The specified IAM role is not valid: {arn}")
    if arn not in session.cluster.roles:
        raise SqlError(
            errors.INSUFFICIENT_PRIVILEGE,
            f"User arn:aws:redshift:{session.cluster.region}:{session.cluster.account}:dbuser:"
            f"{session.cluster.identifier}/{session.user} is not authorized to assume IAM Role {arn}",
        )
    return arn


PLANNERS: dict[str, StatementPlanner] = {
    "CREATE SCHEMA": _create_schema,
    "ALTER SCHEMA": _alter_schema,
    "CREATE EXTERNAL SCHEMA": _create_external_schema,
}
