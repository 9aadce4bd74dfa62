"""Reads a request: which service, operation and parameters it names, from its signature and its protocol."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qsl

from botocore.exceptions import UnknownServiceError
from moto.core.request import PRESERVED_HEADER_NAMES_ENVIRON_KEY, Request
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from werkzeug.exceptions import HTTPException

from local.gateway import registry
from local.gateway.aws_request import Authorization, AwsRequest
from local.gateway.errors import AwsError, NotServed

_AUTHORIZATION = re.compile(
    r"^AWS4-HMAC-SHA256\s+Credential=(?P<key>[^/,\s]+)/(?P<date>\d{8})/(?P<region>[^/,\s]+)/(?P<service>[^/,\s]+)/aws4_request"
    r"\s*,\s*SignedHeaders=(?P<headers>[^,\s]+)\s*,\s*Signature=(?P<signature>[0-9a-f]{64})\s*$"
)


def read_authorization(header: str | None) -> Authorization | None:
    """The signature's parts, or None when the request is not signed with a Signature Version 4 header."""
    match = _AUTHORIZATION.match(header or "")
    if match is None:
        return None
    return Authorization(
        access_key=match["key"],
        date=match["date"],
        region=match["region"],
        service=match["service"],
        signed_headers=tuple(match["headers"].lower().split(";")),
        signature=match["signature"],
    )


def read_request(environ: dict[str, Any], authorization: Authorization) -> AwsRequest:
    """Which operation of which service a request names. Raises NotServed for a service the local AWS does not have."""
    http = Request(environ)
    environ.setdefault(PRESERVED_HEADER_NAMES_ENVIRON_KEY, {})
    service = registry.find_by_signing_name(authorization.service)
    if service is None:
        # moto may know it, but would accept the calls and do nothing, or pretend.
        raise NotServed(
            authorization.service, _named_operation(http), "the local AWS does not have this service"
        )
    model = get_service_model(service.name)
    request = AwsRequest(
        http=http, authorization=authorization, service=service.name, protocol=str(model.protocol)
    )
    if request.protocol == "json":
        request.operation = http.headers.get("X-Amz-Target", "").rpartition(".")[2]
        request.parameters = _json_body(http)
    elif request.protocol in ("query", "ec2"):
        request.parameters = _form(http)
        request.operation = str(request.parameters.get("Action", ""))
    else:
        request.operation, request.parameters = _match_rest(http, service.name)
        if request.protocol == "rest-json":
            request.parameters = {**_json_body(http), **request.parameters}
    if request.operation not in model.operation_names:
        named, request.operation = request.operation, ""
        raise NotServed(service.name, named or f"{http.method} {http.path}", "no such operation exists")
    return request


def guess_protocol(environ: dict[str, Any]) -> tuple[str, str]:
    """Protocol and service of a request that cannot be read further, so that its error has the right shape."""
    authorization = read_authorization(environ.get("HTTP_AUTHORIZATION"))
    if authorization:
        known = registry.find_by_signing_name(authorization.service)
        service = known.name if known else authorization.service
        try:
            return str(get_service_model(service).protocol), service
        except UnknownServiceError:
            # Some services sign with another name than botocore's; then the request's form tells.
            return _protocol_of_form(environ), service
    protocol = _protocol_of_form(environ)
    return protocol, "s3" if protocol == "rest-xml" else ""


def _protocol_of_form(environ: dict[str, Any]) -> str:
    if environ.get("HTTP_X_AMZ_TARGET"):
        return "json"
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        return "query"
    if "json" in environ.get("CONTENT_TYPE", ""):
        return "rest-json"
    return "rest-xml"


def _named_operation(http: Request) -> str:
    target = http.headers.get("X-Amz-Target", "").rpartition(".")[2]
    return target or http.values.get("Action") or f"{http.method} {http.path}"


def _match_rest(http: Request, service: str) -> tuple[str, dict[str, Any]]:
    try:
        operation, labels = get_service_router(service).match(http)
    except HTTPException:
        return "", {}
    query = {name: values[0] for name, values in http.args.lists()}
    return operation.name, {**query, **labels}


def _json_body(http: Request) -> dict[str, Any]:
    body = http.get_data(cache=True)
    if not body.strip():
        return {}
    try:
        parameters = json.loads(body)
    except ValueError as error:
        raise AwsError("SerializationException", f"the body is not JSON: {error}") from error
    if not isinstance(parameters, dict):
        raise AwsError("SerializationException", "the body is not a JSON object")
    return parameters


def _form(http: Request) -> dict[str, Any]:
    body = http.get_data(cache=True).decode("utf-8", "replace")
    pairs = parse_qsl(http.query_string.decode(), keep_blank_values=True) + parse_qsl(
        body, keep_blank_values=True
    )
    return dict(pairs)
