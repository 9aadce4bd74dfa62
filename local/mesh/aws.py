"""The local AWS as a server of the mesh: started once, found again by later commands."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.mesh import processes
from local.mesh.configuration import plain_environment
from local.mesh.home import Home, read_json

NAME = "local-aws"
_START_SECONDS = 60


class AwsError(Exception):
    """The local AWS did not start."""


@dataclass(frozen=True)
class Aws:
    """A running local AWS."""

    endpoint: str
    environment: dict[str, str]
    """What a process needs to act as Airflow on it."""
    description: dict[str, Any]
    """All that `aws.json` says."""
    started_here: bool
    server: processes.Server | None = None
    """Its process; None when it runs in another container."""

    def check_alive(self) -> None:
        """See that it lives.

        Raises:
            AwsError: it ended; with the last lines it printed.
        """
        if self.server is not None and self.server.process() is None:
            raise AwsError(
                f"the local AWS ended:\n{self.server.last_lines()}\nThe whole log: {self.server.log}"
            )

    @property
    def domains(self) -> frozenset[str]:
        prefix = "AIRFLOW_CONN_AWS_"
        names = (name.removeprefix(prefix).lower() for name in self.environment if name.startswith(prefix))
        return frozenset(names)


def find(home: Home) -> Aws | None:
    """The running local AWS of this home, or None."""
    server = next((server for server in processes.running(home) if server.name == NAME), None)
    description = read_json(home.aws_file)
    if server is None or description is None or description.get("pid") != server.pid:
        return None
    return Aws(
        description["endpoint"], description["environment"], description, started_here=False, server=server
    )


def launch(root: Path, home: Home) -> processes.Server:
    """Start the process and return at once; `wait` for it afterwards."""
    home.aws_file.unlink(missing_ok=True)
    command = [sys.executable, "-m", "local.server", "--home", str(home.path), "--root", str(root)]
    return processes.start(home, NAME, command, plain_environment(root))


def wait(home: Home, server: processes.Server) -> Aws:
    """Wait until the started AWS says that it is ready.

    Raises:
        AwsError: it ended, or said nothing for a minute; with the last lines it printed.
    """
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end:
        description = read_json(home.aws_file)
        if description is not None and description.get("pid") == server.pid:
            return Aws(
                description["endpoint"],
                description["environment"],
                description,
                started_here=True,
                server=server,
            )
        if server.process() is None:
            raise AwsError(
                f"the local AWS ended while starting:\n{server.last_lines()}\nThe whole log: {server.log}"
            )
        time.sleep(0.1)
    raise AwsError(f"the local AWS is not ready after {_START_SECONDS} s; its log: {server.log}")


def ensure_accounts(home: Home, aws: Aws, domains: Iterable[str]) -> Aws:
    """See that this AWS has an account for every domain; one that was added since is made now.

    Raises:
        AwsError: it could not be made.
    """
    names = frozenset(domains)
    if names <= aws.domains:
        return aws
    # it reads domains/ again at SIGHUP, and says so in aws.json
    os.kill(aws.description["pid"], signal.SIGHUP)
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end:
        found = find(home)
        if found is not None and names <= found.domains:
            return found
        time.sleep(0.1)
    raise AwsError(
        f"the local AWS made no account for {', '.join(sorted(names - aws.domains))}; "
        f"its log: {aws.description.get('log', home.logs)}"
    )
