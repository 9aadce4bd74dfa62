"""Relations by name, as statements that write need them: found, locked, recorded, and the privilege checked."""

from __future__ import annotations

from local.engines.redshift import catalog as objects
from local.engines.redshift import errors, privileges
from local.engines.redshift.catalog import Relation
from local.engines.redshift.dialect.scope import Resolved
from local.engines.redshift.environment import SessionEnvironment, search_path
from local.engines.redshift.errors import SqlError
from local.engines.redshift.session import Session


def resolve(session: Session, name: tuple[str, ...]) -> Resolved:
    """Whatever a name means; system tables can't be written.

    Raises:
        SqlError: 42P01, or 42501 for a system table.
    """
    resolved = SessionEnvironment(session).resolve(name)
    if resolved.kind == "system":
        raise SqlError(errors.INSUFFICIENT_PRIVILEGE, f'permission denied: "{name[-1]}" is a system catalog')
    return resolved


def writable(session: Session, resolved: Resolved, privilege: str) -> Relation:
    """The table of a name that rows may be written to; takes its write lock.

    Raises:
        SqlError: 42809 for a view, 42501 without the privilege.
    """
    if not isinstance(resolved.subject, Relation):
        raise _not_a_table(resolved.display)
    begin_writing(session, resolved.subject, privilege)
    return resolved.subject


def begin_writing(session: Session, relation: Relation, privilege: str) -> None:
    """Check that rows of a relation may be written, and take its write lock.

    Raises:
        SqlError: 42809 for a view, 42501 without the privilege.
    """
    if relation.kind != objects.TABLE:
        raise _not_a_table(relation.display)
    privileges.require_relation(session, relation, privilege)
    session.require_local_writes()
    session.transaction.written.add(relation.oid)
    session.statement_writes[relation.oid] = relation.name
    if not relation.temporary:
        session.lock(("relation", relation.oid))


def _not_a_table(display: str) -> SqlError:
    return SqlError(errors.WRONG_OBJECT_TYPE, f'cannot modify "{display}": it is not a table')


def new_name(session: Session, name: tuple[str, ...], *, temporary: bool = False) -> tuple[str, str]:
    """Schema and name of a relation that is about to be made; takes the lock of the name.

    Raises:
        SqlError: 3F000, 42501, or 42939 for names that system columns and tables keep for themselves.
    """
    if len(name) == 3 and name[0] != session.cluster.database:
        raise errors.unsupported("cross-database CREATE in the local Redshift")
    own = name[-1]
    if len(own.encode()) > 127:
        raise SqlError("42622", f'identifier "{own[:20]}…" is longer than 127 bytes')
    if temporary:
        if len(name) > 1 and not name[-2].startswith("pg_temp"):
            raise SqlError(
                errors.INVALID_TABLE_DEFINITION, "cannot create temporary relation in non-temporary schema"
            )
        return f"pg_temp_{session.pid}", own
    if len(name) > 1:
        schema = name[-2]
    else:
        path = search_path(session)
        if not path:
            raise SqlError(errors.UNDEFINED_SCHEMA, "no schema has been selected to create in")
        schema = path[0]
    if session.system_catalog.table(schema, own) is not None or schema in (
        "pg_catalog",
        "information_schema",
    ):
        raise SqlError(errors.INSUFFICIENT_PRIVILEGE, f"permission denied for schema {schema}")
    privileges.require_schema(session, schema, "create")
    session.lock(("name", schema, own))
    return schema, own


def existing(session: Session, schema: str, name: str) -> Relation | None:
    """A relation by its exact place, temporary ones too."""
    if schema.startswith("pg_temp"):
        return session.temporary.get(name)
    return session.catalog.find(schema, name)


def put(session: Session, relation: Relation) -> None:
    """Record a new or changed relation."""
    if relation.temporary:
        for name, each in list(session.temporary.items()):
            if each.oid == relation.oid and name != relation.name:
                del session.temporary[name]
        session.temporary[relation.name] = relation
        session.change_count += 1
    else:
        session.catalog.add(relation)


def remove(session: Session, relation: Relation) -> None:
    """Forget a relation."""
    if relation.temporary:
        session.temporary.pop(relation.name, None)
        session.change_count += 1
    else:
        session.catalog.remove(relation)
