"""Landed objects in S3: listed, and read once from end to end to count their records.

Text is streamed and never held whole; of Parquet only the footer is read, by ranges.
"""

from __future__ import annotations

import bz2
import io
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from interline.ingest.inspection import Counted, CutOff, Unreadable, count_lines

_PIECE = 1024 * 1024
_MAGIC = b"PAR1"
_TRAILER = 8
_AGAIN = "ask for it to be delivered again"


@dataclass(frozen=True)
class LandedObject:
    """An object as S3 lists it; `size` in bytes."""

    bucket: str
    key: str
    size: int

    @property
    def uri(self) -> str:
        """The address, as Athena's `$path` shows it."""
        return f"s3://{self.bucket}/{self.key}"


def list_objects(client: Any, bucket: str, prefix: str) -> list[LandedObject]:
    """Return the objects under a prefix, folder markers left out."""
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [
        LandedObject(bucket, entry["Key"], entry["Size"])
        for page in pages
        for entry in page.get("Contents", ())
        if not entry["Key"].endswith("/")
    ]


def list_folders(client: Any, bucket: str, prefix: str) -> tuple[list[str], list[LandedObject]]:
    """Return the names of the folders right under a prefix, and the objects that lie beside them."""
    pages = list(
        client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix, Delimiter="/")
    )
    folders = [
        entry["Prefix"].removeprefix(prefix).rstrip("/")
        for page in pages
        for entry in page.get("CommonPrefixes", ())
    ]
    return folders, [
        LandedObject(bucket, entry["Key"], entry["Size"])
        for page in pages
        for entry in page.get("Contents", ())
        if not entry["Key"].endswith("/")
    ]


def count_records(client: Any, landed: LandedObject, form: str) -> Counted:
    """Count the records of an object, once through it.

    Raises:
        Unreadable: the object is cut off, damaged, or not what `form` says.
    """
    if form == "parquet":
        return Counted(_count_rows(client, landed))
    body = client.get_object(Bucket=landed.bucket, Key=landed.key)["Body"]
    with body:
        return count_lines(_decompressed(body, landed.key), form)


def _decompressed(body: Any, key: str) -> Iterator[bytes]:
    if key.endswith(".gz"):
        return _members(body.iter_chunks(_PIECE), "gzip")
    if key.endswith(".bz2"):
        return _members(body.iter_chunks(_PIECE), "bzip2")
    if key.endswith(".zst"):
        return _zstd(body)
    pieces: Iterator[bytes] = body.iter_chunks(_PIECE)
    return pieces


def _members(pieces: Iterable[bytes], kind: str) -> Iterator[bytes]:
    """The content of a gzip or bzip2 file, which may have several members, one behind the other."""
    decompressor: Any = None
    for piece in pieces:
        rest = piece
        while rest:
            if decompressor is None:
                # 31: gzip's header and checksum (zlib's manual, inflateInit2)
                decompressor = zlib.decompressobj(31) if kind == "gzip" else bz2.BZ2Decompressor()
            try:
                yield decompressor.decompress(rest)
            except (zlib.error, OSError) as error:
                raise Unreadable(f"its {kind} is damaged, or it is none ({error})", _AGAIN) from error
            rest = decompressor.unused_data if decompressor.eof else b""
            if decompressor.eof:
                decompressor = None
    if decompressor is not None:
        raise CutOff(f"its {kind} ends early")


def _zstd(body: Any) -> Iterator[bytes]:
    import pyarrow  # slow to import, and few objects are zstd

    try:
        with pyarrow.CompressedInputStream(pyarrow.PythonFile(body, mode="r"), "zstd") as opened:
            while piece := opened.read(_PIECE):
                yield piece
    except OSError as error:
        if "Truncated" in str(error):
            raise CutOff("its zstd ends early") from error
        raise Unreadable(f"its zstd is damaged, or it is none ({error})", _AGAIN) from error


def _count_rows(client: Any, landed: LandedObject) -> int:
    """The rows that a Parquet footer tells ("File format", Apache Parquet documentation: footer, its length, PAR1)."""
    trailer = _range(client, landed, landed.size - _TRAILER, _TRAILER) if landed.size > _TRAILER else b""
    if not trailer.endswith(_MAGIC):
        start = _range(client, landed, 0, min(landed.size, len(_MAGIC)))
        if start == _MAGIC:
            raise CutOff("a Parquet file ends with PAR1")
        raise Unreadable(
            "it is no Parquet", "ask for the format that product.yaml declares, or declare another"
        )
    length = int.from_bytes(trailer[:4], "little")
    if length + _TRAILER > landed.size:
        raise Unreadable("its Parquet footer is damaged", _AGAIN)
    footer = _range(client, landed, landed.size - _TRAILER - length, length)

    import pyarrow.parquet  # slow to import, and most sources are text

    try:
        metadata = pyarrow.parquet.read_metadata(io.BytesIO(_MAGIC + footer + trailer))
    except (OSError, pyarrow.ArrowException) as error:
        raise Unreadable(f"its Parquet footer is damaged ({error})", _AGAIN) from error
    return int(metadata.num_rows)


def _range(client: Any, landed: LandedObject, start: int, length: int) -> bytes:
    answer = client.get_object(
        Bucket=landed.bucket, Key=landed.key, Range=f"bytes={start}-{start + length - 1}"
    )
    content: bytes = answer["Body"].read()
    return content
