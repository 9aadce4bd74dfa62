"""Single steps against a mocked AWS: what comes back, and what is not ours to change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from moto import mock_aws

from interline.accounts import Conflict
from interline.accounts.buckets import prepare_buckets
from interline.accounts.data_lake import prepare_data_lake
from interline.accounts.workgroup import prepare_workgroup
from interline.contracts import Domain
from interline.contracts.model.domain import Team

# The account of moto's own credentials.
ACCOUNT = "123456789012"
STAYS = Domain("stays", ACCOUNT, "us-east-1", "Rooms.", Team("Stays data", "stays@interline.example"))


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield lambda service: boto3.client(service, region_name="us-east-1")


def test_a_removed_bucket_comes_back_with_its_settings(clients: Any) -> None:
    first = list(prepare_buckets(STAYS, clients))
    assert all(outcome.changed for outcome in first if not outcome.what.startswith("encryption"))
    assert [outcome for outcome in prepare_buckets(STAYS, clients) if outcome.changed] == []
    clients("s3").delete_bucket(Bucket="stays-curated")
    again = [outcome.what for outcome in prepare_buckets(STAYS, clients) if outcome.changed]
    assert again[0] == "bucket stays-curated"
    assert all(what.endswith("stays-curated") for what in again)
    assert {"public access to stays-curated", "lifecycle of stays-curated"} <= set(again)


def test_a_bucket_elsewhere_is_made_in_the_domain_s_region(clients: Any) -> None:
    list(prepare_buckets(replace(STAYS, region="eu-west-1"), clients))
    assert clients("s3").get_bucket_location(Bucket="stays-curated")["LocationConstraint"] == "eu-west-1"


def test_a_readable_bucket_of_another_account_is_a_conflict(clients: Any) -> None:
    """Bucket names are everybody's: who makes ours first, with a policy that lets us in, would get all that lands."""
    clients("s3").create_bucket(Bucket="stays-landing")

    def as_s3(params: Any, **_: Any) -> Any:
        # HeadBucket answers 403 when the owner is not the one expected (Amazon S3 API Reference); moto does not look
        owner = params["headers"].get("x-amz-expected-bucket-owner", ACCOUNT)
        code = 200 if owner == ACCOUNT else 403
        answer: Any = {"ResponseMetadata": {"HTTPStatusCode": code}}
        if code != 200:
            answer["Error"] = {"Code": "403", "Message": "Forbidden"}
        return AWSResponse("", code, {}, None), answer

    def clients_of_s3(service: str) -> Any:
        made = clients(service)
        made.meta.events.register("before-call.s3.HeadBucket", as_s3)
        return made

    with pytest.raises(Conflict, match="stays-landing is not in the account 999999999999 of stays"):
        list(prepare_buckets(replace(STAYS, account="999999999999"), clients_of_s3))
    assert next(prepare_buckets(STAYS, clients_of_s3)).found == "there"


def test_a_location_registered_with_another_role_is_a_conflict(clients: Any) -> None:
    other = f"arn:aws:iam::{ACCOUNT}:role/somebody"
    clients("lakeformation").register_resource(ResourceArn="arn:aws:s3:::stays-landing", RoleArn=other)
    with pytest.raises(Conflict, match=r"registered with .*somebody, expected .*interline-stays: deregister"):
        list(prepare_data_lake(STAYS, clients))


def test_a_database_somewhere_else_is_in_the_way(clients: Any) -> None:
    clients("glue").create_database(DatabaseInput={"Name": "stays_landing", "LocationUri": "s3://elsewhere/"})
    with pytest.raises(Conflict, match="stays_landing is at s3://elsewhere/, expected s3://stays-landing/"):
        list(prepare_data_lake(STAYS, clients))


def test_a_workgroup_that_writes_elsewhere_is_in_the_way(clients: Any) -> None:
    place = {
        "ResultConfiguration": {"OutputLocation": "s3://elsewhere/"},
        "EnforceWorkGroupConfiguration": True,
    }
    clients("athena").create_work_group(Name="stays", Configuration=place)
    with pytest.raises(Conflict, match="results to s3://elsewhere/, expected s3://stays-artifacts/athena/"):
        list(prepare_workgroup(STAYS, clients))
