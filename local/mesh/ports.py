"""Free ports on loopback."""

from __future__ import annotations

import socket

LOOPBACK = "127.0.0.1"


class PortTakenError(Exception):
    """The chosen port is in use."""


def free_port(port: int | None = None) -> int:
    """`port` if it can be had, or any free port.

    Raises:
        PortTakenError: another program listens on `port`.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port or 0))
        except (OSError, OverflowError) as error:
            raise PortTakenError(
                f"port {port} on {LOOPBACK} is not to be had ({error}): "
                "choose another with --port, or leave it out for a free one."
            ) from error
        return int(probe.getsockname()[1])


def host_name() -> str:
    """What Airflow calls this machine: asking the network for a name can take seconds, or fail, without one."""
    return LOOPBACK
