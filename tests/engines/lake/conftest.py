"""The lake through real clients: run Athena queries, crawl, land files; and the lake's own code without a server."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

WAIT_SECONDS = 30


@dataclass
class QueryOutcome:
    """How an Athena query ended, and what it gave."""

    state: str
    reason: str
    columns: list[str]
    types: list[str]
    rows: list[tuple[str | None, ...]]
    execution: dict[str, Any]


@dataclass
class Lake:
    """What a test does to the lake, as the role of a domain."""

    aws: Any

    def query(self, domain: str, sql: str, database: str | None = None, **arguments: Any) -> QueryOutcome:
        """Run a statement in Athena, in the domain's workgroup, to its end."""
        athena = self.aws.client("athena", domain)
        identifier = athena.start_query_execution(
            QueryString=sql,
            QueryExecutionContext={"Database": database or f"{domain}_curated"},
            WorkGroup=domain,
            **arguments,
        )["QueryExecutionId"]
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            execution = athena.get_query_execution(QueryExecutionId=identifier)["QueryExecution"]
            state = execution["Status"]["State"]
            if state not in ("QUEUED", "RUNNING"):
                break
            assert time.monotonic() < deadline, f"{sql} is still {state}"
            time.sleep(0.02)
        reason = execution["Status"].get("StateChangeReason", "")
        if state != "SUCCEEDED":
            return QueryOutcome(state, reason, [], [], [], execution)
        found: list[tuple[str | None, ...]] = []
        described: list[dict[str, Any]] = []
        for page in athena.get_paginator("get_query_results").paginate(QueryExecutionId=identifier):
            described = page["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
            found += [
                tuple(field.get("VarCharValue") for field in row["Data"]) for row in page["ResultSet"]["Rows"]
            ]
        header = execution["StatementType"] == "DML" and bool(described)
        return QueryOutcome(
            state,
            reason,
            [column["Name"] for column in described],
            [column["Type"] for column in described],
            found[1:] if header else found,
            execution,
        )

    def rows(self, domain: str, sql: str, database: str | None = None) -> list[tuple[str | None, ...]]:
        """The rows of a statement that must succeed."""
        outcome = self.query(domain, sql, database)
        assert outcome.state == "SUCCEEDED", f"{sql}: {outcome.reason}"
        return outcome.rows

    def refusal(self, domain: str, sql: str, database: str | None = None) -> str:
        """Why a statement fails that must not succeed."""
        outcome = self.query(domain, sql, database)
        assert outcome.state == "FAILED", f"{sql}: {outcome.state}, {outcome.rows[:3]}"
        return outcome.reason

    def land(self, domain: str, key: str, content: str | bytes) -> None:
        """Deliver an object to a domain's landing bucket, as its source systems do."""
        body = content.encode() if isinstance(content, str) else content
        self.aws.source_client(domain).put_object(Bucket=f"{domain}-landing", Key=key, Body=body)

    def crawler(self, domain: str, *paths: str, **settings: Any) -> str:
        """Make a crawler of a domain's landing folders; its name."""
        name = f"test-{uuid.uuid4().hex[:12]}"
        self.aws.client("glue", domain).create_crawler(
            Name=name,
            Role=self.aws.role_arn(domain),
            DatabaseName=f"{domain}_landing",
            Targets={"S3Targets": [{"Path": f"s3://{domain}-landing/{path}/"} for path in paths]},
            **settings,
        )
        return name

    def crawl(self, domain: str, name: str) -> dict[str, Any]:
        """Start a crawler and wait; its LastCrawl."""
        glue = self.aws.client("glue", domain)
        glue.start_crawler(Name=name)
        deadline = time.monotonic() + WAIT_SECONDS
        while glue.get_crawler(Name=name)["Crawler"]["State"] != "READY":
            assert time.monotonic() < deadline, "the crawler never becomes ready"
            time.sleep(0.02)
        return dict(glue.get_crawler(Name=name)["Crawler"]["LastCrawl"])

    def crawled(self, domain: str, *paths: str, **settings: Any) -> None:
        """Crawl folders once; it must succeed."""
        last = self.crawl(domain, self.crawler(domain, *paths, **settings))
        assert last["Status"] == "SUCCEEDED", last

    def table(self, domain: str, name: str) -> dict[str, Any]:
        """A table of a domain's landing database."""
        return dict(
            self.aws.client("glue", domain).get_table(DatabaseName=f"{domain}_landing", Name=name)["Table"]
        )

    def column_types(self, domain: str, name: str) -> dict[str, str]:
        """The columns of a landing table, partition keys left out."""
        columns = self.table(domain, name)["StorageDescriptor"]["Columns"]
        return {column["Name"]: column["Type"] for column in columns}

    def partitions(self, domain: str, name: str) -> list[list[str]]:
        """The partition values of a landing table."""
        found = self.aws.client("glue", domain).get_partitions(
            DatabaseName=f"{domain}_landing", TableName=name
        )
        return sorted(partition["Values"] for partition in found["Partitions"])

    def grant(self, producer: str, consumer: str, table: str, columns: list[str] | None = None) -> None:
        """Grant SELECT on a curated table of one domain to the role of another."""
        self.aws.client("lakeformation", producer).grant_permissions(
            **self._permission(producer, consumer, table, columns)
        )

    def revoke(self, producer: str, consumer: str, table: str, columns: list[str] | None = None) -> None:
        """Take such a grant back."""
        self.aws.client("lakeformation", producer).revoke_permissions(
            **self._permission(producer, consumer, table, columns)
        )

    def _permission(
        self, producer: str, consumer: str, table: str, columns: list[str] | None
    ) -> dict[str, Any]:
        described = {
            "CatalogId": self.aws.account(producer),
            "DatabaseName": f"{producer}_curated",
            "Name": table,
        }
        resource = (
            {"TableWithColumns": {**described, "ColumnNames": columns}} if columns else {"Table": described}
        )
        return {
            "Principal": {"DataLakePrincipalIdentifier": self.aws.role_arn(consumer)},
            "Resource": resource,
            "Permissions": ["SELECT"],
        }

    def link(self, consumer: str, producer: str) -> None:
        """Make the resource link through which a consumer reaches a producer's curated database."""
        glue = self.aws.client("glue", consumer)
        try:
            glue.create_database(
                DatabaseInput={
                    "Name": f"{producer}_curated",
                    "TargetDatabase": {
                        "CatalogId": self.aws.account(producer),
                        "DatabaseName": f"{producer}_curated",
                    },
                }
            )
        except glue.exceptions.AlreadyExistsException:
            return


@pytest.fixture(scope="session")
def lake(local_aws: Any) -> Lake:
    """The lake of the running local AWS."""
    return Lake(local_aws)


@pytest.fixture
def name() -> str:
    """A table name that no other test has."""
    return f"t_{uuid.uuid4().hex[:10]}"


@dataclass
class Bench:
    """An account without a server: moto's state in this process, the lake's own code on it."""

    account: str
    database: str
    caller: Any
    location: str

    def create(
        self,
        name: str,
        columns: dict[str, str],
        *,
        partition_by: tuple[str, ...] = (),
        required: tuple[str, ...] = (),
    ) -> None:
        """An empty Iceberg table."""
        from local.engines.catalog import Column
        from local.engines.iceberg import tables

        described = [Column(column, kind, required=column in required) for column, kind in columns.items()]
        tables.create_table(self.caller, self.account, self.database, name, described, partition_by)

    def load(self, name: str) -> Any:
        """The table as it stands now."""
        from local.engines.iceberg import tables

        return tables.load(self.account, self.database, name)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A fresh account with one bucket, one role and one database."""
    from moto.iam.models import iam_backends

    from local.engines import backends, objects
    from local.engines.lake_permissions import grants, permissions
    from local.gateway import identity

    objects.use_cache(tmp_path / "lake")
    account = "555555555555"
    allowed = json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    )
    iam = iam_backends[account]["aws"]
    role = iam.create_role("owner", allowed, "/", None, "", [], "3600")
    iam.put_role_policy("owner", "all", allowed)
    bucket = f"bench-{uuid.uuid4().hex[:8]}"
    backends.s3(account).create_bucket(bucket, "us-east-1")
    backends.glue(account).create_database("bench", {"Name": "bench", "LocationUri": f"s3://{bucket}/"})
    permissions.grant_all(role.arn, grants.Resource("database", account, "bench"))
    yield Bench(account, "bench", identity.role_caller(role.arn, "test"), f"s3://{bucket}/")
    backends.glue(account).delete_database("bench")
    grants.book(account).forget("bench")
    for key in list(backends.find_bucket(bucket).keys):
        objects.delete(f"s3://{bucket}/{key}")
    backends.s3(account).delete_bucket(bucket)
    iam.delete_role_policy("owner", "all")
    iam.delete_role("owner")
