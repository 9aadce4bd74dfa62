"""A local AWS of its own over the mesh of probes, and this process as Airflow on it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engines.conftest import REPOSITORY, LocalAwsProcess, start_local_aws
from tests.engines.platform.probe_mesh import Probes, write_mesh

DAYS = ("2013-01-01", "2013-01-02")
DBT = REPOSITORY / ".interline" / "environments" / "dbt" / "bin" / "dbt"


@pytest.fixture(scope="module")
def probe_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAwsProcess]:
    """A local AWS whose domains are those of the mesh of probes."""
    root = tmp_path_factory.mktemp("probes")
    write_mesh(root, REPOSITORY)
    aws = start_local_aws(tmp_path_factory.mktemp("probe-aws"), root)
    yield aws
    aws.stop()


@pytest.fixture(scope="module")
def probes(probe_aws: LocalAwsProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Probes]:
    """The product's tasks, with airports landed and crawled, and external schemas made."""
    root = Path(probe_aws.process.args[-1])  # type: ignore[index]
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        for name, value in probe_aws.environment.items():
            patch.setenv(name, str(value))
        patch.setenv("AIRFLOW_HOME", str(tmp_path_factory.mktemp("airflow")))
        patch.setenv("INTERLINE_DBT", str(DBT))
        source = probe_aws.source_client("bookings")
        for day in DAYS:
            body = b"iata_code,runways\nJFK,4\nLHR,2\n"
            source.put_object(Bucket="bookings-landing", Key=f"airports/dt={day}/airports.csv", Body=body)
        made = Probes(root)
        crawl(probe_aws, made)
        role = made.product.domain.role_arn
        made.sql("create schema if not exists bookings")
        for database in ("bookings_landing", "bookings_curated"):
            made.sql(
                f"create external schema if not exists {database} from data catalog database '{database}'"
                f" iam_role '{role}'"
            )
        yield made


def crawl(aws: LocalAwsProcess, probes: Probes) -> None:
    """Type the airports by the operator that every product crawls with."""
    from interline.crawler import crawler_definition
    from interline.operators.crawling import LandingCrawlerOperator

    LandingCrawlerOperator(
        task_id="crawl",
        config=crawler_definition(probes.product, ["airports"]),
        tables=["airports"],
        poll_interval=1,
        aws_conn_id="aws_bookings",
        region_name="us-east-1",
    ).execute({})
