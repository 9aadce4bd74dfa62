"""An account as the landing zone hands it over is prepared by the DAG's own tasks; what is removed comes back."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from interline.contracts import load_domain
from tests.engines.conftest import REPOSITORY, LocalAwsProcess, start_local_aws

ROLE = "arn:aws:iam::222222222222:role/interline-bookings"
BUCKETS = ("bookings-landing", "bookings-curated", "bookings-artifacts")


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAwsProcess]:
    """Accounts that are only opened, and this process as Airflow on them."""
    root = tmp_path_factory.mktemp("mesh")
    for name in ("platform", "bookings"):
        (root / "domains" / name).mkdir(parents=True)
        shutil.copy(REPOSITORY / "domains" / name / "domain.yaml", root / "domains" / name)
    aws = start_local_aws(tmp_path_factory.mktemp("opened"), root, "--landing-zone")
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        for name, value in aws.environment.items():
            patch.setenv(name, value)
        patch.setenv("AIRFLOW_HOME", str(tmp_path_factory.mktemp("airflow")))
        yield aws
    aws.stop()


def onboard() -> list[str]:
    """Run the task, and return what it says."""
    from interline.airflow.operators.onboarding import OnboardDomainOperator

    return OnboardDomainOperator(
        task_id="prepare", domain="bookings", root=REPOSITORY, aws_conn_id="aws_platform"
    ).execute({})  # type: ignore[typeddict-item]


def changes(outcomes: list[str]) -> list[str]:
    return [line for line in outcomes if "; " in line]


@pytest.fixture(scope="module")
def first(opened: LocalAwsProcess) -> list[str]:
    with pytest.raises(ClientError, match="404"):
        opened.client("s3", "bookings").head_bucket(Bucket="bookings-landing")
    return onboard()


def test_an_opened_account_is_prepared_and_every_step_says_so(
    opened: LocalAwsProcess, first: list[str]
) -> None:
    assert "bucket bookings-landing: missing; made in us-east-1" in first
    assert "database bookings_curated: missing; made at s3://bookings-curated/" in first
    assert f"registration of arn:aws:s3:::bookings-curated: missing; registered with {ROLE}" in first
    s3 = opened.administrator_client("s3", "bookings")
    for bucket in BUCKETS:
        rule = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
        assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
        assert all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())
        rules = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
        assert {"ID": "unfinished-uploads", "Status": "Enabled"}.items() <= rules[0].items()


def test_the_domain_may_tag_its_ports_and_grant_by_tags(opened: LocalAwsProcess, first: list[str]) -> None:
    lake = opened.client("lakeformation", "bookings")
    assert lake.get_lf_tag(TagKey="classification")["TagValues"] == [
        "public", "internal", "confidential", "personal",
    ]  # fmt: skip
    lake.update_lf_tag(TagKey="port", TagValuesToAdd=["reservations"])
    assert lake.get_lf_tag(TagKey="port")["TagValues"] == ["none", "reservations"]


def test_a_prepared_account_is_left_alone(first: list[str]) -> None:
    again = onboard()
    assert len(again) == len(first) > 20
    assert changes(again) == []


def test_the_domain_can_work_in_it(opened: LocalAwsProcess, first: list[str]) -> None:
    opened.source_client("bookings").put_object(
        Bucket="bookings-landing", Key="airports/dt=2013-01-01/a.csv", Body=b"JFK,4\n"
    )
    glue = opened.client("glue", "bookings")
    glue.create_table(
        DatabaseName="bookings_landing",
        TableInput={
            "Name": "airports",
            "StorageDescriptor": {
                "Columns": [{"Name": "iata_code", "Type": "string"}, {"Name": "runways", "Type": "bigint"}],
                "Location": "s3://bookings-landing/airports/dt=2013-01-01/",
                "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
                "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
                "SerdeInfo": {
                    "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
                    "Parameters": {"field.delim": ","},
                },
            },
            "Parameters": {"classification": "csv"},
        },
    )
    from local.mesh.aws import Aws
    from local.mesh.domain_session import session_of

    aws = Aws(opened.endpoint, opened.environment, opened.description, started_here=False)
    session = session_of(aws, load_domain(REPOSITORY, "bookings"), "test")
    assert session.athena("SELECT iata_code, runways FROM airports", "bookings_landing") == [("JFK", "4")]


@pytest.mark.parametrize(
    ("remove", "comes_back"),
    [
        (
            lambda admin: admin("s3").delete_public_access_block(Bucket="bookings-curated"),
            "public access to bookings-curated",
        ),
        (
            lambda admin: admin("glue").delete_database(Name="bookings_curated"),
            "database bookings_curated",
        ),
        (
            lambda admin: admin("lakeformation").deregister_resource(
                ResourceArn="arn:aws:s3:::bookings-curated"
            ),
            "registration of arn:aws:s3:::bookings-curated",
        ),
        (
            lambda admin: admin("lakeformation").revoke_permissions(
                Principal={"DataLakePrincipalIdentifier": ROLE},
                Resource={"DataLocation": {"ResourceArn": "arn:aws:s3:::bookings-curated"}},
                Permissions=["DATA_LOCATION_ACCESS"],
            ),
            f"DATA_LOCATION_ACCESS on arn:aws:s3:::bookings-curated for {ROLE}",
        ),
        (
            lambda admin: admin("lakeformation").update_lf_tag(
                TagKey="classification", TagValuesToDelete=["personal"]
            ),
            "LF-Tag classification: without personal",
        ),
        (
            lambda admin: admin("s3").put_bucket_lifecycle_configuration(
                Bucket="bookings-landing",
                LifecycleConfiguration={
                    "Rules": [
                        {
                            "ID": "audit",
                            "Status": "Enabled",
                            "Filter": {"Prefix": "audit/"},
                            "Expiration": {"Days": 1},
                        }
                    ]
                },
            ),
            "lifecycle of bookings-landing",
        ),
    ],
)
def test_what_somebody_removed_comes_back(
    opened: LocalAwsProcess, first: list[str], remove: Any, comes_back: str
) -> None:
    remove(lambda service: opened.administrator_client(service, "bookings"))
    repaired = changes(onboard())
    assert any(line.startswith(comes_back) for line in repaired), repaired
    assert changes(onboard()) == []


def test_rules_of_others_stay(opened: LocalAwsProcess, first: list[str]) -> None:
    s3 = opened.administrator_client("s3", "bookings")
    rules = s3.get_bucket_lifecycle_configuration(Bucket="bookings-landing")["Rules"]
    audit = {"ID": "audit", "Status": "Enabled", "Filter": {"Prefix": "audit/"}, "Expiration": {"Days": 1}}
    s3.put_bucket_lifecycle_configuration(
        Bucket="bookings-landing", LifecycleConfiguration={"Rules": [audit]}
    )
    onboard()
    names = [rule["ID"] for rule in s3.get_bucket_lifecycle_configuration(Bucket="bookings-landing")["Rules"]]
    assert sorted(names) == sorted({"audit", *(rule["ID"] for rule in rules)})


def test_a_domain_that_is_not_declared_is_named() -> None:
    from airflow.sdk.exceptions import AirflowFailException

    from interline.airflow.operators.onboarding import domains_to_onboard

    assert domains_to_onboard(REPOSITORY, []) == ["bookings", "loyalty", "shopping"]
    assert domains_to_onboard(REPOSITORY, ["loyalty"]) == ["loyalty"]
    with pytest.raises(AirflowFailException, match="did you mean 'bookings'"):
        domains_to_onboard(REPOSITORY, ["bokings"])
