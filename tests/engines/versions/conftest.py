"""The mesh of probes, whose port is a history of days: one local AWS for all modules, a port of its own for each."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engines.conftest import REPOSITORY, LocalAwsProcess, start_local_aws
from tests.engines.platform.conftest import DAYS, crawl
from tests.engines.platform.probe_mesh import TABLES, Probes, write_mesh

PREFIX = "probes/"


@pytest.fixture(scope="package")
def probe_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAwsProcess]:
    """A local AWS whose domains are those of the mesh of probes."""
    root = tmp_path_factory.mktemp("probes")
    write_mesh(root, REPOSITORY)
    aws = start_local_aws(tmp_path_factory.mktemp("probe-aws"), root)
    yield aws
    aws.stop()


@pytest.fixture(scope="package")
def all_probes(probe_aws: LocalAwsProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Probes]:
    """The product's tasks, with airports landed and crawled, and external schemas made."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        for name, value in probe_aws.environment.items():
            patch.setenv(name, str(value))
        patch.setenv("AIRFLOW_HOME", str(tmp_path_factory.mktemp("airflow")))
        source = probe_aws.source_client("bookings")
        for day in DAYS:
            body = b"iata_code,runways\nJFK,4\nLHR,2\n"
            source.put_object(Bucket="bookings-landing", Key=f"airports/dt={day}/airports.csv", Body=body)
        made = Probes(Path(probe_aws.process.args[-1]))  # type: ignore[index]
        crawl(probe_aws, made)
        role = made.product.domain.role_arn
        made.sql("create schema if not exists bookings")
        for database in ("bookings_landing", "bookings_curated"):
            made.sql(
                f"create external schema if not exists {database} from data catalog database '{database}'"
                f" iam_role '{role}'"
            )
        yield made


@pytest.fixture(scope="module")
def probes(probe_aws: LocalAwsProcess, all_probes: Probes) -> Iterator[Probes]:
    """The product as if nothing had ever been published."""
    yield all_probes
    all_probes.sql(f"drop table {TABLES.port}", f"drop table if exists {TABLES.versions}")
    s3 = probe_aws.client("s3", "bookings")
    listed = s3.list_objects_v2(Bucket="bookings-curated", Prefix=PREFIX).get("Contents", ())
    for entry in listed:
        s3.delete_object(Bucket="bookings-curated", Key=entry["Key"])
