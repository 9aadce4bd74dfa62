"""Who may do what: GRANT and REVOKE are enforced for every user who is not a superuser ("Managing database security")."""

from __future__ import annotations

from typing import Any

from local.engines.redshift import errors
from local.engines.redshift.catalog import Catalog, Relation
from local.engines.redshift.errors import SqlError
from local.engines.redshift.session import Session

TABLE_PRIVILEGES = ("select", "insert", "update", "delete", "drop", "references", "truncate", "alter")
SCHEMA_PRIVILEGES = ("create", "usage", "alter", "drop")
DATABASE_PRIVILEGES = ("create", "temporary", "temp", "usage")


def identities(catalog: Catalog, user: str) -> set[tuple[str, str]]:
    """A user with the groups and roles they are in, roles of roles too."""
    found = {("user", user), ("public", "public")}
    while True:
        names = {name for _, name in found}
        more = {
            (group.kind, group.name)
            for group in catalog.values("group")
            if group.members & names and (group.kind, group.name) not in found
        }
        if not more:
            return found
        found |= more


def has(catalog: Catalog, user: str, kind: str, identifier: Any, owner: str, privilege: str) -> bool:
    """Whether a user holds a privilege: as superuser, as owner, or by a grant."""
    account = catalog.user(user)
    if account is None:
        return False
    if account.superuser or owner == user:
        return True
    mine = identities(catalog, user)
    return any(
        grant.privilege == privilege and (grant.grantee_kind, grant.grantee) in mine
        for grant in catalog.grants(kind, identifier)
    )


def require_schema(session: Session, name: str, privilege: str) -> None:
    """Raise 42501 unless the user holds the privilege on the schema."""
    catalog = session.catalog
    schema = catalog.schema(name)
    if schema is None:
        raise SqlError(errors.UNDEFINED_SCHEMA, f'schema "{name}" does not exist')
    if not has(catalog, session.user, "schema", name, schema.owner, privilege):
        raise SqlError(errors.INSUFFICIENT_PRIVILEGE, f"permission denied for schema {name}")


def require_relation(session: Session, relation: Relation, privilege: str) -> None:
    """Raise 42501 unless the user may use the schema and holds the privilege on the relation."""
    if relation.temporary:
        return
    require_schema(session, relation.schema, "usage")
    if not has(session.catalog, session.user, "relation", relation.oid, relation.owner, privilege):
        raise SqlError(errors.INSUFFICIENT_PRIVILEGE, f"permission denied for relation {relation.name}")


def require_owner(session: Session, owner: str, what: str) -> None:
    """Raise 42501 unless the user owns the object or is a superuser."""
    if owner != session.user and not session.me.superuser:
        raise SqlError(errors.INSUFFICIENT_PRIVILEGE, f"must be owner of {what}")


def require_superuser(session: Session, action: str) -> None:
    """Raise 42501 unless the user is a superuser."""
    if not session.me.superuser:
        raise SqlError(errors.INSUFFICIENT_PRIVILEGE, f"permission denied to {action}")
