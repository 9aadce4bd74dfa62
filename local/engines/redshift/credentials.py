"""Who is let in over the wire, with a temporary password or one of CREATE USER, and how the others are refused."""

from __future__ import annotations

from local.engines.redshift.cluster import Cluster
from local.engines.redshift.errors import INVALID_AUTHORIZATION, SqlError
from local.engines.redshift.passwords import md5_matches
from local.engines.redshift.session import Session
from local.gateway.errors import NotServed
from local.gateway.identity import Caller

# GetClusterCredentials answers with the user under one of these: a password that IAM gave is used with it only.
IAM_PREFIXES = ("IAM:", "IAMA:")


def authenticate(cluster: Cluster, user: str, password: str, database: str, application: str = "") -> Session:
    """A session for a user with the right password.

    Args:
        user: a database user, or one of IAM's as GetClusterCredentials names him: ``IAM:name``, ``IAMA:name``,
            ``IAMR:role``.

    Raises:
        SqlError: 28000 as Redshift words it; 3D000 for a database that does not exist.
    """
    name = user
    for prefix in IAM_PREFIXES:
        name = name.removeprefix(prefix)
    temporary = cluster.passwords.check(user, password)
    if temporary is None:
        account = cluster.catalog.snapshot.get(("user", name))
        known = account.password if account is not None else None
        if user != name or known is None or not md5_matches(known, name, password):
            raise SqlError(INVALID_AUTHORIZATION, f'password authentication failed for user "{user}"')
    elif temporary.create_user:
        cluster.create_user(name)
    elif cluster.catalog.snapshot.get(("user", name)) is None:
        raise SqlError(INVALID_AUTHORIZATION, f'user "{name}" does not exist')
    return cluster.session(name, database, application)


def user_of_role(caller: Caller) -> str:
    """The database user that IAM authentication gives to a role: ``IAMR:<role name>``.

    Raises:
        NotServed: for IAM users and roots, whose database users would be named like those of GetClusterCredentials.
    """
    if caller.role_arn is None:
        raise NotServed("redshift", "GetClusterCredentialsWithIAM", "only roles are let in, not IAM users")
    return f"IAMR:{caller.role_arn.rpartition('/')[2]}"
