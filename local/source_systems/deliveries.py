"""What the source systems deliver for a data day, and its way into the landing buckets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from local.source_systems.source import Delivery, sources

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
    delivery = Delivery(day, seed, scale)
    receivers = None if domains is None else set(domains)
    for source in sources():
        if receivers is None or source.domain in receivers:
            for name, content in source.files(delivery):
                yield LandedFile(source.domain, source.name, day, name, content)


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
