"""A real local AWS for the tests of the engines: a process of its own, in a home of its own.

One over the repository's domains (`local_aws`), one over the mesh of probes (`probes`); each for the whole session.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config

from local.mesh import dbt
from testkit.guard import guard

if TYPE_CHECKING:
    from tests.engines.probe_mesh import Probes

REPOSITORY = Path(__file__).resolve().parents[2]
START_SECONDS = 30
NO_RETRIES = Config(retries={"total_max_attempts": 1})


@dataclass
class LocalAwsProcess:
    """A running local AWS and clients of it."""

    home: Path
    process: subprocess.Popen[bytes]
    description: dict[str, Any]
    _credentials: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def endpoint(self) -> str:
        """The URL of every service."""
        return str(self.description["endpoint"])

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to act as Airflow on this AWS."""
        return dict(self.description["environment"])

    def account(self, domain: str) -> str:
        """The account number of a domain."""
        return self.role_arn(domain).split(":")[4]

    def role_arn(self, domain: str) -> str:
        """The role of a domain."""
        connection = json.loads(self.environment[f"AIRFLOW_CONN_AWS_{domain.upper()}"])
        return str(connection["extra"]["role_arn"])

    def client(self, service: str, domain: str) -> Any:
        """A client that acts as the role of `domain`, as a task of that domain does."""
        return self._client(service, self.credentials(domain))

    def airflow_client(self, service: str) -> Any:
        """A client that acts as Airflow itself."""
        return self._client(service, _credential_arguments(self.environment))

    def source_client(self, domain: str) -> Any:
        """An S3 client that acts as the source systems that deliver to a domain's landing bucket."""
        return self._client("s3", _credential_arguments(self.description["sources"][domain]))

    def administrator_client(self, service: str, domain: str) -> Any:
        """A client that acts as the data lake administrator of a domain's account, reached through the platform."""
        name = f"{domain} administrator"
        if name not in self._credentials:
            role = f"arn:aws:iam::{self.account(domain)}:role/interline-administrator"
            self._credentials[name] = self.assume(role, via=self.client("sts", "platform"))
        return self._client(service, self._credentials[name])

    def credentials(self, domain: str) -> dict[str, str]:
        """Keyword arguments of a boto3 client that acts as the role of `domain`."""
        if domain not in self._credentials:
            self._credentials[domain] = self.assume(self.role_arn(domain), via=self.airflow_client("sts"))
        return self._credentials[domain]

    def assume(self, role_arn: str, *, via: Any, session: str = "tests", **arguments: Any) -> dict[str, str]:
        """Keyword arguments of a boto3 client that acts as `role_arn`, assumed through the STS client `via`."""
        given = via.assume_role(RoleArn=role_arn, RoleSessionName=session, **arguments)["Credentials"]
        return {
            "aws_access_key_id": given["AccessKeyId"],
            "aws_secret_access_key": given["SecretAccessKey"],
            "aws_session_token": given["SessionToken"],
        }

    def client_with(self, service: str, credentials: dict[str, str]) -> Any:
        """A client with credentials of the test's own."""
        return self._client(service, credentials)

    def log(self) -> str:
        """The access log so far."""
        return Path(self.description["log"]).read_text(encoding="utf-8")

    def stop(self) -> int:
        """End the process as `./interline down` does and return its exit code."""
        self.process.terminate()
        try:
            return self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise

    def _client(self, service: str, credentials: dict[str, str]) -> Any:
        return boto3.client(
            service,
            region_name=self.description["region"],
            endpoint_url=self.endpoint,
            config=NO_RETRIES,
            **credentials,
        )


def _credential_arguments(environment: dict[str, str]) -> dict[str, str]:
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    return {name.lower(): environment[name] for name in names if name in environment}


def server_command(home: Path, root: Path, *arguments: str) -> list[str]:
    """The command that starts a local AWS."""
    return [sys.executable, "-m", "local.server", "--home", str(home), "--root", str(root), *arguments]


def server_environment() -> dict[str, str]:
    """The environment of a local AWS: the repository on the path, no AWS settings of whoever runs the tests."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return clean | {"PYTHONPATH": os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "plugins")])}


def start_local_aws(home: Path, root: Path = REPOSITORY, *arguments: str) -> LocalAwsProcess:
    """Start a local AWS and wait until it is ready."""
    home.mkdir(parents=True, exist_ok=True)
    errors = home / "server.err"
    with errors.open("wb") as sink:
        process = subprocess.Popen(
            server_command(home, root, *arguments),
            env=server_environment(),
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    guard(process)
    description = home / "aws.json"
    deadline = time.monotonic() + START_SECONDS
    while not description.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            process.wait()
            pytest.fail(f"the local AWS did not start (exit {process.returncode}):\n{errors.read_text()}")
        time.sleep(0.05)
    return LocalAwsProcess(home=home, process=process, description=json.loads(description.read_text()))


@pytest.fixture(scope="session")
def local_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAwsProcess]:
    """One local AWS over the repository's domains for all tests of the session."""
    aws = start_local_aws(tmp_path_factory.mktemp("local-aws"))
    yield aws
    aws.stop()


@pytest.fixture(scope="session")
def loaded_dbt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """What makes a build use a dbt that is loaded once for the whole session, as those of a mesh do."""
    folder = tmp_path_factory.mktemp("loaded-dbt")
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    process = subprocess.Popen(dbt.server_command(folder), env=clean, start_new_session=True)
    guard(process)
    yield dbt.environment(folder)
    process.terminate()
    process.wait(timeout=10)


@pytest.fixture(scope="session")
def probe_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAwsProcess]:
    """A local AWS whose domains are those of the mesh of probes."""
    from tests.engines.probe_mesh import write_mesh

    root = tmp_path_factory.mktemp("probes")
    write_mesh(root, REPOSITORY)
    aws = start_local_aws(tmp_path_factory.mktemp("probe-aws"), root)
    yield aws
    aws.stop()


@pytest.fixture(scope="session")
def probe_environment(
    probe_aws: LocalAwsProcess, loaded_dbt: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, str]:
    """What makes a process Airflow on the mesh of probes."""
    home = {"AIRFLOW_HOME": str(tmp_path_factory.mktemp("airflow"))}
    return {**probe_aws.environment, **loaded_dbt, **home}


@pytest.fixture(scope="session")
def all_probes(probe_aws: LocalAwsProcess, probe_environment: Mapping[str, str]) -> Probes:
    """The product's tasks, with airports landed and crawled, and external schemas made."""
    from tests.engines.probe_mesh import Probes

    with acting_as(probe_environment):
        made = Probes(Path(probe_aws.process.args[-1]))  # type: ignore[index]
        made.begin(probe_aws.source_client("bookings"))
    return made


@pytest.fixture(scope="module")
def probes(
    probe_aws: LocalAwsProcess, all_probes: Probes, probe_environment: Mapping[str, str]
) -> Iterator[Probes]:
    """This process as Airflow on the mesh of probes, whose product was never built, checked or published before."""
    with acting_as(probe_environment):
        yield all_probes
        all_probes.forget(probe_aws.client("s3", "bookings"))


@contextmanager
def acting_as(environment: Mapping[str, str]) -> Iterator[None]:
    """Give this process these variables, and no AWS settings of whoever runs the tests, for as long as the block lasts."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        for name, value in environment.items():
            patch.setenv(name, str(value))
        yield
