"""The gateway: every request passes here on its way to moto, and every response on its way back.

Read the request, identify the caller, decide, hand over, log. A response always has the shape of the service's
protocol, whatever moto or an engine does.
"""

from __future__ import annotations

import io
import logging
import time
from collections.abc import Callable, Iterable
from typing import Any

from moto.core.responses import BaseResponse

from local.gateway import access_log, identity, registry, signatures
from local.gateway.aws_request import AwsRequest
from local.gateway.errors import AwsError, InternalFailure, NotServed, error_response
from local.gateway.iam import authorization
from local.gateway.request_reader import guess_protocol, read_authorization, read_request

log = logging.getLogger(__name__)

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Gateway:
    """A WSGI application around moto's."""

    def __init__(self, moto: Wsgi, calls: access_log.AccessLog) -> None:
        self._moto = moto
        self._calls = calls
        BaseResponse.get_current_account = _account_of_caller  # type: ignore[method-assign]

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Serve one request."""
        started = time.perf_counter()
        call = access_log.Call()
        request: AwsRequest | None = None
        try:
            _read_body(environ)
            signature = read_authorization(environ.get("HTTP_AUTHORIZATION"))
            if signature is None:
                raise AwsError("Unsigned", "Request is missing Authentication Token")
            call.note_credential(signature.access_key)
            request = read_request(environ, signature)
            call.action = request.action
            credential = signatures.verify(request)
            call.note_caller(credential.caller)
            with identity.acting_as(credential.caller):
                service = registry.service_of(request)
                if request.operation not in service.operations:
                    raise NotServed(request.service, request.operation)
                required = service.permissions_for(request, credential.caller)
                call.resource = required[-1].resource if required else "*"
                authorization.decide(request, service, credential.caller, required)
                service.check_request(request)
                status, headers, body = self._pass_on(environ, request)
            call.finish(status, headers, body)
        except AwsError as error:
            status, headers, body = self._refuse(error, environ, request, call)
        except Exception as error:
            log.exception("%s failed", call.action)
            name, operation = (request.service, request.operation) if request else ("aws", "?")
            failure = InternalFailure(name, operation, error)
            status, headers, body = self._refuse(failure, environ, request, call)
        call.milliseconds = (time.perf_counter() - started) * 1000
        self._calls.write(call)
        start_response(status, headers)
        return [b""] if environ["REQUEST_METHOD"] == "HEAD" else body

    def _pass_on(
        self, environ: dict[str, Any], request: AwsRequest
    ) -> tuple[str, list[tuple[str, str]], list[bytes]]:
        started_response: dict[str, Any] = {}

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
            started_response.update(status=status, headers=headers)

        environ["wsgi.input"].seek(0)
        try:
            chunks = self._moto(environ, start_response)
            try:
                body = [chunk for chunk in chunks if chunk]
            finally:
                close = getattr(chunks, "close", None)
                if close:
                    close()
        except NotImplementedError as error:
            raise NotServed(request.service, request.operation) from error
        status, headers = started_response["status"], started_response["headers"]
        content_type = {name.lower(): value for name, value in headers}.get("content-type", "")
        if (
            status.startswith(("404", "405", "500"))
            # rest-xml has no page of moto's: an empty 404 is how S3 answers HEAD
            and request.protocol != "rest-xml"
            and "html" in content_type
            and (not body or body[0].lstrip()[:9].lower() == b"<!doctype")
        ):
            raise NotServed(request.service, request.operation)
        return status, headers, body

    def _refuse(
        self, error: AwsError, environ: dict[str, Any], request: AwsRequest | None, call: access_log.Call
    ) -> tuple[str, list[tuple[str, str]], list[bytes]]:
        protocol, service = (request.protocol, request.service) if request else guess_protocol(environ)
        if call.action == "?" and isinstance(error, NotServed):
            call.action = f"{error.service}:{error.operation}"
        query_mode = environ.get("HTTP_X_AMZN_QUERY_MODE") == "true"
        response = error_response(error, protocol, service, query_mode=query_mode)
        call.fail(response.code, error.message)
        return f"{response.status} {response.code}", list(response.headers), [response.body]


def _read_body(environ: dict[str, Any]) -> None:
    """Take the whole body off the connection: it is needed twice, and a refused upload must not stay on the wire."""
    source = environ["wsgi.input"]
    if environ.get("wsgi.input_terminated"):
        body = source.read()
        environ["CONTENT_LENGTH"] = str(len(body))
    else:
        body = source.read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    environ["interline.body"] = body


def _account_of_caller(self: BaseResponse) -> str:
    """moto asks for the account of the request; it may not come from a header or a default."""
    return identity.current_caller().account
