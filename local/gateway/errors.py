"""AWS errors in the protocol of the service that a request is for.

Shapes are those of the Smithy AWS protocols (awsJson1_0/1_1, awsQuery, restJson1, restXml, ec2Query). Statuses
stay below 500 or at 501: botocore retries 500, 502, 503 and 504, and a refusal stays the same when the call is repeated.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from uuid import uuid4
from xml.sax.saxutils import escape

DOCUMENTATION = "docs/local-aws.md"


class AwsError(Exception):
    """An error the caller shall see; any engine may raise it anywhere under moto.

    `code` is the error code without namespace, `status` the HTTP status (400 by default).
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


class AccessDenied(AwsError):
    """The caller may not do this. The gateway gives it the code that the service's protocol uses."""

    def __init__(self, message: str) -> None:
        super().__init__("AccessDenied", message, 403)


class NotServed(AwsError):
    """The local AWS does not have this service or operation, or not this part of it."""

    def __init__(self, service: str, operation: str, reason: str | None = None) -> None:
        detail = reason or "the local AWS does not implement it"
        super().__init__("NotImplemented", f"{service}:{operation}: {detail}; see {DOCUMENTATION}", 501)
        self.service = service
        self.operation = operation


class InternalFailure(AwsError):
    """An exception inside the local AWS: a defect here, not in the request."""

    def __init__(self, service: str, operation: str, error: BaseException) -> None:
        super().__init__(
            "InternalFailure",
            f"{service}:{operation} failed inside the local AWS: {type(error).__name__}: {error}; "
            f"its log has the traceback; see {DOCUMENTATION}",
            501,
        )


# The same refusal has another name in each protocol family: (awsJson and restJson, awsQuery, S3).
_NAMES: dict[str, tuple[tuple[str, int], tuple[str, int], tuple[str, int]]] = {
    "AccessDenied": (("AccessDeniedException", 400), ("AccessDenied", 403), ("AccessDenied", 403)),
    "UnknownKey": (
        ("UnrecognizedClientException", 400),
        ("InvalidClientTokenId", 403),
        ("InvalidAccessKeyId", 403),
    ),
    "InvalidToken": (
        ("UnrecognizedClientException", 400),
        ("InvalidClientTokenId", 403),
        ("InvalidToken", 400),
    ),
    "Expired": (("ExpiredTokenException", 400), ("ExpiredToken", 403), ("ExpiredToken", 400)),
    "BadSignature": (
        ("InvalidSignatureException", 400),
        ("SignatureDoesNotMatch", 403),
        ("SignatureDoesNotMatch", 403),
    ),
    "Unsigned": (
        ("MissingAuthenticationTokenException", 400),
        ("MissingAuthenticationToken", 403),
        ("AccessDenied", 403),
    ),
    "NotImplemented": (("UnknownOperationException", 400), ("InvalidAction", 400), ("NotImplemented", 501)),
}


@dataclass(frozen=True)
class ErrorResponse:
    """An HTTP response that the gateway sends instead of moto's."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    code: str


def error_response(
    error: AwsError, protocol: str, service: str, *, query_mode: bool = False
) -> ErrorResponse:
    """The response that carries `error` to a client of `service`, whose protocol is botocore's name for it.

    `query_mode`: the client of a JSON service that once spoke the query protocol wants its old error codes too
    (header `x-amzn-query-mode`; "AWS Query-compatible JSON protocols" in the Smithy documentation).
    """
    code, status = _name_in(error, protocol, service)
    request_id = str(uuid4())
    headers = [("x-amzn-RequestId", request_id)]
    if protocol in ("json", "rest-json"):
        headers += [("Content-Type", "application/x-amz-json-1.1"), ("x-amzn-ErrorType", code)]
        if query_mode:
            headers.append(("x-amzn-query-error", f"{_name_in(error, 'query', service)[0]};Sender"))
        body = json.dumps({"__type": code, "message": error.message})
    elif protocol == "rest-xml" and service == "s3":
        headers += [("Content-Type", "application/xml"), ("x-amz-request-id", request_id)]
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f"<Error><Code>{escape(code)}</Code><Message>{escape(error.message)}</Message>"
            f"<RequestId>{request_id}</RequestId></Error>"
        )
    elif protocol == "ec2":
        headers.append(("Content-Type", "text/xml"))
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f"<Response><Errors><Error><Code>{escape(code)}</Code><Message>{escape(error.message)}</Message>"
            f"</Error></Errors><RequestID>{request_id}</RequestID></Response>"
        )
    else:
        headers.append(("Content-Type", "text/xml"))
        body = (
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{escape(code)}</Code>"
            f"<Message>{escape(error.message)}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
        )
    encoded = body.encode()
    headers.append(("Content-Length", str(len(encoded))))
    return ErrorResponse(status=status, headers=tuple(headers), body=encoded, code=code)


def _name_in(error: AwsError, protocol: str, service: str) -> tuple[str, int]:
    names = _NAMES.get(error.code)
    if names is None:
        return error.code, error.status
    if protocol in ("json", "rest-json"):
        return names[0]
    return names[2] if service == "s3" else names[1]
