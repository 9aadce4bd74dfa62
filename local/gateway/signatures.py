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
from moto.core.utils import get_service_model

from local.gateway import identity
from local.gateway.aws_request import AwsRequest
from local.gateway.errors import AwsError

CLOCK_SKEW = timedelta(minutes=15)
_HASH_LENGTH = 64


def verify(request: AwsRequest) -> identity.Credential:
    """The credential that signed a request. Raises AwsError when key, token, time or signature is not good."""
    credential = identity.find(request.authorization.access_key)
    if credential is None:
        raise AwsError("UnknownKey", "The security token included in the request is invalid.")
    if credential.expires is not None and credential.expires <= datetime.now(UTC):
        raise AwsError("Expired", "The security token included in the request is expired")
    token = request.http.headers.get("X-Amz-Security-Token")
    if (token or None) != credential.session_token:
        raise AwsError("InvalidToken", "The security token included in the request is invalid.")
    timestamp = request.http.headers.get("X-Amz-Date", "")
    _check_time(timestamp, request.authorization.date)
    if not hmac.compare_digest(_signature(request, credential, timestamp), request.authorization.signature):
        raise AwsError(
            "BadSignature",
            "The request signature we calculated does not match the signature you provided. "
            "Check your AWS Secret Access Key and signing method.",
        )
    _check_body(request)
    return credential


def _check_body(request: AwsRequest) -> None:
    """The body is the one that was signed; S3 clients may leave it out of the signature (`UNSIGNED-PAYLOAD`, chunks)."""
    claimed = request.http.headers.get("X-Amz-Content-SHA256", "")
    if len(claimed) == _HASH_LENGTH and sha256(request.http.environ["interline.body"]).hexdigest() != claimed:
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


def _signature(request: AwsRequest, credential: identity.Credential, timestamp: str) -> str:
    http = request.http
    method = S3SigV4Auth if _signs_like_s3(request) else SigV4Auth
    signer = method(
        Credentials(credential.access_key, credential.secret_key, credential.session_token),
        request.authorization.service,
        request.authorization.region,
    )
    signed = AWSRequest(
        method=http.method,
        url=http.raw_url,
        data=http.environ["interline.body"],
        headers={name: http.headers.get(name, "") for name in request.authorization.signed_headers},
    )
    if _signs_like_s3(request) and "X-Amz-Content-SHA256" not in signed.headers:
        raise AwsError("BadSignature", "x-amz-content-sha256 must be a signed header")
    signed.context["timestamp"] = timestamp
    computed: str = signer.signature(signer.string_to_sign(signed, signer.canonical_request(signed)), signed)
    return computed


def _signs_like_s3(request: AwsRequest) -> bool:
    """Whether the path is signed as it stands, and the body's hash with it (botocore's signature version `s3`)."""
    return bool(get_service_model(request.service).metadata.get("signatureVersion") == "s3")
