"""STS: sessions of roles whose credentials the gateway knows. Trust is checked before, in `assume_role`.

Source: AssumeRole in the AWS STS API reference (limits of duration, role chaining, session names).
"""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

from moto.core.responses import ActionResult
from moto.iam.models import iam_backends
from moto.sts.responses import TokenResponse

from local.gateway import identity
from local.gateway.errors import AwsError

ROLE_CHAINING_SECONDS = 3600
_SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}")


def install() -> None:
    """Replace moto's AssumeRole and GetCallerIdentity, which give out invented keys."""
    TokenResponse.assume_role = _assume_role  # type: ignore[method-assign]
    TokenResponse.get_caller_identity = _get_caller_identity  # type: ignore[method-assign]


def _assume_role(self: TokenResponse) -> ActionResult:
    role_arn = str(self._get_param("RoleArn"))
    session = str(self._get_param("RoleSessionName"))
    seconds = self._get_int_param("DurationSeconds", 3600)
    policy = self._get_param("Policy")
    if self._get_param("PolicyArns") or self._get_param("SerialNumber") or self._get_param("Tags"):
        raise AwsError("ValidationError", "the local AWS takes no PolicyArns, Tags or MFA in AssumeRole")
    _check_session(session)
    _check_duration(role_arn, seconds)
    session_policies = (_minified(policy),) if policy else ()
    credential = identity.issue_for_role(
        role_arn, session, session_policies=session_policies, lifetime=timedelta(seconds=seconds)
    )
    return ActionResult(
        {
            "Credentials": {
                "AccessKeyId": credential.access_key,
                "SecretAccessKey": credential.secret_key,
                "SessionToken": credential.session_token,
                "Expiration": credential.expires,
            },
            "AssumedRoleUser": {
                "AssumedRoleId": f"{role_id(role_arn)}:{session}",
                "Arn": credential.caller.arn,
            },
            "PackedPolicySize": 0,
        }
    )


def _get_caller_identity(self: TokenResponse) -> ActionResult:
    caller = identity.current_caller()
    return ActionResult({"UserId": _user_id(caller), "Account": caller.account, "Arn": caller.arn})


def role_id(role_arn: str) -> str:
    """The unique id (AROA…) of an existing role."""
    return str(iam_backends[identity.account_of(role_arn)]["aws"].get_role_by_arn(role_arn).id)


def _user_id(caller: identity.Caller) -> str:
    if caller.role_arn:
        return f"{role_id(caller.role_arn)}:{caller.session}"
    if caller.is_root:
        return caller.account
    return str(iam_backends[caller.account]["aws"].get_user(caller.arn.rsplit("/", 1)[-1]).id)


def _check_session(session: str) -> None:
    if not _SESSION_NAME.fullmatch(session):
        raise AwsError(
            "ValidationError",
            f"1 validation error detected: Value '{session}' at 'roleSessionName' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [\\w+=,.@-]* and have a length of 2 to 64",
        )


def _check_duration(role_arn: str, seconds: int) -> None:
    role: Any = iam_backends[identity.account_of(role_arn)]["aws"].get_role_by_arn(role_arn)
    longest = int(role.max_session_duration or 3600)
    if not 900 <= seconds <= 43200:
        raise AwsError("ValidationError", f"DurationSeconds {seconds} is not between 900 and 43200")
    if seconds > longest:
        raise AwsError(
            "ValidationError",
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        )
    if identity.current_caller().role_arn and seconds > ROLE_CHAINING_SECONDS:
        raise AwsError(
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
        )


def _minified(policy: str) -> str:
    try:
        return json.dumps(json.loads(policy), separators=(",", ":"))
    except ValueError as error:
        raise AwsError("MalformedPolicyDocument", f"The policy is not valid JSON: {error}") from error
