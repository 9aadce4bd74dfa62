"""The domain's three buckets: encrypted, never public, with rules for what ages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from interline.accounts.outcome import Conflict, Outcome
from interline.aws.retry import Clients
from interline.contracts import Domain

_FIRST_REGION = "us-east-1"
"""The Region whose buckets are made without naming it (CreateBucket, Amazon S3 API Reference)."""
_ENCRYPTION = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
_NEVER_PUBLIC = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}
_UNFINISHED = {
    "ID": "unfinished-uploads",
    "Status": "Enabled",
    "Filter": {"Prefix": ""},
    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
}
_COOLING = {
    "ID": "cooling",
    "Status": "Enabled",
    "Filter": {"Prefix": ""},
    "Transitions": [{"Days": 30, "StorageClass": "INTELLIGENT_TIERING"}],
}
_RESULTS = {
    "ID": "query-results",
    "Status": "Enabled",
    "Filter": {"Prefix": "athena/"},
    "Expiration": {"Days": 7},
}


def lifecycles(domain: Domain) -> Mapping[str, list[dict[str, Any]]]:
    """Return the lifecycle rules by bucket.

    What landed cools down to Intelligent-Tiering, which still answers at once. Files of ports are never touched by age:
    which of them are needed only the tables' snapshots tell.
    """
    return {
        domain.landing_bucket: [_UNFINISHED, _COOLING],
        domain.curated_bucket: [_UNFINISHED],
        domain.artifacts_bucket: [_UNFINISHED, _RESULTS],
    }


def prepare_buckets(domain: Domain, clients: Clients) -> Iterator[Outcome]:
    """Make the buckets that are missing and put their settings right."""
    s3 = clients("s3")
    for bucket, rules in lifecycles(domain).items():
        yield _bucket(s3, domain, bucket)
        yield _encryption(s3, bucket)
        yield _public_access(s3, bucket)
        yield _lifecycle(s3, bucket, rules)


def _bucket(s3: Any, domain: Domain, bucket: str) -> Outcome:
    what = f"bucket {bucket}"
    try:
        # bucket names are global: a bucket that we may see can still be somebody else's
        s3.head_bucket(Bucket=bucket, ExpectedBucketOwner=domain.account)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in ("403", "AccessDenied", "Forbidden"):
            raise _taken(domain, bucket) from error
        if code not in ("404", "NoSuchBucket"):
            raise
    else:
        return Outcome(what, "there")
    elsewhere = domain.region != _FIRST_REGION
    place = {"CreateBucketConfiguration": {"LocationConstraint": domain.region}} if elsewhere else {}
    try:
        s3.create_bucket(Bucket=bucket, **place)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "BucketAlreadyExists":
            raise _taken(domain, bucket) from error
        if code != "BucketAlreadyOwnedByYou":
            raise
    return Outcome(what, "missing", f"made in {domain.region}")


def _taken(domain: Domain, bucket: str) -> Conflict:
    return Conflict(
        f"the bucket {bucket} is not in the account {domain.account} of {domain.name}, or its administrator may not"
        " see it: bucket names are shared by all of AWS, so another name for the domain may be needed"
    )


def _encryption(s3: Any, bucket: str) -> Outcome:
    what = f"encryption of {bucket}"
    try:
        found = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ServerSideEncryptionConfigurationNotFoundError":
            raise
        found = []
    kinds = [rule.get("ApplyServerSideEncryptionByDefault", {}).get("SSEAlgorithm") for rule in found]
    if kinds and all(kinds):
        return Outcome(what, f"{', '.join(kinds)}")
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=_ENCRYPTION)
    return Outcome(what, "none", "AES256")


def _public_access(s3: Any, bucket: str) -> Outcome:
    what = f"public access to {bucket}"
    try:
        found = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchPublicAccessBlockConfiguration":
            raise
        found = {}
    open_ways = [name for name in _NEVER_PUBLIC if found.get(name) is not True]
    if not open_ways:
        return Outcome(what, "blocked")
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=_NEVER_PUBLIC)
    return Outcome(what, f"without {', '.join(open_ways)}", "blocked")


def _lifecycle(s3: Any, bucket: str, rules: list[dict[str, Any]]) -> Outcome:
    """Put our rules beside those that somebody else gave the bucket."""
    what = f"lifecycle of {bucket}"
    try:
        found = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchLifecycleConfiguration":
            raise
        found = []
    ours = {rule["ID"]: rule for rule in rules}
    there = {rule.get("ID"): _comparable(rule, ours.get(rule.get("ID"), {})) for rule in found}
    differing = [name for name, rule in ours.items() if there.get(name) != rule]
    if not differing:
        return Outcome(what, f"{', '.join(ours)}")
    others = [rule for rule in found if rule.get("ID") not in ours]
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [*others, *rules]})
    return Outcome(what, f"without {', '.join(differing)}", ", ".join(ours))


def _comparable(found: dict[str, Any], ours: dict[str, Any]) -> dict[str, Any]:
    """Return of a rule as S3 shows it the parts that ours has, so that defaults S3 adds make no difference."""
    return {key: value for key, value in found.items() if key in ours}
