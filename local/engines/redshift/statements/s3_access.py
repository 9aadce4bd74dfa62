"""What a cluster may do in S3: with the role that a statement names, and nothing else."""

from __future__ import annotations

from sqlglot.tokenizer_core import TokenType

from local.engines import objects
from local.engines.objects import StoredObject
from local.engines.redshift.dialect.reading import TokenReader
from local.engines.redshift.errors import INTERNAL_ERROR, SqlError, unsupported
from local.engines.redshift.session import Session
from local.engines.redshift.statements import schema
from local.gateway import identity
from local.gateway.errors import AwsError
from local.gateway.iam import authorization
from local.gateway.identity import Caller

_ROLE_SESSION = "RedshiftIamRoleSession"


def read_role(reader: TokenReader) -> str:
    """``IAM_ROLE 'arn'``.

    Raises:
        SqlError: 0A000 for keys in the text, a default role and chained roles.
    """
    if reader.peek_word() in ("CREDENTIALS", "ACCESS_KEY_ID", "WITH"):
        raise unsupported("authorization other than IAM_ROLE in the local Redshift")
    reader.expect("IAM_ROLE")
    token = reader.peek()
    if (token is not None and token.token_type == TokenType.DEFAULT) or reader.peek_word() == "DEFAULT":
        raise unsupported("IAM_ROLE default in the local Redshift")
    role = reader.string()
    if "," in role:
        raise unsupported("chained roles in the local Redshift")
    return role


def caller_with(session: Session, role_arn: str) -> Caller:
    """The principal that the cluster is with a role.

    Raises:
        SqlError: when the role is not associated with the cluster, or does not trust Redshift.
    """
    schema.check_role(session, role_arn)
    cluster = session.cluster
    try:
        authorization.require_service_role(role_arn, "redshift.amazonaws.com")
    except AwsError as error:
        user = (
            f"arn:aws:redshift:{cluster.region}:{cluster.account}:dbuser:{cluster.identifier}/{session.user}"
        )
        raise SqlError(
            INTERNAL_ERROR,
            f"User {user} is not authorized to assume IAM Role {role_arn}",
            detail=error.message,
        ) from error
    return identity.role_caller(role_arn, _ROLE_SESSION)


def list_prefix(caller: Caller, uri: str) -> list[StoredObject]:
    """The objects whose address begins with `uri`, sorted; none is empty.

    Raises:
        SqlError: XX000 when S3 refuses, or nothing is there.
    """
    try:
        objects.require_read(caller, uri)
        found = [each for each in objects.list_prefix(uri) if not each.key.endswith("/")]
    except AwsError as error:
        raise s3_error(error) from error
    if not found:
        raise SqlError(
            INTERNAL_ERROR, f"The specified S3 prefix '{objects.split_uri(uri)[1]}' does not exist"
        )
    return found


def s3_error(error: AwsError) -> SqlError:
    """What Redshift says when S3 refuses something."""
    return SqlError(INTERNAL_ERROR, f"S3ServiceException:{error.message}", detail=f"error: {error.code}")
