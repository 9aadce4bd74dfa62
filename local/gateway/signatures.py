"""AWS Signature Version 4: is the request really from the holder of the key?

Source: "Create a signed AWS API request" in the IAM user guide; the canonical request is botocore's own, so what
botocore signs verifies here by construction.
"""

from __future__ import annotations

import hmac
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.gateway import identity
from local.gateway.errors import AwsError
from local.gateway.requests import Asked

CLOCK_SKEW = timedelta(minutes=15)
_HASH_LENGTH = 64


def verify(asked: Asked) -> identity.Credential:
    """The credential that signed a request. Raises AwsError when key, token, time or signature is not good."""
    credential = identity.find(asked.authorization.access_key)
    if credential is None:
        raise AwsError("UnknownKey", "The security token included in the request is invalid.")
    if credential.expires is not None and credential.expires <= datetime.now(UTC):
        raise AwsError("Expired", "The security token included in the request is expired")
    token = asked.request.headers.get("X-Amz-Security-Token")
    if (token or None) != credential.session_token:
        raise AwsError("InvalidToken", "The security token included in the request is invalid.")
    timestamp = asked.request.headers.get("X-Amz-Date", "")
    _check_time(timestamp, asked.authorization.date)
    if not hmac.compare_digest(_signature(asked, credential, timestamp), asked.authorization.signature):
        raise AwsError(
            "BadSignature",
            "The request signature we calculated does not match the signature you provided. "
            "Check your AWS Secret Access Key and signing method.",
        )
    _check_body(asked)
    return credential


def _check_body(asked: Asked) -> None:
    """The body is the one that was signed; S3 clients may leave it out of the signature (`UNSIGNED-PAYLOAD`, chunks)."""
    claimed = asked.request.headers.get("X-Amz-Content-SHA256", "")
    if (
        len(claimed) == _HASH_LENGTH
        and sha256(asked.request.environ["interline.body"]).hexdigest() != claimed
    ):
        raise AwsError(
            "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
        )


def _check_time(timestamp: str, scope_date: str) -> None:
    try:
        signed_at = datetime.strptime(timestamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise AwsError(
            "BadSignature", "Date must be in ISO-8601 basic format in the header X-Amz-Date"
        ) from error
    if abs(datetime.now(UTC) - signed_at) > CLOCK_SKEW or not timestamp.startswith(scope_date):
        raise AwsError("BadSignature", f"Signature expired or not yet current: it was made at {timestamp}")


def _signature(asked: Asked, credential: identity.Credential, timestamp: str) -> str:
    request = asked.request
    method = S3SigV4Auth if asked.service == "s3" else SigV4Auth
    signer = method(
        Credentials(credential.access_key, credential.secret_key, credential.session_token),
        asked.authorization.service,
        asked.authorization.region,
    )
    signed = AWSRequest(
        method=request.method,
        url=request.raw_url,
        data=request.environ["interline.body"],
        headers={name: request.headers.get(name, "") for name in asked.authorization.signed_headers},
    )
    if asked.service == "s3" and "X-Amz-Content-SHA256" not in signed.headers:
        raise AwsError("BadSignature", "x-amz-content-sha256 must be a signed header")
    signed.context["timestamp"] = timestamp
    computed: str = signer.signature(signer.string_to_sign(signed, signer.canonical_request(signed)), signed)
    return computed
