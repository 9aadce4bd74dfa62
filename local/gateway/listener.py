"""The HTTP server in front of the gateway: werkzeug's threaded one, on loopback."""

from __future__ import annotations

import socket

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import BaseWSGIServer, make_server

from local.gateway.access_log import AccessLog
from local.gateway.application import Gateway


class _Handler(MotoRequestHandler):
    # Headers and body are written apart; with Nagle's algorithm each small answer would wait 40 ms for an ACK.
    disable_nagle_algorithm = True
    timeout = 120

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing: the access log has it."""


def listen(host: str, port: int, calls: AccessLog) -> BaseWSGIServer:
    """Bind and return a server, not yet serving. Raises OSError (EADDRINUSE) when the port is taken."""
    # werkzeug ends the process when it can't bind; bind here, so that the caller may say it better.
    with socket.socket() as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen(128)
        gateway = Gateway(DomainDispatcherApplication(create_backend_app), calls)
        server = make_server(host, port, gateway, threaded=True, request_handler=_Handler, fd=bound.detach())
    return server
