"""Landing the input: each source system puts its files of a data day into its domain's landing bucket."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import boto3

from local.mesh.aws import Aws
from local.source_systems import LandedFile, generate, land


class InputError(ValueError):
    """The folder given as input is not laid out as it should be."""


@dataclass(frozen=True)
class Input:
    """What is landed: the generated input, where `folder` has nothing else for a source."""

    domains: frozenset[str]
    seed: int
    scale: float
    folder: Path | None = None

    def replaced_sources(self) -> set[tuple[str, str]]:
        """(domain, source) whose files come from `folder`.

        Raises:
            InputError: no such folder, or nothing in it is `<domain>/<source>/dt=YYYY-MM-DD/<file>`.
        """
        if self.folder is None:
            return set()
        found = {
            (day.parent.parent.name, day.parent.name) for day in self.folder.glob("*/*/dt=*/") if day.is_dir()
        }
        if not found:
            raise InputError(
                f"{self.folder} holds no landing files: "
                "expected <domain>/<source>/dt=YYYY-MM-DD/<file>, for example "
                "bookings/booking_events/dt=2013-01-01/part-0.jsonl"
            )
        return found

    def files(self, day: date) -> list[LandedFile]:
        """Every file that lands on a data day."""
        replaced = self.replaced_sources()
        files = [
            file
            for file in generate(day, self.seed, self.scale, self.domains)
            if (file.domain, file.source) not in replaced
        ]
        if self.folder is not None:
            for domain, source in sorted(replaced):
                if domain in self.domains:
                    folder = self.folder / domain / source / f"dt={day.isoformat()}"
                    files += [
                        LandedFile(domain, source, day, path.name, path.read_bytes())
                        for path in sorted(folder.glob("*"))
                        if path.is_file()
                    ]
        return files


class Lander:
    """Lands day after day in a thread of its own, generating ahead while others wait."""

    def __init__(self, source: Input, days: Iterable[date]) -> None:
        self._source = source
        self._days = tuple(days)
        self._aws: Future[Aws] = Future()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="landing")
        self.landed: dict[date, Future[int]] = {}
        """Data day → how many files landed, once they have."""

    def begin(self) -> None:
        """Start generating; landing begins with `use`."""
        self.landed = {day: self._thread.submit(self._land, day) for day in self._days}

    def use(self, aws: Aws) -> None:
        """Land there."""
        self._aws.set_result(aws)

    def stop(self) -> None:
        """Give up what has not landed."""
        if not self._aws.done():
            self._aws.cancel()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _land(self, day: date) -> int:
        files = self._source.files(day)
        aws = self._aws.result()
        for domain in sorted({file.domain for file in files}):
            _replace(aws, domain, day, [file for file in files if file.domain == domain])
        return len(files)


def _replace(aws: Aws, domain: str, day: date, files: list[LandedFile]) -> None:
    """Land one domain's files of a day; files of that day from an earlier, other input go."""
    try:
        keys = aws.description["sources"][domain]
    except KeyError:
        raise InputError(f"the local AWS knows no domain {domain!r}, so nothing can land for it") from None
    client = boto3.client(
        "s3",
        endpoint_url=aws.endpoint,
        region_name=aws.description["region"],
        aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
    )
    land(client, files)
    delivered = {file.key for file in files}
    bucket = f"{domain}-landing"
    marker = f"/dt={day.isoformat()}/"
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for entry in page.get("Contents", ()):
            if marker in entry["Key"] and entry["Key"] not in delivered:
                client.delete_object(Bucket=bucket, Key=entry["Key"])
