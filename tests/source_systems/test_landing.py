"""Landing puts the files where the products look for them; landing again changes nothing."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from local.source_systems import FIRST_DAY, land
from local.source_systems.source import sources
from tests.source_systems.feeds import delivered


@pytest.fixture
def storage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        client = boto3.client(
            "s3", region_name="us-east-1", aws_access_key_id="source", aws_secret_access_key="system"
        )
        for domain in sorted({source.domain for source in sources()}):
            client.create_bucket(Bucket=f"{domain}-landing")
        yield client


def contents(client: Any, bucket: str) -> dict[str, bytes]:
    listed = client.list_objects_v2(Bucket=bucket).get("Contents", [])
    return {o["Key"]: client.get_object(Bucket=bucket, Key=o["Key"])["Body"].read() for o in listed}


def test_every_source_lands_under_its_day(storage: Any) -> None:
    files = delivered(FIRST_DAY, 0.02)
    assert land(storage, files) == list(files)
    found = {
        (bucket, key.split("/")[0], key.split("/")[1])
        for bucket in ("bookings-landing", "shopping-landing", "loyalty-landing")
        for key in contents(storage, bucket)
    }
    assert found == {(f"{source.domain}-landing", source.name, "dt=2013-01-01") for source in sources()}
    assert len(found) == 5


def test_landing_again_leaves_the_same_objects(storage: Any) -> None:
    files = delivered(FIRST_DAY, 0.02)
    land(storage, files)
    before = contents(storage, "bookings-landing")
    land(storage, files)
    assert contents(storage, "bookings-landing") == before
    assert before["airports/dt=2013-01-01/airports.csv"].startswith(b"iata_code,")


def test_a_missing_bucket_is_named(storage: Any) -> None:
    for key in contents(storage, "loyalty-landing"):
        storage.delete_object(Bucket="loyalty-landing", Key=key)
    storage.delete_bucket(Bucket="loyalty-landing")
    with pytest.raises(storage.exceptions.NoSuchBucket):
        land(storage, delivered(FIRST_DAY, 0.02))
