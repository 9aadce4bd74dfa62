"""The gateway in front of something that misbehaves: every response keeps the shape of its protocol."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import botocore.auth
import botocore.session
import pytest
import xmltodict
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from werkzeug.test import Client

from local.gateway import identity
from local.gateway.access_log import AccessLog
from local.gateway.application import Gateway

# One operation of every protocol the local AWS speaks: (service, botocore's operation, parameters).
REQUESTS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "json": ("glue", "GetDatabases", {}),
    "query": ("redshift", "DescribeClusters", {}),
    "rest-json": ("lakeformation", "GetDataLakeSettings", {}),
    "rest-xml": ("s3", "ListBuckets", {}),
}


def a_moto_that_raises(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    raise RuntimeError("the flux capacitor <is> empty")


def a_moto_with_a_page(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    start_response("404 NOT FOUND", [("Content-Type", "text/html; charset=utf-8")])
    return [b"<!doctype html>\n<html lang=en><title>404 Not Found</title>"]


@pytest.fixture
def calls(tmp_path: Path) -> Iterator[AccessLog]:
    log = AccessLog(tmp_path / "log", {})
    yield log
    log.close()


def signed(credential: identity.Credential, protocol: str, *, at: datetime | None = None) -> dict[str, Any]:
    """Arguments of a werkzeug request that is signed as botocore signs."""
    service, operation, parameters = REQUESTS[protocol]
    model = botocore.session.get_session().get_service_model(service)
    serializer = botocore.serialize.create_serializer(model.metadata["protocol"])
    made = serializer.serialize_to_request(parameters, model.operation_model(operation))
    body = made["body"] if isinstance(made["body"], bytes) else b""
    if isinstance(made["body"], dict):
        body = "&".join(f"{name}={value}" for name, value in made["body"].items()).encode()
    request = AWSRequest(
        made["method"], f"http://127.0.0.1{made['url_path']}", headers=made["headers"], data=body
    )
    method = botocore.auth.S3SigV4Auth if service == "s3" else botocore.auth.SigV4Auth
    signer = method(
        Credentials(credential.access_key, credential.secret_key, credential.session_token),
        model.metadata.get("signingName", service),
        "us-east-1",
    )
    moment = (at or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")
    request.context["timestamp"] = moment
    signer._modify_request_before_signing(request)
    canonical = signer.canonical_request(request)
    signer._inject_signature_to_request(
        request, signer.signature(signer.string_to_sign(request, canonical), request)
    )
    return {
        "method": made["method"],
        "path": made["url_path"],
        "headers": dict(request.headers.items()),
        "data": body,
        "base_url": "http://127.0.0.1",
    }


def error_in(protocol: str, body: bytes) -> tuple[str, str]:
    """The error code and message that a client of the protocol reads."""
    if protocol in ("json", "rest-json"):
        error = json.loads(body)
        return error["__type"], error["message"]
    document = xmltodict.parse(body)
    error = document.get("Error") or document["ErrorResponse"]["Error"]
    return str(error["Code"]), str(error["Message"])


def send(moto: Any, calls: AccessLog, arguments: dict[str, Any]) -> Any:
    return Client(Gateway(moto, calls)).open(**arguments)


@pytest.mark.parametrize("protocol", REQUESTS)
def test_an_exception_is_an_internal_failure_with_a_name(
    protocol: str, calls: AccessLog, caplog: pytest.LogCaptureFixture
) -> None:
    credential = identity.issue(identity.root_caller("222222222222"), lifetime=None)
    with caplog.at_level(logging.ERROR):
        response = send(a_moto_that_raises, calls, signed(credential, protocol))
    code, message = error_in(protocol, response.data)
    assert code == "InternalFailure"
    assert response.status_code == 501, "500 would be retried by botocore"
    assert "the flux capacitor <is> empty" in message
    assert REQUESTS[protocol][1] in message
    assert "Traceback" in caplog.text


@pytest.mark.parametrize(
    ("protocol", "code"), [("json", "UnknownOperationException"), ("query", "InvalidAction")]
)
def test_a_page_becomes_an_error(protocol: str, code: str, calls: AccessLog) -> None:
    credential = identity.issue(identity.root_caller("222222222222"), lifetime=None)
    response = send(a_moto_with_a_page, calls, signed(credential, protocol))
    assert error_in(protocol, response.data)[0] == code
    assert response.headers["x-amzn-RequestId"]


@pytest.mark.parametrize(
    ("protocol", "code"),
    [
        ("json", "ExpiredTokenException"),
        ("query", "ExpiredToken"),
        ("rest-json", "ExpiredTokenException"),
        ("rest-xml", "ExpiredToken"),
    ],
)
def test_an_expired_session_is_named_as_expired(protocol: str, code: str, calls: AccessLog) -> None:
    expired = identity.issue_for_role(
        "arn:aws:iam::222222222222:role/interline-bookings", "late", lifetime=timedelta(seconds=-1)
    )
    response = send(a_moto_that_raises, calls, signed(expired, protocol))
    assert error_in(protocol, response.data)[0] == code


def test_a_request_from_another_time_is_refused(calls: AccessLog) -> None:
    credential = identity.issue(identity.root_caller("222222222222"), lifetime=None)
    earlier = datetime.now(UTC) - timedelta(minutes=20)
    response = send(a_moto_that_raises, calls, signed(credential, "json", at=earlier))
    assert error_in("json", response.data)[0] == "InvalidSignatureException"


def test_a_revoked_credential_is_unknown(calls: AccessLog) -> None:
    credential = identity.issue(identity.root_caller("222222222222"), lifetime=None)
    identity.revoke(credential.access_key)
    response = send(a_moto_that_raises, calls, signed(credential, "json"))
    assert error_in("json", response.data)[0] == "UnrecognizedClientException"


def test_a_changed_body_is_refused(calls: AccessLog) -> None:
    credential = identity.issue(identity.root_caller("222222222222"), lifetime=None)
    arguments = signed(credential, "json") | {"data": b'{"MaxResults": 1}'}
    response = send(a_moto_that_raises, calls, arguments)
    assert error_in("json", response.data)[0] == "InvalidSignatureException"


def test_a_body_other_than_the_signed_one_is_refused_by_s3(calls: AccessLog) -> None:
    credential = identity.issue(identity.root_caller("222222222222"), lifetime=None)
    response = send(a_moto_that_raises, calls, signed(credential, "rest-xml") | {"data": b"forged"})
    assert error_in("rest-xml", response.data)[0] == "XAmzContentSHA256Mismatch"


@pytest.mark.parametrize(("mode", "header"), [("true", "InvalidClientTokenId;Sender"), ("", None)])
def test_a_client_of_the_old_protocol_is_sent_its_codes(
    mode: str, header: str | None, calls: AccessLog
) -> None:
    credential = identity.issue(identity.root_caller("222222222222"), lifetime=None)
    identity.revoke(credential.access_key)
    arguments = signed(credential, "json")
    arguments["headers"]["x-amzn-query-mode"] = mode
    response = send(a_moto_that_raises, calls, arguments)
    assert error_in("json", response.data)[0] == "UnrecognizedClientException"
    assert response.headers.get("x-amzn-query-error") == header
