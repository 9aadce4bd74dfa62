"""Airflow as servers of the mesh: API servers, DAG processor, scheduler, triggerer."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from local.mesh import database, dbt, processes, watch
from local.mesh.configuration import airflow_environment
from local.mesh.home import Home, read_json, write_json
from local.mesh.ports import LOOPBACK, free_port
from local.mesh.rest import Rest, RestError

_COMMANDS = {
    # two servers, so that they start on two cores, and tasks do not wait for the UI
    "api-server": ["api-server", "--apps", "core"],
    "execution-api": ["api-server", "--apps", "execution"],
    "dag-processor": ["dag-processor"],
    "scheduler": ["scheduler", "--skip-serve-logs"],
    "triggerer": ["triggerer", "--skip-serve-logs"],
}
NAMES = tuple(_COMMANDS)
WITH_RUN = (*NAMES, dbt.NAME)
"""Servers that end with the run that started them."""
_STOPPED = (*WITH_RUN, watch.RUN_WATCH)
_NEEDED = ("metadatabase", "scheduler", "dag_processor")
_START_SECONDS = 120


class AirflowError(Exception):
    """Airflow did not start, or one of its components ended."""


@dataclass(frozen=True)
class Airflow:
    """A running Airflow."""

    url: str
    servers: tuple[processes.Server, ...]
    started_here: bool
    acts_as: str
    """Stands for the local AWS and the connections it was started with."""

    def serves(self, aws: Mapping[str, str]) -> bool:
        """Whether its tasks reach this AWS; not when that was started, or got a new domain, since."""
        return self.acts_as == _fingerprint(aws)

    def check_alive(self) -> None:
        """See that every component lives.

        Raises:
            AirflowError: naming the one that ended, with the last lines it printed.
        """
        check_alive(self.servers)


def find(home: Home) -> Airflow | None:
    """The running Airflow of this home; None also when only some of its components live, or none of its run."""
    servers = tuple(server for server in processes.running(home) if server.name in NAMES)
    description = read_json(home.airflow_file)
    if description is None or {server.name for server in servers} != set(NAMES):
        return None
    if description["run"] is not None and watch.Owner.read(description["run"]).process() is None:
        return None
    return Airflow(description["url"], servers, False, description["acts_as"])


def stop(home: Home) -> None:
    """Stop Airflow, every task it runs, the dbt that its builds use, and what would stop them with their run."""
    processes.stop(home, [server for server in processes.noted(home) if server.name in _STOPPED])


def _fingerprint(aws: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(sorted(aws.items())).encode()).hexdigest()


class Start:
    """Starting Airflow in two steps, so that the first runs while the local AWS is still starting."""

    def __init__(
        self,
        root: Path,
        home: Home,
        *,
        port: int | None = None,
        dags: Path | None = None,
        reading_seconds: int = 300,
        with_run: bool = False,
    ) -> None:
        """Choose the port.

        Args:
            root: the repository.
            home: of the mesh.
            port: of the UI; any free one when None.
            dags: the DAGs folder, if it is not the repository's.
            reading_seconds: how often DAG files are read again (a run asks for it by itself).
            with_run: end Airflow when this process is gone, however it ended.

        Raises:
            local.mesh.ports.PortTakenError: `port` is in use.
        """
        self._root, self._home, self._dags, self._reading_seconds = root, home, dags, reading_seconds
        self._port = free_port(port)
        self._execution_port = free_port()
        self._jwt_secret = secrets.token_urlsafe(64)
        self._run = watch.Owner.of(os.getpid()) if with_run else None
        self._servers: list[processes.Server] = []

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self._port}"

    def _environment(self, aws: Mapping[str, str]) -> dict[str, str]:
        environment = airflow_environment(
            self._root, self._home, port=self._port, execution_port=self._execution_port, jwt_secret=self._jwt_secret, aws=aws, dags=self._dags, reading_seconds=self._reading_seconds,
        )  # fmt: skip
        return environment | dbt.environment(self._home.dbt)

    def _launch(self, name: str, environment: Mapping[str, str]) -> None:
        command = [sys.executable, "-m", "local.mesh.component", *_COMMANDS[name]]
        if name == "execution-api":
            command += ["--port", str(self._execution_port)]
        self._servers.append(processes.start(self._home, name, command, environment))

    def before_aws(self) -> None:
        """Start what touches no AWS; makes the database if it is missing.

        Raises:
            local.mesh.database.MigrationError: Airflow could not make it.
        """
        environment = self._environment({})
        stop(self._home)
        database.prepare(self._home, environment)
        database.fail_unfinished(self._home.database)
        database.drop_incomplete_triggers(self._home.database)
        for name in ("api-server", "execution-api", "dag-processor"):
            self._launch(name, environment)
        if self._run is not None:
            watch.end_with_run(self._home, self._root, WITH_RUN)

    def with_aws(self, aws: Mapping[str, str]) -> Airflow:
        """Start what runs tasks, and wait until all is healthy.

        Raises:
            AirflowError: a component ended or Airflow is not healthy after two minutes.
        """
        environment = self._environment(aws)
        self._launch("scheduler", environment)
        self._wait_until_healthy()
        # builds come only now, and one that came earlier would start dbt by itself
        processes.start(self._home, dbt.NAME, dbt.server_command(self._home.dbt), environment)
        # nothing of the mesh needs it to begin, and it would take its share of the cores until now
        self._launch("triggerer", environment)
        write_json(
            self._home.airflow_file,
            {"url": self.url, "acts_as": _fingerprint(aws), "run": self._run and str(self._run)},
            private=True,
        )
        return Airflow(self.url, tuple(self._servers), True, _fingerprint(aws))

    def _wait_until_healthy(self) -> None:
        rest = Rest(self.url)
        end = time.monotonic() + _START_SECONDS
        said = "nothing"
        try:
            # the first request makes it build its routes, which takes seconds: not in a task's time
            _wait_until_answers(
                f"http://{LOOPBACK}:{self._execution_port}/execution/health", self._servers, end
            )
            while time.monotonic() < end:
                check_alive(self._servers)
                try:
                    health = rest.health()
                    said = ", ".join(f"{name} {status}" for name, status in health.items())
                    if all(health.get(name) == "healthy" for name in _NEEDED):
                        return
                except (httpx.HTTPError, RestError) as error:
                    said = str(error)
                time.sleep(0.2)
        finally:
            rest.close()
        raise AirflowError(f"Airflow is not healthy after {_START_SECONDS} s; it says: {said}")


def _wait_until_answers(url: str, servers: Sequence[processes.Server], end: float) -> None:
    while time.monotonic() < end:
        check_alive(servers)
        try:
            httpx.get(url, timeout=30, trust_env=False).raise_for_status()
            return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise AirflowError(f"no answer from {url} after {_START_SECONDS} s")


def check_alive(servers: Sequence[processes.Server]) -> None:
    """See that every one of these servers lives.

    Raises:
        AirflowError: naming the one that ended, with the last lines it printed.
    """
    for server in servers:
        if server.process() is None:
            raise AirflowError(
                f"Airflow's {server.name} ended:\n{server.last_lines()}\nThe whole log: {server.log}"
            )
