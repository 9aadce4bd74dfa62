"""Acting on a mesh from the command line: the same hooks and connections as in a task, on whichever AWS is meant.

With a local AWS of the home up, that one; otherwise the AWS that the environment names, as it names it for any tool:
a person's own credentials and ``AIRFLOW_CONN_AWS_<DOMAIN>`` for the domains' connections.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cli.repository import HOME
from local.mesh import aws
from local.mesh.home import Home

if TYPE_CHECKING:
    from local.mesh.rest import Rest

CONNECTION = "AIRFLOW_CONN_AWS_"


class NothingUpError(Exception):
    """There is no AWS to act on: no local one is up and the environment names none."""


class NoAirflowError(Exception):
    """The command needs a running Airflow, and there is none."""


@dataclass(frozen=True)
class MeshConnection:
    """What a command acts on."""

    name: str
    """For the person to read: ``the local AWS at …`` or ``AWS``."""
    local: bool
    airflow: str | None
    """Address of Airflow's REST API (without ``/api/v2``); None when no Airflow is up."""
    domains: frozenset[str]
    """Domains whose connection ``aws_<domain>`` is known."""

    @contextmanager
    def rest(self) -> Iterator[Rest]:
        """Open a client of the running Airflow.

        Raises:
            NoAirflowError: none is up.
        """
        from local.mesh.rest import Rest

        if self.airflow is None:
            raise NoAirflowError("Airflow is not up: ./interline up")
        client = Rest(self.airflow)
        try:
            yield client
        finally:
            client.close()


@contextmanager
def connect_to_mesh(home: Path | None = None) -> Iterator[MeshConnection]:
    """Make the hooks of this process reach the mesh, for the duration of the block.

    Args:
        home: the mesh's folder; the usual one when None.

    Raises:
        NothingUpError: no local AWS of this home is up, and the environment has no connection to another.
    """
    from local.mesh import airflow_servers

    mesh_home = Home((home or HOME).resolve())
    found = aws.find(mesh_home)
    if found is None and not any(name.startswith(CONNECTION) for name in os.environ):
        raise NothingUpError(
            f"nothing is up in {mesh_home.path}: ./interline up (or, for an AWS elsewhere, set credentials and "
            f"{CONNECTION}<DOMAIN> for its domains)"
        )
    settings = {} if found is None else dict(found.environment)
    with _environment(mesh_home.airflow, settings, alone=found is not None):
        running = airflow_servers.find(mesh_home) if found is not None else None
        yield MeshConnection(
            name="AWS" if found is None else f"the local AWS at {found.endpoint}",
            local=found is not None,
            airflow=None if running is None else running.url,
            domains=frozenset(
                name.removeprefix(CONNECTION).lower() for name in os.environ if name.startswith(CONNECTION)
            ),
        )


@contextmanager
def _environment(airflow_home: Path, settings: Mapping[str, str], *, alone: bool) -> Iterator[None]:
    """Set variables and put the old ones back; ``alone`` also hides a person's own AWS settings."""
    before = dict(os.environ)
    if alone:
        for name in before:
            if name.startswith(("AWS_", CONNECTION)):
                del os.environ[name]
    os.environ.update(settings)
    if "airflow" not in sys.modules:
        # Airflow reads these once, when it is first imported
        os.environ.setdefault("AIRFLOW_HOME", str(airflow_home))
        os.environ.setdefault("AIRFLOW__LOGGING__LOGGING_LEVEL", "ERROR")
        os.environ.setdefault("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
