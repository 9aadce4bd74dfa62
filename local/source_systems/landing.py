"""What the source systems deliver for a data day, and its way into the landing buckets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

import boto3

from local.source_systems.bookings import BOOKINGS_PER_DAY, booking_events
from local.source_systems.members import MEMBERS, member_files
from local.source_systems.reference import airport_file
from local.source_systems.searches import SEARCHES_PER_DAY, search_events

SEED = 20130101


@dataclass(frozen=True)
class LandedFile:
    """One file as a source system delivers it."""

    domain: str
    source: str
    day: date
    name: str
    content: bytes

    @property
    def bucket(self) -> str:
        """The landing bucket of the domain."""
        return f"{self.domain}-landing"

    @property
    def key(self) -> str:
        """Where the file lands in the bucket."""
        return f"{self.source}/dt={self.day.isoformat()}/{self.name}"


class ObjectStore(Protocol):
    """The part of a boto3 S3 client that landing needs."""

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> object:
        """Write one object."""


SOURCES: tuple[tuple[str, str], ...] = (
    ("bookings", "booking_events"),
    ("bookings", "airports"),
    ("shopping", "search_events"),
    ("shopping", "airports"),
    ("loyalty", "member_files"),
)
"""Every source system: the domain it delivers to, and the name of the source."""


def generate(
    day: date, seed: int = SEED, scale: float = 1.0, domains: Iterable[str] | None = None
) -> Iterator[LandedFile]:
    """The files that all source systems deliver for one data day, always the same bytes.

    :param day: a data day of 2013; the feeds begin on 2013-01-01.
    :param seed: another seed is another world on the same flights.
    :param scale: 1 gives 50,000 searches, 15,000 booking events and 20,000 members.
    :param domains: only what these domains receive; all when left out.
    :raises ValueError: the real flights do not cover the day, or the scale is not positive.
    """
    if scale <= 0:
        raise ValueError(f"scale must be greater than 0, not {scale}")
    bookings, searches, members = (
        max(1, round(size * scale)) for size in (BOOKINGS_PER_DAY, SEARCHES_PER_DAY, MEMBERS)
    )
    wanted = None if domains is None else set(domains)
    for domain, source in SOURCES:
        if wanted is not None and domain not in wanted:
            continue
        if source == "booking_events":
            files = booking_events(day, seed, bookings, members)
        elif source == "search_events":
            files = search_events(day, seed, searches, members)
        elif source == "member_files":
            files = member_files(day, seed, members)
        else:
            files = [airport_file()]
        for name, content in files:
            yield LandedFile(domain, source, day, name, content)


def land(client: ObjectStore, files: Iterable[LandedFile]) -> list[LandedFile]:
    """Put files into the landing buckets, as their source systems do; landing a day again changes nothing.

    :param client: an S3 client of the source system of every domain that occurs in ``files``.
    :returns: the files that were written.
    :raises botocore.exceptions.ClientError: the source system may not write there.
    """
    landed = []
    for file in files:
        client.put_object(Bucket=file.bucket, Key=file.key, Body=file.content)
        landed.append(file)
    return landed


def deliver(
    aws: Mapping[str, Any],
    day: date,
    seed: int = SEED,
    scale: float = 1.0,
    domains: Iterable[str] | None = None,
) -> list[LandedFile]:
    """Let every source system deliver a data day to the local AWS that ``aws`` describes.

    :param aws: what the local AWS writes into ``aws.json``: its ``endpoint``, its ``region``, and the keys of
        each domain's source systems under ``sources``.
    :returns: the files that were written.
    :raises KeyError: a domain has source systems here but no keys in ``aws``.
    """
    wanted = {domain for domain, _ in SOURCES} if domains is None else set(domains)
    landed: list[LandedFile] = []
    for domain in sorted(wanted & {domain for domain, _ in SOURCES}):
        keys = aws["sources"][domain]
        client = boto3.client(
            "s3",
            endpoint_url=aws["endpoint"],
            region_name=aws["region"],
            aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
        )
        landed += land(client, generate(day, seed, scale, [domain]))
    return landed
