"""What a caller may do: identity policies, bucket policies, roles passed to services."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from tests.engines.conftest import LocalAwsProcess

KEY = "gateway/one.txt"


@pytest.fixture
def delivered(local_aws: LocalAwsProcess) -> Iterator[str]:
    source = local_aws.source_client("bookings")
    source.put_object(Bucket="bookings-landing", Key=KEY, Body=b"one")
    yield KEY
    source.delete_object(Bucket="bookings-landing", Key=KEY)


def refused(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as error:
        call(**arguments)
    return str(error.value.response["Error"]["Code"])


def test_a_domain_reads_what_was_delivered_to_it(local_aws: LocalAwsProcess, delivered: str) -> None:
    s3 = local_aws.client("s3", "bookings")
    assert s3.get_object(Bucket="bookings-landing", Key=delivered)["Body"].read() == b"one"
    assert s3.head_object(Bucket="bookings-landing", Key=delivered)["ContentLength"] == 3


def test_a_domain_does_not_write_into_its_own_landing(local_aws: LocalAwsProcess, delivered: str) -> None:
    s3 = local_aws.client("s3", "bookings")
    assert refused(s3.put_object, Bucket="bookings-landing", Key="forged", Body=b"") == "AccessDenied"
    assert refused(s3.delete_object, Bucket="bookings-landing", Key=delivered) == "AccessDenied"
    keys = {"Objects": [{"Key": delivered}]}
    assert refused(s3.delete_objects, Bucket="bookings-landing", Delete=keys) == "AccessDenied"


def test_another_account_is_refused_every_way_to_an_object(
    local_aws: LocalAwsProcess, delivered: str
) -> None:
    s3 = local_aws.client("s3", "shopping")
    where = {"Bucket": "bookings-landing", "Key": delivered}
    assert refused(s3.get_object, **where) == "AccessDenied"
    assert refused(s3.head_object, **where) == "403"
    assert refused(s3.list_objects_v2, Bucket="bookings-landing") == "AccessDenied"
    assert refused(s3.put_object, **where, Body=b"x") == "AccessDenied"
    copy = {"Bucket": "shopping-curated", "Key": "stolen", "CopySource": where}
    assert refused(s3.copy_object, **copy) == "AccessDenied"
    assert refused(local_aws.source_client("shopping").get_object, **where) == "AccessDenied"


def test_a_domain_does_not_open_its_buckets_to_others(local_aws: LocalAwsProcess) -> None:
    everybody = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": "arn:aws:s3:::bookings-artifacts/*",
        },
    }
    put = local_aws.client("s3", "bookings").put_bucket_policy
    assert refused(put, Bucket="bookings-artifacts", Policy=json.dumps(everybody)) == "AccessDenied"


def test_a_domain_sees_only_its_own_account(local_aws: LocalAwsProcess) -> None:
    def own(domain: str) -> set[str]:
        listed = local_aws.client("glue", domain).get_databases()["DatabaseList"]
        # a resource link bears the name of another account's database
        return {database["Name"] for database in listed if "TargetDatabase" not in database}

    bookings, shopping = own("bookings"), own("shopping")
    assert "bookings_curated" in bookings
    assert "shopping_curated" in shopping
    assert not bookings & shopping


def test_a_domain_may_not_change_roles(local_aws: LocalAwsProcess) -> None:
    iam = local_aws.client("iam", "bookings")
    everything = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
    }
    assert (
        refused(
            iam.put_role_policy,
            RoleName="interline-bookings",
            PolicyName="more",
            PolicyDocument=json.dumps(everything),
        )
        == "AccessDenied"
    )


def test_a_domain_passes_its_own_role_to_a_crawler_and_no_other(local_aws: LocalAwsProcess) -> None:
    glue = local_aws.client("glue", "bookings")
    crawler = {
        "Name": "gateway",
        "DatabaseName": "bookings_landing",
        "Targets": {"S3Targets": [{"Path": "s3://bookings-landing/gateway/"}]},
    }
    for role in (local_aws.role_arn("shopping"), "interline-administrator"):
        assert refused(glue.create_crawler, Role=role, **crawler) == "AccessDeniedException"
    glue.create_crawler(Role=local_aws.role_arn("bookings"), **crawler)
    glue.delete_crawler(Name="gateway")


def narrowed(aws: LocalAwsProcess, service: str, *statements: dict[str, Any]) -> Any:
    """A client of the role of bookings in a session that may do no more than these statements say."""
    policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    credentials = aws.assume(aws.role_arn("bookings"), via=aws.airflow_client("sts"), Policy=policy)
    return aws.client_with(service, credentials)


@pytest.mark.parametrize(("region", "allowed"), [("us-east-1", True), ("eu-west-1", False)])
def test_a_condition_on_the_region_is_evaluated(
    local_aws: LocalAwsProcess, region: str, allowed: bool
) -> None:
    condition = {"StringEquals": {"aws:RequestedRegion": region}}
    glue = narrowed(
        local_aws,
        "glue",
        {"Effect": "Allow", "Action": "glue:GetDatabases", "Resource": "*", "Condition": condition},
    )
    if allowed:
        assert glue.get_databases()["DatabaseList"]
    else:
        assert refused(glue.get_databases) == "AccessDeniedException"


# "glue:TagResource", "athena:TagResource", "logs:TagResource", "sagemaker:AddTags": what tags on creation need beside the
# creation itself (Actions, resources, and condition keys; Service Authorization Reference)
@pytest.mark.parametrize(
    ("service", "operation", "tagging", "arguments", "tags"),
    [
        (
            "glue",
            "CreateCrawler",
            "glue:TagResource",
            {
                "Name": "tagged",
                "DatabaseName": "bookings_landing",
                "Targets": {"S3Targets": [{"Path": "s3://bookings-landing/gateway/"}]},
            },
            {"Tags": {"team": "bookings"}},
        ),
        (
            "logs",
            "CreateLogGroup",
            "logs:TagResource",
            {"logGroupName": "/aws-glue/tagged"},
            {"tags": {"team": "bookings"}},
        ),
        (
            "sagemaker",
            "CreateModelPackageGroup",
            "sagemaker:AddTags",
            {"ModelPackageGroupName": "tagged"},
            {"Tags": [{"Key": "team", "Value": "bookings"}]},
        ),
    ],
)
def test_tags_on_creation_need_their_own_permission(
    local_aws: LocalAwsProcess,
    service: str,
    operation: str,
    tagging: str,
    arguments: dict[str, Any],
    tags: dict[str, Any],
) -> None:
    role = {"Role": local_aws.role_arn("bookings")} if service == "glue" else {}
    allowed = {"Effect": "Allow", "Action": [f"{service}:{operation}", "iam:PassRole"], "Resource": "*"}
    method = xform_name(operation)
    creates = getattr(narrowed(local_aws, service, allowed), method)
    with pytest.raises(ClientError, match=tagging):
        creates(**arguments, **role, **tags)
    tagging_too = {"Effect": "Allow", "Action": tagging, "Resource": "*"}
    getattr(narrowed(local_aws, service, allowed, tagging_too), method)(**arguments, **role, **tags)


def test_queries_of_a_workgroup_need_a_permission(local_aws: LocalAwsProcess) -> None:
    athena = local_aws.client("athena", "bookings")
    query = athena.start_query_execution(QueryString="select 1", WorkGroup="bookings")["QueryExecutionId"]
    (read,) = athena.batch_get_query_execution(QueryExecutionIds=[query])["QueryExecutions"]
    assert read["Query"] == "select 1"
    nothing_of_athena = narrowed(
        local_aws, "athena", {"Effect": "Allow", "Action": "glue:GetDatabases", "Resource": "*"}
    )
    for call, arguments in (
        (nothing_of_athena.batch_get_query_execution, {"QueryExecutionIds": [query]}),
        (nothing_of_athena.list_query_executions, {}),
        (nothing_of_athena.list_engine_versions, {}),
    ):
        assert refused(call, **arguments) == "AccessDeniedException"
