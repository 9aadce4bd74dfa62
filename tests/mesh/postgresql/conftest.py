"""A real Airflow on a real PostgreSQL: API server, DAG processor, scheduler and its workers, over a mesh that only announces."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, create_engine

from interline.scheduling import ANNOUNCEMENTS_DESCRIPTION, ANNOUNCEMENTS_POOL
from local.mesh import processes
from local.mesh.configuration import airflow_environment
from local.mesh.home import Home
from local.mesh.ports import LOOPBACK, free_port
from local.mesh.rest import Rest, RestError
from tests.mesh.postgresql import server as postgresql
from tests.mesh.postgresql import trial_mesh

REPOSITORY = trial_mesh.REPOSITORY
_COMPONENTS = {
    "api-server": ["api-server"],
    "dag-processor": ["dag-processor"],
    "scheduler": ["scheduler", "--skip-serve-logs"],
}
_START_SECONDS = 180

FIRST_DAY_OF_NO_TEST = "2020-01-01"


@dataclass(frozen=True)
class TrialAirflow:
    """An Airflow under way, what it may be asked, and its database."""

    rest: Rest
    database: Engine
    environment: dict[str, str]

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a query in Airflow's database."""
        with self.database.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(statement, values)]

    def backfill(self, product: str, days: list[str]) -> None:
        """Run a product for days that follow each other, 32 at a time."""
        self.rest.make_backfill(
            {
                "dag_id": f"trial.{product}",
                "from_date": f"{days[0]}T00:00:00Z",
                "to_date": f"{days[-1]}T23:59:59Z",
                "reprocess_behavior": "completed",
                "max_active_runs": 32,
            }
        )

    def runs(self, product: str, state: str = "success") -> Counter[str]:
        """Return by data day how many runs a product has that ended so.

        Days of the tests are years ago; a source that is switched on also runs for its timetable's newest day, and what
        reads it follows when that day is announced.
        """
        found = self.sql(
            "select partition_key, count(*) from dag_run where dag_id = %s and state = %s and partition_key < %s"
            " group by 1",
            f"trial.{product}",
            state,
            FIRST_DAY_OF_NO_TEST,
        )
        return Counter(dict(found))

    def pending(self, product: str = "%") -> int:
        """Return how many pending runs a consumer has, for days of the tests."""
        [(count,)] = self.sql(
            "select count(*) from asset_partition_dag_run where created_dag_run_id is null and target_dag_id like %s"
            " and partition_key < %s",
            f"trial.{product}",
            FIRST_DAY_OF_NO_TEST,
        )
        return int(count)

    def watch(self, **parameters: Any) -> dict[str, Any]:
        """Run the platform's watching DAG once, without its grace; return what its tasks returned."""
        run_id = f"test__{time.monotonic_ns()}"
        self.rest.trigger("platform.scheduling", run_id, {"grace_minutes": 0, **parameters}, "by a test")
        self.until(
            lambda: self.rest.run_state("platform.scheduling", run_id) in ("success", "failed"),
            90,
            "the watch",
        )
        assert self.rest.run_state("platform.scheduling", run_id) == "success"
        return {task: self.rest.returned("platform.scheduling", run_id, task) for task in ("find", "start")}

    def until(self, holds: Callable[[], bool], seconds: float, what: str | Callable[[], str]) -> None:
        """Wait until something holds.

        Raises:
            AssertionError: it does not within that time.
        """
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, (
                f"{what if isinstance(what, str) else what()}: not within {seconds} s"
            )
            time.sleep(0.3)


def days_from(first: date, count: int) -> list[str]:
    """Return days that follow each other."""
    return [(first + timedelta(days=number)).isoformat() for number in range(count)]


@pytest.fixture(scope="session")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrialAirflow]:
    """An Airflow whose products are all switched on."""
    with running_airflow(tmp_path_factory.mktemp("trial")) as under_way:
        yield under_way


@contextmanager
def running_airflow(root: Path) -> Iterator[TrialAirflow]:
    """Run an Airflow over the trial mesh, which is written to an empty folder."""
    trial_mesh.write(root)
    home = Home(root / "home")
    home.make()
    with postgresql.running() as server:
        port = free_port()
        environment = _environment(root, home, port, server.address)
        migrated = subprocess.run(
            [sys.executable, "-m", "airflow", "db", "migrate"],
            env=environment,
            capture_output=True,
            check=False,
        )
        assert migrated.returncode == 0, migrated.stderr[-3000:].decode()
        started = [
            processes.start(home, name, [sys.executable, "-m", "local.mesh.component", *words], environment)
            for name, words in _COMPONENTS.items()
        ]
        rest = Rest(f"http://{LOOPBACK}:{port}")
        under_way = TrialAirflow(rest, create_engine(server.address), environment)
        try:
            expected = {"platform.scheduling", *(f"trial.{name}" for name in trial_mesh.PRODUCTS)}
            under_way.until(
                lambda: _dags(rest) >= expected,
                _START_SECONDS,
                lambda: f"DAGs: {rest.import_errors()} {_said(started)}",
            )
            rest.make_pool(ANNOUNCEMENTS_POOL, 1, ANNOUNCEMENTS_DESCRIPTION)
            rest.make_pool(trial_mesh.DOMAIN, 8, "Tasks of the trial domain")
            for dag_id in expected:
                rest.set_paused(dag_id, False)
            yield under_way
        finally:
            rest.close()
            under_way.database.dispose()
            processes.stop(home, started)


def _environment(root: Path, home: Home, port: int, database: str) -> dict[str, str]:
    environment = airflow_environment(
        REPOSITORY, home, port=port, execution_port=port, jwt_secret="trial" * 13, aws={}, dags=root / "dags"
    )
    del environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONNECT_ARGS"]
    return environment | {
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database,
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
        # one slot's next task is chosen when the scheduler looks again
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.1",
        "AIRFLOW_CONN_AIRFLOW_API": f"http://{LOOPBACK}:{port}",
        **{name: value for name, value in os.environ.items() if name == "PYTHONDONTWRITEBYTECODE"},
    }


def _dags(rest: Rest) -> set[str]:
    try:
        return set(rest.dags())
    except (httpx.HTTPError, RestError):
        return set()


def _said(started: list[processes.Server]) -> str:
    return "\n".join(f"{server.name}: {server.last_lines()}" for server in started)
