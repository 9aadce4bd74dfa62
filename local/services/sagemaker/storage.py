"""S3 as a job's role sees it, and the archives that jobs read and write.

A job calls the local AWS as any client does, so the gateway decides what its role may read and write, and logs it.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from botocore.exceptions import ClientError

from local.gateway import endpoint
from local.gateway.identity import Credential
from local.services.sagemaker.errors import invalid


class StorageError(Exception):
    """Something could not be read from or written to S3; the message is a job's FailureReason."""


@dataclass(frozen=True)
class Location:
    """A bucket and a key or prefix."""

    bucket: str
    key: str

    @property
    def url(self) -> str:
        """`s3://bucket/key`."""
        return f"s3://{self.bucket}/{self.key}"

    def child(self, *names: str) -> Location:
        """A key below this prefix."""
        return Location(self.bucket, "/".join([self.key.rstrip("/"), *names]).lstrip("/"))


def read_location(url: str, member: str) -> Location:
    """Take an `s3://` URL apart. Raises the ValidationException of `member` when it is none."""
    if not url.startswith("s3://") or not url[5:].split("/", 1)[0]:
        raise invalid(f"Value '{url}' at '{member}' is not an S3 URI (s3://bucket/key)")
    bucket, _, key = url[5:].partition("/")
    return Location(bucket, key)


class RoleStorage:
    """S3 with the credentials of a role."""

    def __init__(self, credential: Credential, region: str) -> None:
        self._client = endpoint.client("s3", credential, region)

    def exists(self, where: Location) -> bool:
        """Whether an object is there. Raises StorageError when the role may not look."""
        try:
            self._client.head_object(Bucket=where.bucket, Key=where.key)
        except ClientError as error:
            if error.response["Error"]["Code"] in ("404", "NoSuchKey", "NoSuchBucket"):
                return False
            raise StorageError(f"{where.url}: {error.response['Error']['Code']}") from error
        return True

    def keys(self, prefix: Location) -> list[str]:
        """The keys below a prefix, without folder markers. Raises StorageError when the role may not list it."""
        try:
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=prefix.bucket, Prefix=prefix.key
            )
            return [
                o["Key"] for page in pages for o in page.get("Contents", []) if not o["Key"].endswith("/")
            ]
        except ClientError as error:
            raise StorageError(f"{prefix.url}: {_reason(error)}") from error

    def download(self, where: Location, target: Path) -> None:
        """Copy an object into a file."""
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            body = self._client.get_object(Bucket=where.bucket, Key=where.key)["Body"]
            with target.open("wb") as sink:
                for chunk in body.iter_chunks(1 << 20):
                    sink.write(chunk)
        except ClientError as error:
            raise StorageError(f"{where.url}: {_reason(error)}") from error

    def download_prefix(self, prefix: Location, folder: Path) -> list[Path]:
        """Copy everything below a prefix into a folder, as File mode with S3Prefix does; returns the files."""
        files = []
        for key in self.keys(prefix):
            target = folder / relative_to(prefix, key)
            self.download(Location(prefix.bucket, key), target)
            files.append(target)
        return files

    def upload(self, source: Path, where: Location) -> None:
        """Copy a file into an object."""
        try:
            with source.open("rb") as body:
                self._client.put_object(Bucket=where.bucket, Key=where.key, Body=body)
        except ClientError as error:
            raise StorageError(f"{where.url}: {_reason(error)}") from error


def relative_to(prefix: Location, key: str) -> str:
    """The path of a key below a prefix; a key that is the prefix itself keeps its last name.

    Raises StorageError for a key that would leave the folder.
    """
    if key == prefix.key:
        path = key.rsplit("/", 1)[-1]
    elif not prefix.key or prefix.key.endswith("/"):
        path = key[len(prefix.key) :]
    elif key.startswith(prefix.key + "/"):
        path = key[len(prefix.key) + 1 :]
    else:
        path = key[prefix.key.rfind("/") + 1 :]
    parts = PurePosixPath(path.lstrip("/")).parts
    if not parts or ".." in parts:
        raise StorageError(f"the key {key} can't be a file name")
    return "/".join(parts)


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a gzipped tar into a folder; members that would leave it are refused."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(archive, "r:gz") as tar:
            tar.extractall(folder, filter="data")
    except (tarfile.TarError, OSError, EOFError) as error:
        raise StorageError(f"{archive.name} is not a readable tar.gz: {error}") from error


def pack(folder: Path, archive: Path) -> None:
    """Pack the contents of a folder into a gzipped tar, names sorted."""
    with tarfile.open(archive, "w:gz") as tar:
        for path in _files(folder):
            tar.add(path, arcname=str(path.relative_to(folder)))


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _reason(error: ClientError) -> str:
    details: dict[str, Any] = error.response["Error"]
    return f"{details['Code']}: {details['Message']}"
