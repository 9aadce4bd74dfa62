"""moto's backends by account: the state that the engines work on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.glue.models import glue_backends
from moto.s3.models import s3_backends

from local.engines.errors import EntityNotFound

if TYPE_CHECKING:
    from moto.glue.models import GlueBackend
    from moto.s3.models import FakeBucket, S3Backend

REGION = "us-east-1"
PARTITION = "aws"


def glue(account: str) -> GlueBackend:
    """The Data Catalog and the crawlers of an account."""
    return glue_backends[account][REGION]


def s3(account: str) -> S3Backend:
    """The S3 of an account."""
    return s3_backends[account][PARTITION]


def bucket_owner(bucket: str) -> str:
    """The account that owns a bucket: bucket names are global. Raises EntityNotFound."""
    known = s3_backends.bucket_accounts.get(bucket)
    if known is None:
        raise EntityNotFound(f"The specified bucket does not exist: {bucket}")
    return known[1]


def find_bucket(bucket: str) -> FakeBucket:
    """A bucket, whoever owns it. Raises EntityNotFound."""
    return s3(bucket_owner(bucket)).buckets[bucket]
