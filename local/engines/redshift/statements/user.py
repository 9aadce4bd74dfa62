"""Users, groups and roles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from local.engines.redshift import errors, privileges
from local.engines.redshift.catalog import Group, User
from local.engines.redshift.dialect.reading import Statement, TokenReader
from local.engines.redshift.errors import SqlError, unsupported
from local.engines.redshift.session import Plan, Result, Session, StatementPlanner
from local.engines.redshift.statements.access import change_members, read_user_name, require_grantee
from local.engines.redshift.types import Type


def _create_user(session: Session, statement: Statement, parameter_types: tuple[Type, ...]) -> Plan:
    reader = TokenReader(statement)
    reader.expect("CREATE", "USER")
    name = read_user_name(reader)
    reader.accept("WITH")
    password, given, superuser, create_database, groups = None, False, False, False, []
    while not reader.done:
        if reader.accept("PASSWORD", "DISABLE"):
            given = True
        elif reader.accept("PASSWORD"):
            password, given = reader.string(), True
        elif reader.accept("CREATEUSER"):
            superuser = True
        elif reader.accept("CREATEDB"):
            create_database = True
        elif reader.accept("NOCREATEUSER") or reader.accept("NOCREATEDB"):
            continue
        elif reader.accept("SYSLOG", "ACCESS"):
            reader.identifier()
        elif reader.accept("IN", "GROUP"):
            groups.append(reader.identifier())
            while reader.accept(","):
                groups.append(reader.identifier())
        else:
            raise unsupported(f"CREATE USER … {reader.peek_word()} in the local Redshift")
    if not given:
        raise SqlError(errors.SYNTAX_ERROR, "CREATE USER needs PASSWORD")
    if password is not None:
        _check_password(password)

    def run(parameters: Sequence[Any]) -> Result:
        privileges.require_superuser(session, "create user")
        session.lock(("user", name))
        if session.catalog.user(name) is not None:
            raise SqlError(errors.DUPLICATE_OBJECT, f'user "{name}" already exists')
        user = User(name, session.cluster.next_oid(), superuser, create_database, password)
        session.catalog.put(("user", name), user)
        for group in groups:
            change_members(session, "group", group, {name}, True)
        return Result("CREATE USER")

    return Plan(run)


def _check_password(password: str) -> None:
    """8 to 64 characters with an upper-case letter, a lower-case letter and a digit ("CREATE USER")."""
    if password.startswith(("md5", "sha256|")):
        return
    kinds = (
        any(map(str.isupper, password)),
        any(map(str.islower, password)),
        any(map(str.isdigit, password)),
    )
    if not 8 <= len(password) <= 64 or not all(kinds):
        raise SqlError(
            errors.INVALID_PARAMETER,
            "Password must be 8 to 64 characters and contain at least one uppercase letter, one lowercase letter and one number",
        )


def _alter_user(session: Session, statement: Statement, parameter_types: tuple[Type, ...]) -> Plan:
    reader = TokenReader(statement)
    reader.expect("ALTER", "USER")
    name = read_user_name(reader)
    reader.accept("WITH")
    changes: dict[str, Any] = {}
    while not reader.done:
        if reader.accept("PASSWORD", "DISABLE"):
            changes["password"] = None
        elif reader.accept("PASSWORD"):
            changes["password"] = reader.string()
            _check_password(changes["password"])
        elif reader.accept("CREATEUSER"):
            changes["superuser"] = True
        elif reader.accept("NOCREATEUSER"):
            changes["superuser"] = False
        elif reader.accept("CREATEDB"):
            changes["create_database"] = True
        elif reader.accept("NOCREATEDB"):
            changes["create_database"] = False
        else:
            raise unsupported(f"ALTER USER … {reader.peek_word()} in the local Redshift")

    def run(parameters: Sequence[Any]) -> Result:
        if name != session.user or set(changes) != {"password"}:
            privileges.require_superuser(session, "alter user")
        user = session.catalog.user(name)
        if user is None:
            raise SqlError(errors.UNDEFINED_OBJECT, f'user "{name}" does not exist')
        session.catalog.put(("user", name), replace(user, **changes))
        return Result("ALTER USER")

    return Plan(run)


def _drop(session: Session, statement: Statement, parameter_types: tuple[Type, ...]) -> Plan:
    reader = TokenReader(statement)
    reader.expect("DROP")
    word = reader.take().text.lower()
    if_exists = reader.accept("IF", "EXISTS")
    name = read_user_name(reader)
    reader.accept("FORCE") or reader.accept("RESTRICT")
    reader.expect_end()

    def run(parameters: Sequence[Any]) -> Result:
        privileges.require_superuser(session, f"drop {word}")
        catalog = session.catalog
        found = catalog.user(name) if word == "user" else catalog.group(name, word)
        if found is None:
            if if_exists:
                return Result(f"DROP {word.upper()}")
            raise SqlError(errors.UNDEFINED_OBJECT, f'{word} "{name}" does not exist')
        if word == "user" and _owns_something(session, name):
            raise SqlError(
                errors.DEPENDENT_OBJECTS,
                f'user "{name}" cannot be dropped because the user has a privilege on some object',
            )
        catalog.put(("user", name) if word == "user" else ("group", word, name), None)
        return Result(f"DROP {word.upper()}")

    return Plan(run)


def _owns_something(session: Session, name: str) -> bool:
    catalog = session.catalog
    if any(each.owner == name for each in [*catalog.relations(), *catalog.values("schema")]):
        return True
    objects = [("relation", each.oid) for each in catalog.relations()] + [
        ("schema", each.name) for each in catalog.values("schema")
    ]
    return any(
        grant.grantee_kind == "user" and grant.grantee == name
        for kind, identifier in objects
        for grant in catalog.grants(kind, identifier)
    )


def _create_group(session: Session, statement: Statement, parameter_types: tuple[Type, ...]) -> Plan:
    reader = TokenReader(statement)
    reader.expect("CREATE")
    word = reader.take().text.lower()
    name = reader.identifier()
    members: set[str] = set()
    if reader.accept("WITH", "USER"):
        members.add(reader.identifier())
        while reader.accept(","):
            members.add(reader.identifier())
    reader.expect_end()

    def run(parameters: Sequence[Any]) -> Result:
        privileges.require_superuser(session, f"create {word}")
        if session.catalog.group(name, word) is not None:
            raise SqlError(errors.DUPLICATE_OBJECT, f'{word} "{name}" already exists')
        for member in members:
            require_grantee(session, "user", member)
        session.catalog.put(
            ("group", word, name), Group(name, session.cluster.next_oid(), word, frozenset(members))
        )
        return Result(f"CREATE {word.upper()}")

    return Plan(run)


def _alter_group(session: Session, statement: Statement, parameter_types: tuple[Type, ...]) -> Plan:
    reader = TokenReader(statement)
    reader.expect("ALTER", "GROUP")
    name = reader.identifier()
    adding = reader.accept("ADD", "USER")
    if not adding:
        reader.expect("DROP", "USER")
    members = {reader.identifier()}
    while reader.accept(","):
        members.add(reader.identifier())
    reader.expect_end()

    def run(parameters: Sequence[Any]) -> Result:
        privileges.require_superuser(session, "alter group")
        for member in members:
            require_grantee(session, "user", member)
        change_members(session, "group", name, members, adding)
        return Result("ALTER GROUP")

    return Plan(run)


PLANNERS: dict[str, StatementPlanner] = {
    "CREATE USER": _create_user,
    "ALTER USER": _alter_user,
    "DROP USER": _drop,
    "DROP GROUP": _drop,
    "DROP ROLE": _drop,
    "CREATE GROUP": _create_group,
    "CREATE ROLE": _create_group,
    "ALTER GROUP": _alter_group,
}
