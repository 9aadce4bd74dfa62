"""Who is let in over the wire, and how Redshift refuses the others."""

from __future__ import annotations

from local.redshift.cluster import Cluster
from local.redshift.errors import INVALID_AUTHORIZATION, INVALID_CATALOG, SqlError
from local.redshift.passwords import md5_matches
from local.redshift.session import Session

_IAM_PREFIXES = ("IAM:", "IAMA:")


def let_in(cluster: Cluster, user: str, password: str, database: str, application: str = "") -> Session:
    """A session for a user with the right password.

    Args:
        user: a database user, or ``IAM:name`` / ``IAMA:name`` as GetClusterCredentials returns it.

    Raises:
        SqlError: 28000 as Redshift words it; 3D000 for a database that does not exist.
    """
    refused = SqlError(INVALID_AUTHORIZATION, f'password authentication failed for user "{user}"')
    name = user
    for prefix in _IAM_PREFIXES:
        name = name.removeprefix(prefix)
    temporary = cluster.passwords.check(user, password)
    if temporary is None:
        account = cluster.catalog.snapshot.get(("user", name))
        if (
            user != name
            or account is None
            or account.password is None
            or not md5_matches(account.password, name, password)
        ):
            raise refused
    elif temporary.create_user:
        cluster.create_user(name)
    elif cluster.catalog.snapshot.get(("user", name)) is None:
        raise SqlError(INVALID_AUTHORIZATION, f'user "{name}" does not exist')
    if not database:
        raise SqlError(INVALID_CATALOG, "no database was named")
    return cluster.session(name, database, application)
