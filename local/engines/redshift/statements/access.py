"""GRANT and REVOKE, of privileges and of roles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from local.engines.redshift import errors, privileges
from local.engines.redshift.catalog import PUBLIC, Grant, Relation
from local.engines.redshift.dialect.reading import Statement, TokenReader
from local.engines.redshift.errors import SqlError, unsupported
from local.engines.redshift.session import Plan, Result, Session, StatementPlanner
from local.engines.redshift.statements import relations
from local.engines.redshift.types import Type

_ALL = {
    "relation": ("select", "insert", "update", "delete", "drop", "references", "truncate", "alter"),
    "schema": ("create", "usage", "alter", "drop"),
    "database": ("create", "temp", "usage"),
}


@dataclass(frozen=True)
class _Request:
    privileges: tuple[str, ...]
    kind: str
    names: tuple[tuple[str, ...], ...]
    every_table: bool
    grantees: tuple[tuple[str, str], ...]
    option: bool


def _read_privileges(reader: TokenReader) -> tuple[str, ...]:
    if reader.accept("ALL"):
        reader.accept("PRIVILEGES")
        return ("all",)
    found = [reader.take().text.lower()]
    while reader.accept(","):
        found.append(reader.take().text.lower())
    if reader.peek_word() == "(":
        raise unsupported("column-level privilege in the local Redshift")
    return tuple("temp" if each == "temporary" else each for each in found)


def _read_objects(reader: TokenReader) -> tuple[str, tuple[tuple[str, ...], ...], bool]:
    if reader.accept("ALL", "TABLES", "IN", "SCHEMA"):
        kind, every = "relation", True
    elif reader.accept("SCHEMA"):
        kind, every = "schema", False
    elif reader.accept("DATABASE"):
        kind, every = "database", False
    else:
        for word in ("FUNCTION", "PROCEDURE", "LANGUAGE", "MODEL", "DATASHARE", "EXTERNAL", "LAMBDA"):
            if reader.accept(word):
                raise unsupported(f"privileges on {word}")
        reader.accept("TABLE")
        kind, every = "relation", False
    names = [reader.qualified_name()]
    while reader.accept(","):
        names.append(reader.qualified_name())
    return kind, tuple(names), every


def _read_grantees(reader: TokenReader) -> tuple[tuple[str, str], ...]:
    found = []
    while True:
        if reader.accept("GROUP"):
            found.append(("group", reader.identifier()))
        elif reader.accept("ROLE"):
            found.append(("role", reader.identifier()))
        elif reader.accept("PUBLIC"):
            found.append(("public", PUBLIC))
        else:
            reader.accept("USER")
            found.append(("user", read_user_name(reader)))
        if not reader.accept(","):
            return tuple(found)


def read_user_name(reader: TokenReader) -> str:
    """User names of IAM identities keep their case and colon when quoted: "IAMR:name"."""
    token = reader.peek()
    if token is not None and ":" in token.text:
        return reader.take().text
    return reader.identifier()


def _grant(session: Session, statement: Statement, parameter_types: tuple[Type, ...]) -> Plan:
    reader = TokenReader(statement)
    granting = reader.accept("GRANT")
    if not granting:
        reader.expect("REVOKE")
        reader.accept("GRANT", "OPTION", "FOR")
    if reader.accept("ROLE"):
        return _membership(session, reader, granting)
    named = _read_privileges(reader)
    reader.expect("ON")
    kind, names, every = _read_objects(reader)
    reader.expect("TO" if granting else "FROM")
    grantees = _read_grantees(reader)
    option = reader.accept("WITH", "GRANT", "OPTION")
    any(reader.accept(word) for word in ("CASCADE", "RESTRICT"))
    reader.expect_end()
    granted = _ALL[kind] if named == ("all",) else named
    for privilege in granted:
        if privilege not in _ALL[kind]:
            raise SqlError(
                "0LP01",
                f"invalid privilege type {privilege.upper()} for {'table' if kind == 'relation' else kind}",
            )
    request = _Request(granted, kind, names, every, grantees, option)

    def run(parameters: Sequence[Any]) -> Result:
        for grantee_kind, grantee in request.grantees:
            require_grantee(session, grantee_kind, grantee)
        for name in request.names:
            for identifier in _identifiers(session, request, name):
                _apply(session, request, identifier, granting)
        return Result("GRANT" if granting else "REVOKE")

    return Plan(run)


def require_grantee(session: Session, kind: str, name: str) -> None:
    """Raise 42704 unless the user, group or role exists."""
    if kind == "public":
        return
    found = session.catalog.user(name) if kind == "user" else session.catalog.group(name, kind)
    if found is None:
        raise SqlError(errors.UNDEFINED_OBJECT, f'{kind} "{name}" does not exist')


def _identifiers(session: Session, request: _Request, name: tuple[str, ...]) -> list[Any]:
    """What the privileges are recorded under; the user must own it or hold it with grant option."""
    if request.kind == "schema" or request.every_table:
        schema = session.catalog.schema(name[-1])
        if schema is None:
            raise SqlError(errors.UNDEFINED_SCHEMA, f'schema "{name[-1]}" does not exist')
        if not request.every_table:
            privileges.require_owner(session, schema.owner, f"schema {name[-1]}")
            return [name[-1]]
        subjects = session.catalog.relations(name[-1])
    elif request.kind == "database":
        if name[-1] != session.cluster.database:
            raise SqlError(errors.INVALID_CATALOG, f'database "{name[-1]}" does not exist')
        privileges.require_owner(session, session.cluster.master_user, f"database {name[-1]}")
        return [name[-1]]
    else:
        relation = relations.resolve(session, name).subject
        if not isinstance(relation, Relation):
            raise SqlError(
                errors.FEATURE_NOT_SUPPORTED,
                "Operation not supported on external tables",
                hint="Grant USAGE on the external schema.",
            )
        subjects = [relation]
    for relation in subjects:
        if not _may_grant(session, request, relation):
            raise SqlError(errors.INSUFFICIENT_PRIVILEGE, f"permission denied for relation {relation.name}")
    return [each.oid for each in subjects]


def _may_grant(session: Session, request: _Request, relation: Relation) -> bool:
    if session.me.superuser or relation.owner == session.user:
        return True
    mine = privileges.identities(session.catalog, session.user)
    grantable = {
        grant.privilege
        for grant in session.catalog.grants("relation", relation.oid)
        if grant.grantable and (grant.grantee_kind, grant.grantee) in mine
    }
    return set(request.privileges) <= grantable


def _apply(session: Session, request: _Request, identifier: Any, granting: bool) -> None:
    current = session.catalog.grants(request.kind, identifier)
    touched = {(privilege, *grantee) for privilege in request.privileges for grantee in request.grantees}
    remaining = {each for each in current if (each.privilege, each.grantee_kind, each.grantee) not in touched}
    if granting:
        remaining |= {
            Grant(privilege, kind, name, session.user, request.option) for privilege, kind, name in touched
        }
    if remaining != current:
        session.catalog.put(("grants", request.kind, identifier), frozenset(remaining))


def _membership(session: Session, reader: TokenReader, granting: bool) -> Plan:
    roles = [reader.identifier()]
    while reader.accept(","):
        roles.append(reader.identifier())
    if roles[-1] == "sys" and reader.peek_word() == ":":
        raise unsupported("system-defined role (sys:…) in the local Redshift")
    reader.expect("TO" if granting else "FROM")
    grantees = _read_grantees(reader)
    reader.expect_end()

    def run(parameters: Sequence[Any]) -> Result:
        privileges.require_superuser(session, "grant role")
        for role in roles:
            require_grantee(session, "role", role)
            for kind, name in grantees:
                require_grantee(session, kind, name)
                change_members(session, "role", role, {name}, granting)
        return Result("GRANT" if granting else "REVOKE")

    return Plan(run)


def change_members(session: Session, kind: str, name: str, members: set[str], adding: bool) -> None:
    """Add members to a group or role, or take them out."""
    group = session.catalog.group(name, kind)
    if group is None:
        raise SqlError(errors.UNDEFINED_OBJECT, f'{kind} "{name}" does not exist')
    changed = group.members | members if adding else group.members - members
    session.catalog.put(("group", kind, name), replace(group, members=frozenset(changed)))


PLANNERS: dict[str, StatementPlanner] = {
    "GRANT": _grant,
    "REVOKE": _grant,
}
