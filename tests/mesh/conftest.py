"""The whole mesh as a person runs it: the command line, in processes of its own, in a temporary home."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import psutil
import pytest

from interline.contracts import load_mesh
from local.mesh import aws, database, processes
from local.mesh.configuration import airflow_environment
from local.mesh.domain_session import Session, session_of
from local.mesh.home import Home
from local.mesh.ports import free_port
from local.mesh.watch import OWNER_VARIABLE
from local.source_systems import FIRST_DAY, SEED, LandedFile, generate

REPOSITORY = Path(__file__).resolve().parents[2]
SCALE = 0.2
DAYS = tuple(FIRST_DAY + timedelta(days=number) for number in range(3))
_RUN_SECONDS = 600


@dataclass(frozen=True)
class Row:
    """One line of the printed table."""

    domain: str
    rows: str
    quarantined: str
    released: str
    checks: str
    version: str
    fresh_to: str
    readers: str


@dataclass(frozen=True)
class Ended:
    """A command that has ended."""

    code: int
    output: str

    @property
    def table(self) -> dict[str, Row]:
        """The printed table by address; a wide screen keeps each product on one line."""
        found = {}
        for line in self.output.splitlines():
            words = line.split()
            if len(words) >= 9 and words[0].startswith(f"{words[1]}."):
                found[words[0]] = Row(*words[1:8], readers=" ".join(words[8:]))
        return found


@dataclass
class Mesh:
    """A home, and the command line over it."""

    home: Home
    root: Path = REPOSITORY
    _running: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command and return at once; its output goes to `<home>/../<command>.out`."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
        environment |= {
            "PYTHONPATH": f"{self.root}:{self.root / 'plugins'}", "COLUMNS": "200", "PYTHONUNBUFFERED": "1",
            OWNER_VARIABLE: str(os.getpid()),
        }  # fmt: skip
        self.home.path.parent.mkdir(parents=True, exist_ok=True)
        output = self.home.path.parent / f"{arguments[0]}-{len(self._running)}.out"
        with output.open("w") as file:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "cli", *arguments, "--home", str(self.home.path)],
                env=environment, stdout=file, stderr=subprocess.STDOUT, text=True, start_new_session=True,
            )  # fmt: skip
        process.output = output  # type: ignore[attr-defined]
        self._running.append(process)
        return process

    def interline(self, *arguments: str) -> Ended:
        """Run a command to its end."""
        return ended(self.start(*arguments))

    def session(self, domain: str) -> Session:
        """Act as a domain's role on the AWS that runs."""
        found = aws.find(self.home)
        assert found is not None, "the local AWS does not run"
        return session_of(found, load_mesh(self.root).domains[domain], "interline-test")

    def content(self, address: str) -> list[tuple[str | None, ...]]:
        """Every row of a port, in order, as its own domain reads it in Athena."""
        domain, product = address.split(".")
        return sorted(
            self.session(domain).athena(f'SELECT * FROM "{domain}_curated"."{product}"', f"{domain}_curated"),
            key=str,
        )

    def end(self) -> None:
        """Stop everything that was started."""
        for process in self._running:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                process.wait(timeout=60)
        processes.stop_all(self.home)


def ended(process: subprocess.Popen[str]) -> Ended:
    """Wait for a started command."""
    try:
        code = process.wait(timeout=_RUN_SECONDS)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
        raise
    return Ended(code, process.output.read_text())  # type: ignore[attr-defined]


def wait_for(process: subprocess.Popen[str], text: str, seconds: float = 180) -> None:
    """Wait until a started command has printed `text`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        printed = process.output.read_text()  # type: ignore[attr-defined]
        if text in printed:
            return
        assert process.poll() is None, f"it ended without {text!r}:\n{printed}"
        time.sleep(0.1)
    raise AssertionError(f"no {text!r} within {seconds} s:\n{printed}")


def processes_of(home: Home) -> list[psutil.Process]:
    """Every process that carries this home's mark."""
    return processes.marked(home)


def landed(domains: frozenset[str] | None = None, days: tuple[date, ...] = DAYS) -> list[LandedFile]:
    """What the source systems deliver in these tests."""
    return [file for day in days for file in generate(day, SEED, SCALE, domains)]


@pytest.fixture(scope="session")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mesh]:
    """A mesh whose local AWS and Airflow stay up for all tests of `staying_up`."""
    mesh = Mesh(Home(tmp_path_factory.mktemp("mesh") / "home"))
    try:
        up = mesh.interline("up")
        assert up.code == 0, up.output
        yield mesh
    finally:
        mesh.end()


@pytest.fixture(scope="session")
def first_run(mesh: Mesh) -> Ended:
    """Every product for DAYS."""
    return mesh.interline("run", "--days", str(len(DAYS)), "--scale", str(SCALE))


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with Airflow's database; making one takes longer than copying it."""
    home = Home(tmp_path_factory.mktemp("migrated") / "home")
    home.make()
    environment = airflow_environment(
        REPOSITORY, home, port=free_port(), execution_port=free_port(), jwt_secret="none", aws={}
    )
    database.prepare(home, environment)
    return home


@pytest.fixture
def own_home(migrated: Home, tmp_path: Path) -> Home:
    """A home of one test's own, in which Airflow never ran."""
    home = Home(tmp_path / "home")
    home.make()
    for file in (*migrated.airflow.glob("airflow.db*"), migrated.airflow / "migrated"):
        shutil.copy(file, home.airflow)
    return home


@pytest.fixture
def own_mesh(own_home: Home) -> Iterator[Mesh]:
    """A mesh of one test's own; nothing runs yet."""
    mesh = Mesh(own_home)
    try:
        yield mesh
    finally:
        mesh.end()


def last_run(home: Home) -> dict[str, dict[str, object]]:
    """What the last run wrote down, by address."""
    content = json.loads(home.last_run_file.read_text())
    return {entry["address"]: entry for entry in content["products"]}
