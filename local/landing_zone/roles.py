"""The IAM documents of the mesh: what each role may do and who may act as it. Least privilege, per account."""

from __future__ import annotations

from typing import Any

from interline.contracts import Domain
from interline.contracts.model.domain import ADMINISTRATOR

Document = dict[str, Any]

# The services that act as a domain's role: its Redshift cluster, its crawlers, its training jobs; and Lake Formation,
# which vends access to the buckets that are registered with the role.
PASSED_SERVICES = ("redshift.amazonaws.com", "glue.amazonaws.com", "sagemaker.amazonaws.com")
ACTING_SERVICES = (*PASSED_SERVICES, "lakeformation.amazonaws.com")

_READ_OBJECTS = ["s3:GetObject", "s3:GetObjectTagging"]
_WRITE_OBJECTS = [
    "s3:PutObject",
    "s3:PutObjectTagging",
    "s3:DeleteObject",
    "s3:AbortMultipartUpload",
    "s3:ListMultipartUploadParts",
]
_BUCKET_SETTINGS = [
    f"s3:{verb}{setting}"
    for verb in ("Get", "Put")
    for setting in ("EncryptionConfiguration", "BucketPublicAccessBlock", "LifecycleConfiguration")
]
_LIST_BUCKET = ["s3:ListBucket", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads"]


def document(*statements: Document) -> Document:
    """A policy document of these statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _allow(actions: list[str], resources: list[str], **condition: Any) -> Document:
    statement: Document = {"Effect": "Allow", "Action": actions, "Resource": resources}
    return statement | ({"Condition": condition} if condition else {})


def _trust(principal: Document) -> Document:
    return {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}


def airflow_trust() -> Document:
    """Airflow's execution role is taken by the Airflow environment (MWAA) itself."""
    return document(_trust({"Service": ["airflow.amazonaws.com", "airflow-env.amazonaws.com"]}))


def airflow_policy() -> Document:
    """Airflow itself may do one thing: become the role of the domain whose task it runs."""
    return document(_allow(["sts:AssumeRole"], ["arn:aws:iam::*:role/interline-*"]))


def domain_trust(platform_account: str, airflow_role: str) -> Document:
    """A domain's role is taken by Airflow for its tasks, and by the services that work for the domain."""
    return document(
        _trust({"AWS": f"arn:aws:iam::{platform_account}:role/{airflow_role}"}),
        _trust({"Service": list(ACTING_SERVICES)}),
    )


def platform_policy() -> Document:
    """The platform's own role reaches an account only through that account's administrator role."""
    return document(_allow(["sts:AssumeRole"], [f"arn:aws:iam::*:role/{ADMINISTRATOR}"]))


def administrator_trust(platform_account: str) -> Document:
    """The data lake administrator of an account is taken by the platform's role."""
    return document(_trust({"AWS": f"arn:aws:iam::{platform_account}:role/interline-platform"}))


def administrator_policy(domain: Domain) -> Document:
    """Administers the data lake of one account: buckets, permissions, settings, locations, catalog; no data."""
    here = f"arn:aws:glue:{domain.region}:{domain.account}"
    buckets = [
        f"arn:aws:s3:::{bucket}"
        for bucket in (domain.landing_bucket, domain.curated_bucket, domain.artifacts_bucket)
    ]
    return document(
        _allow(["lakeformation:*"], ["*"]),
        _allow(
            ["glue:Get*", "glue:CreateDatabase", "glue:DeleteDatabase", "glue:UpdateDatabase"], [f"{here}:*"]
        ),
        _allow(["s3:CreateBucket", "s3:ListBucket", *_BUCKET_SETTINGS], buckets),
        _allow(
            ["athena:CreateWorkGroup", "athena:GetWorkGroup"],
            [f"arn:aws:athena:{domain.region}:{domain.account}:workgroup/{domain.name}"],
        ),
        _allow(["iam:PassRole", "iam:GetRole"], [domain.role_arn]),
    )


def source_systems_policy(domain: Domain) -> Document:
    """The systems that deliver to a domain may put and replace files in its landing bucket, nothing else."""
    bucket = f"arn:aws:s3:::{domain.landing_bucket}"
    return document(
        _allow(["s3:ListBucket"], [bucket]),
        _allow(
            ["s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:AbortMultipartUpload"], [f"{bucket}/*"]
        ),
    )


def domain_policy(domain: Domain) -> Document:
    """What a domain's tasks, cluster, crawlers and jobs may do, all in the domain's own account."""
    account, region = domain.account, domain.region
    landing, curated, artifacts = (
        f"arn:aws:s3:::{bucket}"
        for bucket in (domain.landing_bucket, domain.curated_bucket, domain.artifacts_bucket)
    )
    cluster = f"arn:aws:redshift:{region}:{account}"
    return document(
        _allow(_LIST_BUCKET, [landing, curated, artifacts]),
        _allow(_READ_OBJECTS, [f"{landing}/*", f"{curated}/*", f"{artifacts}/*"]),
        _allow(_WRITE_OBJECTS, [f"{curated}/*", f"{artifacts}/*"]),
        _allow(["glue:*"], [f"arn:aws:glue:{region}:{account}:*"]),
        # A resource link leads to another account's catalog; Lake Formation there decides what is seen.
        _allow(["glue:Get*", "glue:BatchGet*", "glue:List*"], ["*"]),
        _allow(
            [
                "lakeformation:GetDataAccess",
                "lakeformation:GetTemporaryGlueTableCredentials",
                "lakeformation:GetTemporaryGluePartitionCredentials",
                "lakeformation:GrantPermissions",
                "lakeformation:RevokePermissions",
                "lakeformation:BatchGrantPermissions",
                "lakeformation:BatchRevokePermissions",
                "lakeformation:ListPermissions",
                "lakeformation:GetDataLakeSettings",
                "lakeformation:GetEffectivePermissionsForPath",
                "lakeformation:DescribeResource",
                "lakeformation:ListResources",
                "lakeformation:CreateDataCellsFilter",
                "lakeformation:UpdateDataCellsFilter",
                "lakeformation:DeleteDataCellsFilter",
                "lakeformation:GetDataCellsFilter",
                "lakeformation:ListDataCellsFilter",
                "lakeformation:GetLFTag",
                "lakeformation:ListLFTags",
                "lakeformation:UpdateLFTag",
                "lakeformation:GetResourceLFTags",
                "lakeformation:AddLFTagsToResource",
                "lakeformation:RemoveLFTagsFromResource",
            ],
            ["*"],
        ),
        _allow(["athena:*"], [f"arn:aws:athena:{region}:{account}:workgroup/{domain.name}"]),
        _allow(["athena:Get*"], [f"arn:aws:athena:{region}:{account}:datacatalog/*"]),
        _allow(["athena:List*"], ["*"]),
        _allow(["redshift:DescribeClusters", "redshift:DescribeCustomDomainAssociations"], ["*"]),
        _allow(
            ["redshift:GetClusterCredentials"],
            [
                f"{cluster}:dbuser:{domain.cluster}/interline",
                f"{cluster}:dbname:{domain.cluster}/{domain.name}",
            ],
        ),
        _allow(
            ["redshift-data:ExecuteStatement", "redshift-data:BatchExecuteStatement"],
            [f"{cluster}:cluster:{domain.cluster}"],
        ),
        _allow(
            [
                "redshift-data:DescribeStatement",
                "redshift-data:GetStatementResult",
                "redshift-data:GetStatementResultV2",
                "redshift-data:CancelStatement",
                "redshift-data:ListStatements",
            ],
            ["*"],
        ),
        _allow(["sagemaker:*"], [f"arn:aws:sagemaker:{region}:{account}:*"]),
        _allow(["sagemaker:List*"], ["*"]),
        _allow(
            ["logs:*"],
            [
                f"arn:aws:logs:{region}:{account}:log-group:{group}/*"
                for group in ("/aws/sagemaker", "/aws-glue")
            ],
        ),
        _allow(["logs:DescribeLogGroups"], ["*"]),
        _allow(["iam:GetRole"], [domain.role_arn]),
        _allow(
            ["iam:PassRole"],
            [domain.role_arn],
            StringEquals={"iam:PassedToService": list(PASSED_SERVICES)},
        ),
    )
