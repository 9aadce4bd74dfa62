"""The servers of a mesh, local AWS and Airflow: started side by side, found again, stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from local.mesh import airflow_servers, aws, database, processes, watch
from local.mesh.home import BusyError, Home


class FilesGoneError(Exception):
    """The checkout or the home of the mesh was removed while it ran."""


def check_alive(root: Path, home: Home, ready_aws: aws.Aws, ready_airflow: airflow_servers.Airflow) -> None:
    """See that all is there that a run needs.

    Raises:
        FilesGoneError: somebody removed the checkout, or the mesh's home.
        local.mesh.aws.AwsError: the local AWS ended.
        local.mesh.airflow_servers.AirflowError: a component of Airflow ended.
    """
    for folder in (root / "dags", home.path):
        if not folder.is_dir():
            raise FilesGoneError(f"{folder} is gone: the files of the mesh were removed while it ran")
    ready_aws.check_alive()
    ready_airflow.check_alive()


class Servers:
    """The local AWS and the Airflow of one home; knows which of them it started itself."""

    def __init__(
        self,
        root: Path,
        home: Home,
        *,
        port: int | None,
        domains: Iterable[str],
        say: Callable[[str], None],
        reading_seconds: int = 300,
        with_run: bool = False,
    ) -> None:
        """Nothing is started yet.

        Args:
            root: the repository.
            home: of the mesh.
            port: of Airflow's web server; any free one when None.
            domains: every domain must have an account.
            say: told what has become ready.
            reading_seconds: how often Airflow reads DAG files again without being asked for.
            with_run: end an Airflow that is started here when this process is gone, however it ended.
        """
        self._root, self._home, self._port, self._say = root, home, port, say
        self._domains = tuple(domains)
        self._reading_seconds, self._with_run = reading_seconds, with_run
        self._started_aws = False
        self._started_airflow = False

    def start(self, when_aws_is_ready: Callable[[aws.Aws], None]) -> tuple[aws.Aws, airflow_servers.Airflow]:
        """Start what does not run yet, and wait until all is healthy.

        Raises:
            local.mesh.home.BusyError: Airflow runs at another port than the chosen one.
            local.mesh.ports.PortTakenError: the chosen port is in use.
            local.mesh.aws.AwsError: the local AWS did not start.
            local.mesh.airflow_servers.AirflowError: Airflow did not start.
            local.mesh.database.MigrationError: Airflow could not make its database.
        """
        running_aws = aws.find(self._home)
        running_airflow = airflow_servers.find(self._home)
        # of an AWS that is gone, or started again since, an old Airflow knows nothing
        if running_airflow is not None and running_aws is None:
            airflow_servers.stop(self._home)
            running_airflow = None
        if running_airflow is not None and self._port and not running_airflow.url.endswith(f":{self._port}"):
            raise BusyError(
                f"Airflow runs already, at {running_airflow.url}: leave --port out to use it, "
                "or stop it first with ./interline down"
            )
        # a taken port is told before anything starts
        start = None if running_airflow else self._new_airflow()
        if running_aws is None or start is not None:
            watch.end_with_owner(self._home, self._root)
        launched = None if running_aws else self._launch_aws()
        if start is not None:
            self._begin(start)
        ready_aws = aws.wait(self._home, launched) if launched else running_aws or self._lost_aws()
        ready_aws = aws.ensure_accounts(self._home, ready_aws, self._domains)
        self._say(f"local AWS: {ready_aws.endpoint}")
        when_aws_is_ready(ready_aws)
        if running_airflow is not None:
            if running_airflow.serves(ready_aws.environment):
                database.drop_incomplete_triggers(self._home.database)
                self._say(f"Airflow: {running_airflow.url} (was running)")
                return ready_aws, running_airflow
            airflow_servers.stop(self._home)
        if start is None:
            start = self._new_airflow()
            self._begin(start)
        ready_airflow = start.with_aws(ready_aws.environment)
        self._say(f"Airflow: {ready_airflow.url}")
        return ready_aws, ready_airflow

    def _new_airflow(self) -> airflow_servers.Start:
        return airflow_servers.Start(
            self._root,
            self._home,
            port=self._port,
            reading_seconds=self._reading_seconds,
            with_run=self._with_run,
        )

    def _launch_aws(self) -> processes.Server:
        self._started_aws = True
        return aws.launch(self._root, self._home)

    def _lost_aws(self) -> aws.Aws:
        raise aws.AwsError(f"the local AWS ended; its log: {self._home.logs / 'local-aws.log'}")

    def _begin(self, start: airflow_servers.Start) -> None:
        self._started_airflow = True
        start.before_aws()

    def stop_airflow(self) -> None:
        """Stop Airflow if it was started here."""
        if self._started_airflow:
            airflow_servers.stop(self._home)

    def stop(self) -> None:
        """Stop everything that was started here; of a home that is gone, everything."""
        if not self._home.path.is_dir():
            processes.stop_all(self._home)
            return
        self.stop_airflow()
        if self._started_aws:
            processes.stop(
                self._home, [server for server in processes.noted(self._home) if server.name == aws.NAME]
            )
        left = processes.running(self._home)
        if {server.name for server in left} == {watch.OWNER_WATCH}:
            # there is nothing left to end with its owner
            processes.stop(self._home, left)
