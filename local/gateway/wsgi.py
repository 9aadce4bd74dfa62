"""The door: every request passes here on its way to moto, and every answer on its way back.

Read what is asked, identify who asks, decide, hand over, log. An answer always has the shape of the service's
protocol, whatever moto or an engine does.
"""

from __future__ import annotations

import io
import logging
import time
from collections.abc import Callable, Iterable
from typing import Any

from moto.core.responses import BaseResponse

from local.gateway import access_log, identity, signatures
from local.gateway.errors import AwsError, InternalFailure, NotServed, answer
from local.gateway.iam import authorization
from local.gateway.requests import Asked, guess_protocol, read_authorization, read_request
from local.gateway.served_operations import inspect_request, require_served

log = logging.getLogger(__name__)

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Door:
    """A WSGI application around moto's."""

    def __init__(self, moto: Wsgi, calls: access_log.AccessLog) -> None:
        self._moto = moto
        self._calls = calls
        BaseResponse.get_current_account = _account_of_caller  # type: ignore[method-assign]

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Serve one request."""
        started = time.perf_counter()
        call = access_log.Call()
        asked: Asked | None = None
        try:
            _read_body(environ)
            signature = read_authorization(environ.get("HTTP_AUTHORIZATION"))
            if signature is None:
                raise AwsError("Unsigned", "Request is missing Authentication Token")
            call.note_credential(signature.access_key)
            asked = read_request(environ, signature)
            call.action = asked.action
            credential = signatures.verify(asked)
            call.note_caller(credential.caller)
            with identity.acting_as(credential.caller):
                require_served(asked)
                needs = authorization.needs(asked, credential.caller)
                call.resource = needs[-1].resource if needs else "*"
                authorization.decide(asked, credential.caller, needs)
                inspect_request(asked)
                status, headers, body = self._pass_on(environ, asked)
            call.finish(status, headers, body)
        except AwsError as error:
            status, headers, body = self._refuse(error, environ, asked, call)
        except Exception as error:
            log.exception("%s failed", call.action)
            service, operation = (asked.service, asked.operation) if asked else ("aws", "?")
            failure = InternalFailure(service, operation, error)
            status, headers, body = self._refuse(failure, environ, asked, call)
        call.milliseconds = (time.perf_counter() - started) * 1000
        self._calls.write(call)
        start_response(status, headers)
        return [b""] if environ["REQUEST_METHOD"] == "HEAD" else body

    def _pass_on(
        self, environ: dict[str, Any], asked: Asked
    ) -> tuple[str, list[tuple[str, str]], list[bytes]]:
        answered: dict[str, Any] = {}

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
            answered.update(status=status, headers=headers)

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
            raise NotServed(asked.service, asked.operation) from error
        status, headers = answered["status"], answered["headers"]
        content_type = {name.lower(): value for name, value in headers}.get("content-type", "")
        if (
            status.startswith(("404", "405", "500"))
            and asked.service != "s3"
            and "html" in content_type
            and (not body or body[0].lstrip()[:9].lower() == b"<!doctype")
        ):
            raise NotServed(asked.service, asked.operation)
        return status, headers, body

    def _refuse(
        self, error: AwsError, environ: dict[str, Any], asked: Asked | None, call: access_log.Call
    ) -> tuple[str, list[tuple[str, str]], list[bytes]]:
        protocol, service = (asked.protocol, asked.service) if asked else guess_protocol(environ)
        if call.action == "?" and isinstance(error, NotServed):
            call.action = f"{error.service}:{error.operation}"
        told = answer(error, protocol, service)
        call.fail(told.code, error.message)
        return f"{told.status} {told.code}", list(told.headers), [told.body]


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
