"""Who is calling: the principal behind an access key.

Temporary credentials live here, not in moto, because the gateway needs the secret, the session token, the expiry
and the session policy of a key in one place and at every request.
"""

from __future__ import annotations

import json
import secrets
import string
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

_KEY_ALPHABET = string.ascii_uppercase + "234567"
_SECRET_ALPHABET = string.ascii_letters + string.digits + "+/"


@dataclass(frozen=True)
class Caller:
    """A principal of one account.

    `arn` is the principal as AWS writes it in messages (`arn:aws:sts::…:assumed-role/<role>/<session>`,
    `arn:aws:iam::…:user/<name>` or `arn:aws:iam::…:root`). `role_arn` and `session` are set for assumed roles.
    `session_policies` are the JSON documents that narrow the session; `service` names the AWS service when
    a service acts by itself with the role (`glue.amazonaws.com`).
    """

    account: str
    arn: str
    role_arn: str | None = None
    session: str | None = None
    session_policies: tuple[str, ...] = ()

    @property
    def is_root(self) -> bool:
        """Whether this is the account's root, which identity policies do not bind."""
        return self.arn == f"arn:aws:iam::{self.account}:root"

    @property
    def principal_arn(self) -> str:
        """The ARN that policies name: the role for an assumed role, else the principal itself."""
        return self.role_arn or self.arn


@dataclass(frozen=True)
class Credential:
    """An access key with its secret and the principal it belongs to; `expires` is None for long-lived keys."""

    access_key: str
    secret_key: str = field(repr=False)
    session_token: str | None = field(repr=False)
    caller: Caller
    expires: datetime | None

    def environment(self) -> dict[str, str]:
        """The environment variables that make an SDK use this credential."""
        variables = {"AWS_ACCESS_KEY_ID": self.access_key, "AWS_SECRET_ACCESS_KEY": self.secret_key}
        if self.session_token:
            variables["AWS_SESSION_TOKEN"] = self.session_token
        return variables

    def client_arguments(self) -> dict[str, str | None]:
        """The keyword arguments that make `boto3.client` use this credential."""
        return {
            "aws_access_key_id": self.access_key,
            "aws_secret_access_key": self.secret_key,
            "aws_session_token": self.session_token,
        }


class NoCaller(RuntimeError):
    """Code that needs a caller ran outside a request; threads must be handed their caller explicitly."""


_caller: ContextVar[Caller | None] = ContextVar("interline_caller", default=None)
_credentials: dict[str, Credential] = {}
_lock = threading.Lock()
_SWEEP_AT_LEAST = 1000
_next_sweep = [_SWEEP_AT_LEAST]


def current_caller() -> Caller:
    """The caller of the request being served. Raises NoCaller outside a request, for example in a new thread."""
    caller = _caller.get()
    if caller is None:
        raise NoCaller("no AWS request is being served here; pass the caller to threads explicitly")
    return caller


@contextmanager
def acting_as(caller: Caller) -> Iterator[Caller]:
    """Make `caller` the current one within the block: the gateway does it for a request, engines for their jobs."""
    token = _caller.set(caller)
    try:
        yield caller
    finally:
        _caller.reset(token)


def account_of(arn: str) -> str:
    """The account number in an ARN (its fifth field; empty where the service has none, as S3)."""
    parts = arn.split(":", 5)
    return parts[4] if len(parts) == 6 else ""


def role_caller(role_arn: str, session: str, *, session_policies: tuple[str, ...] = ()) -> Caller:
    """The principal that a session of `role_arn` is."""
    account = account_of(role_arn)
    role_name = role_arn.rsplit("/", 1)[-1]
    return Caller(
        account=account,
        arn=f"arn:aws:sts::{account}:assumed-role/{role_name}/{session}",
        role_arn=role_arn,
        session=session,
        session_policies=session_policies,
    )


def root_caller(account: str) -> Caller:
    """The root of an account."""
    return Caller(account=account, arn=f"arn:aws:iam::{account}:root")


def issue(caller: Caller, *, lifetime: timedelta | None) -> Credential:
    """New random temporary credentials for `caller`, known to the gateway; None never expires."""
    credential = Credential(
        access_key="ASIA" + "".join(secrets.choice(_KEY_ALPHABET) for _ in range(16)),
        secret_key="".join(secrets.choice(_SECRET_ALPHABET) for _ in range(40)),
        session_token=secrets.token_urlsafe(180),
        caller=caller,
        expires=datetime.now(UTC) + lifetime if lifetime is not None else None,
    )
    register(credential)
    return credential


def issue_for_role(
    role_arn: str, session: str, *, session_policies: tuple[str, ...] = (), lifetime: timedelta | None = None
) -> Credential:
    """Credentials of a session of `role_arn`, as an AWS service gets them that acts with the role (1 hour if unsaid).

    Does not look at the role's trust policy: see `local.gateway.iam.authorization.require_service_role`.
    """
    return issue(
        role_caller(role_arn, session, session_policies=session_policies),
        lifetime=lifetime or timedelta(hours=1),
    )


def issue_credentials(
    role_arn: str, session_name: str, policy: dict[str, Any] | None, seconds: int
) -> dict[str, Any]:
    """Credentials of a role narrowed by a session policy, in the shape AWS vends them.

    Gives AccessKeyId, SecretAccessKey, SessionToken and Expiration (an aware datetime).
    """
    credential = issue_for_role(
        role_arn,
        session_name,
        session_policies=(json.dumps(policy),) if policy is not None else (),
        lifetime=timedelta(seconds=seconds),
    )
    return {
        "AccessKeyId": credential.access_key,
        "SecretAccessKey": credential.secret_key,
        "SessionToken": credential.session_token,
        "Expiration": credential.expires,
    }


def register(credential: Credential) -> None:
    """Let the gateway know a credential that was made elsewhere."""
    with _lock:
        if len(_credentials) >= _next_sweep[0]:
            _forget_expired()
        _credentials[credential.access_key] = credential


def _forget_expired() -> None:
    """Drop sessions that ended an hour ago; until then they are refused as expired."""
    limit = datetime.now(UTC) - timedelta(hours=1)
    for key in [k for k, c in _credentials.items() if c.expires is not None and c.expires < limit]:
        del _credentials[key]
    _next_sweep[0] = 2 * len(_credentials) + _SWEEP_AT_LEAST


def revoke(access_key: str) -> None:
    """Forget a credential; the next request with it is refused."""
    with _lock:
        _credentials.pop(access_key, None)


def find(access_key: str) -> Credential | None:
    """The credential of an access key: a session's, or a long-lived key of an IAM user; None when unknown."""
    return _credentials.get(access_key) or _user_credential(access_key)


def _user_credential(access_key: str) -> Credential | None:
    from moto.iam.models import iam_backends

    for account, partitions in list(iam_backends.items()):
        if "aws" not in dict.keys(partitions):
            continue
        for user in list(partitions["aws"].users.values()):
            for key in user.access_keys:
                if key.access_key_id == access_key and key.status == "Active":
                    return Credential(
                        access_key=access_key,
                        secret_key=key.secret_access_key,
                        session_token=None,
                        caller=Caller(account=account, arn=user.arn),
                        expires=None,
                    )
    return None
