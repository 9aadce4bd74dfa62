"""Which data days of a history port differ between two of its snapshots, found from metadata alone.

A day's content is its files. Manifests that both snapshots share are not even read, so the work follows what changed and
not the size of the port. A day whose files differ may still hold the same rows, when it was published again as it was:
files with the same bytes (the same size and the same S3 entity tag) count as the same. Where the tag does not
follow from the bytes (multipart uploads, KMS keys) such a day counts as changed, and its consumers run once more for nothing.

Source: Apache Iceberg table specification, "Manifests"; Amazon S3 API reference, "Object" (ETag).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from interline.contracts.model.contract import DAY_COLUMN

if TYPE_CHECKING:
    from pyiceberg.manifest import DataFile, ManifestFile
    from pyiceberg.table import Table

Fingerprint = Callable[[str], str]
"""From a file's URI to something that only files with the same bytes share."""


class NotByDay(ValueError):
    """The port's files do not lie by data day."""


def changed_days(table: Table, before: int | None, after: int | None, fingerprint: Fingerprint) -> set[str]:
    """Return the data days, ``YYYY-MM-DD``, whose content differs between two snapshots.

    Raises:
        NotByDay: a file that differs belongs to no data day.
        ValueError: there is no such snapshot.
    """
    old, new = _manifests(table, before), _manifests(table, after)
    shared = old.keys() & new.keys()
    old_files = _files(table, [old[path] for path in old.keys() - shared])
    new_files = _files(table, [new[path] for path in new.keys() - shared])
    days: dict[str, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for path in old_files.keys() - new_files.keys():
        days[_day(table, old_files[path])][0].append(path)
    for path in new_files.keys() - old_files.keys():
        days[_day(table, new_files[path])][1].append(path)
    return {
        day
        for day, (removed, added) in days.items()
        if len(removed) != len(added)
        or Counter(fingerprint(path) for path in removed) != Counter(fingerprint(path) for path in added)
    }


def entity_tags(s3: Any) -> Fingerprint:
    """Return a fingerprint of objects in S3: size and entity tag, one HEAD request a file."""

    def fingerprint(uri: str) -> str:
        location = urlsplit(uri)
        head = s3.head_object(Bucket=location.netloc, Key=location.path.lstrip("/"))
        return f"{head['ContentLength']} {head['ETag']}"

    return fingerprint


def _manifests(table: Table, snapshot: int | None) -> dict[str, ManifestFile]:
    if snapshot is None:
        return {}
    found = table.metadata.snapshot_by_id(snapshot)
    if found is None:
        raise ValueError(f"there is no snapshot {snapshot}")
    return {manifest.manifest_path: manifest for manifest in found.manifests(table.io)}


def _files(table: Table, manifests: list[ManifestFile]) -> dict[str, DataFile]:
    return {
        entry.data_file.file_path: entry.data_file
        for manifest in manifests
        for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=True)
    }


def _day(table: Table, file: DataFile) -> str:
    schema = table.metadata.schema()
    for position, field in enumerate(table.metadata.specs()[file.spec_id].fields):
        source = schema.find_field(field.source_id)
        if source.name == DAY_COLUMN and str(field.transform) == "identity":
            value = file.partition[position]
            return field.transform.to_human_string(source.field_type, value)
    raise NotByDay(f"{file.file_path} is of no data day")
