"""The local AWS as others see it, and the table of how they fared.

`./interline test --conformance` starts a local AWS and names, in an environment variable, the file in which it
describes itself. A test that meets something that the local AWS refuses is listed in `refusals.yaml` with the refusal's
own words: it counts as refused by name only while it fails with these words. When it passes, or fails otherwise, the
run fails.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
import redshift_connector
import yaml

HERE = Path(__file__).parent
pytest_plugins = ["dbt.tests.fixtures.project"]
DOMAIN = "bookings"
USER = "interline"
PASSWORD_SECONDS = 3600
DESCRIPTION_VARIABLE = "INTERLINE_CONFORMANCE_AWS"

PASSED, REFUSED, FAILED, SKIPPED = "passed", "refused by name", "failed", "skipped"
REFUSALS: Mapping[str, str] = yaml.safe_load((HERE / "refusals.yaml").read_text(encoding="utf-8")) or {}
"""From the end of a test's id to the words of the refusal that it must meet."""


@dataclass(frozen=True)
class Cluster:
    """A Redshift cluster of the local AWS, with a password that lasts for the whole suite."""

    host: str
    port: int
    user: str
    password: str
    database: str
    ca_file: str
    role_arn: str
    bucket: str

    def connect(self, **arguments: Any) -> redshift_connector.Connection:
        """Open a connection with redshift_connector."""
        return redshift_connector.connect(
            host=self.host,
            port=self.port,
            user=self.user,
            password=self.password,
            database=self.database,
            **arguments,
        )

    @property
    def dsn(self) -> str:
        """The cluster in libpq's words, certificate checked."""
        return (
            f"host={self.host} port={self.port} dbname={self.database} user={self.user} password={self.password} "
            f"sslmode=verify-full sslrootcert={self.ca_file}"
        )


@pytest.fixture(scope="session")
def description() -> dict[str, Any]:
    """What the running local AWS says of itself."""
    found: dict[str, Any] = json.loads(Path(os.environ[DESCRIPTION_VARIABLE]).read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="session")
def aws_environment(description: dict[str, Any]) -> dict[str, str]:
    """Variables that make any AWS client act as the bookings domain on the local AWS."""
    given = description["environment"]
    role = json.loads(given[f"AIRFLOW_CONN_AWS_{DOMAIN.upper()}"])["extra"]["role_arn"]
    sts = boto3.client(
        "sts",
        region_name=description["region"],
        endpoint_url=description["endpoint"],
        aws_access_key_id=given["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=given["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=given.get("AWS_SESSION_TOKEN"),
    )
    made = sts.assume_role(RoleArn=role, RoleSessionName="conformance")["Credentials"]
    return {
        "AWS_ACCESS_KEY_ID": made["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"],
        "AWS_SESSION_TOKEN": made["SessionToken"],
        "AWS_DEFAULT_REGION": description["region"],
        "AWS_REGION": description["region"],
        "AWS_ENDPOINT_URL": description["endpoint"],
        "SSL_CERT_FILE": description["ca_file"],
    }


@pytest.fixture(scope="session", autouse=True)
def acting_as_the_domain(aws_environment: dict[str, str]) -> Iterator[None]:
    """Let every client in this process find the local AWS by itself."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in aws_environment.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="session")
def cluster(acting_as_the_domain: None, description: dict[str, Any]) -> Cluster:
    """The cluster of the bookings domain."""
    redshift = boto3.client("redshift")
    (described,) = redshift.describe_clusters(ClusterIdentifier=DOMAIN)["Clusters"]
    given = redshift.get_cluster_credentials(
        ClusterIdentifier=DOMAIN, DbUser=USER, DbName=DOMAIN, DurationSeconds=PASSWORD_SECONDS
    )
    return Cluster(
        host=described["Endpoint"]["Address"],
        port=described["Endpoint"]["Port"],
        user=given["DbUser"],
        password=given["DbPassword"],
        database=DOMAIN,
        ca_file=description["ca_file"],
        role_arn=described["IamRoles"][0]["IamRoleArn"],
        bucket=f"{DOMAIN}-curated",
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Turn a failure with the words that `refusals.yaml` has for this test into a refusal; any other stays a failure."""
    report: Any = yield
    words = next((words for end, words in REFUSALS.items() if item.nodeid.endswith(end)), None)
    if words is None or report.when == "teardown":
        return report
    if report.failed and words in report.longreprtext + report.capstdout + report.capstderr + report.caplog:
        report.outcome, report.wasxfail = "skipped", words
    elif report.when == "call" and report.passed:
        report.outcome = "failed"
        report.longrepr = f"refusals.yaml says that this is refused with {words!r}, and it passes"
    return report


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print how each group of tests fared."""
    counted: dict[str, Counter[str]] = {}
    for name, outcome in (
        ("passed", PASSED), ("xfailed", REFUSED), ("failed", FAILED), ("error", FAILED), ("skipped", SKIPPED),
    ):  # fmt: skip
        for report in terminalreporter.stats.get(name, ()):
            group = report.nodeid.partition("::")[0].removeprefix("tests/conformance/")
            counted.setdefault(group, Counter())[outcome] += 1
    if not counted:
        return
    columns = (PASSED, REFUSED, FAILED, SKIPPED)
    terminalreporter.section("conformance")
    width = max(len(group) for group in (*counted, "in all"))
    terminalreporter.write_line(f"{'':{width}}" + "".join(f"{name:>17}" for name in columns))
    for group in sorted(counted):
        terminalreporter.write_line(
            f"{group:{width}}" + "".join(f"{counted[group][name]:>17}" for name in columns)
        )
    total = sum(counted.values(), Counter())
    terminalreporter.write_line(f"{'in all':{width}}" + "".join(f"{total[name]:>17}" for name in columns))
