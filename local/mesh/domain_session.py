"""Acting as a domain from outside of Airflow: what the report and the proof read, they read as a role."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3

from interline.aws.retry import Clients, reject_truncated_responses
from interline.contracts import Domain
from local.mesh.aws import Aws

_QUERY_SECONDS = 120


class QueryFailed(Exception):
    """AWS refused or failed a query; `str()` is AWS's own message."""


def session_of(aws: Aws, domain: Domain, purpose: str) -> Session:
    """A session as the domain's role, taken by Airflow's role as the tasks do."""
    airflow = aws.environment
    sts = boto3.client(
        "sts",
        endpoint_url=aws.endpoint,
        region_name=domain.region,
        aws_access_key_id=airflow["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=airflow["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=airflow["AWS_SESSION_TOKEN"],
    )
    keys = sts.assume_role(RoleArn=domain.role_arn, RoleSessionName=purpose)["Credentials"]
    session = boto3.Session(
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
        region_name=domain.region,
    )
    return Session(session, aws.endpoint, domain)


def administrator_clients(aws: Aws, platform: Domain, domain: Domain, purpose: str) -> Clients:
    """What makes clients that act as the administrator of a domain's account, a role that the platform's role takes."""
    keys = (
        session_of(aws, platform, purpose)
        .client("sts")
        .assume_role(RoleArn=domain.administrator_arn, RoleSessionName=purpose)["Credentials"]
    )
    session = boto3.Session(
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
        region_name=domain.region,
    )

    def client(service: str) -> Any:
        return reject_truncated_responses(session.client(service, endpoint_url=aws.endpoint))

    return cache(client)


@dataclass(frozen=True)
class Session:
    """A domain's role at work."""

    boto: boto3.Session
    endpoint: str
    domain: Domain

    def client(self, service: str) -> Any:
        return self.boto.client(service, endpoint_url=self.endpoint)

    def athena(self, sql: str, database: str) -> list[tuple[str | None, ...]]:
        """The rows of a query in the domain's own Athena, every value as text.

        Raises:
            QueryFailed: with Athena's reason.
        """
        athena = self.client("athena")
        query = athena.start_query_execution(
            QueryString=sql,
            QueryExecutionContext={"Database": database},
            WorkGroup=self.domain.name,
            ResultConfiguration={"OutputLocation": f"s3://{self.domain.artifacts_bucket}/athena/"},
        )["QueryExecutionId"]
        end = time.monotonic() + _QUERY_SECONDS
        status: dict[str, Any] = {"State": "QUEUED"}
        while status["State"] in ("QUEUED", "RUNNING") and time.monotonic() < end:
            status = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]
            if status["State"] in ("QUEUED", "RUNNING"):
                time.sleep(0.05)
        if status["State"] != "SUCCEEDED":
            raise QueryFailed(status.get("StateChangeReason") or status["State"])
        rows = []
        for page in athena.get_paginator("get_query_results").paginate(QueryExecutionId=query):
            rows += [
                tuple(cell.get("VarCharValue") for cell in row["Data"]) for row in page["ResultSet"]["Rows"]
            ]
        return rows[1:]

    def redshift(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a statement in the domain's own Redshift, through the Data API.

        Raises:
            QueryFailed: with Redshift's reason.
        """
        data = self.client("redshift-data")
        statement = data.execute_statement(
            ClusterIdentifier=self.domain.cluster, Database=self.domain.name, DbUser="interline", Sql=sql
        )["Id"]
        description = data.describe_statement(Id=statement)
        end = time.monotonic() + _QUERY_SECONDS
        while description["Status"] in ("SUBMITTED", "PICKED", "STARTED") and time.monotonic() < end:
            time.sleep(0.05)
            description = data.describe_statement(Id=statement)
        if description["Status"] != "FINISHED":
            raise QueryFailed(description.get("Error") or description["Status"])
        if not description.get("HasResultSet"):
            return []
        rows = []
        for page in data.get_paginator("get_statement_result").paginate(Id=statement):
            rows += [
                tuple(None if field.get("isNull") else next(iter(field.values())) for field in record)
                for record in page["Records"]
            ]
        return rows
