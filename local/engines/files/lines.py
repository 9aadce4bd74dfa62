"""Objects of text as lines: decompressed whole, cut where Hadoop and Trino cut, counted, so that none is lost later.

A line ends at LF, CR or CR LF, and the last one needs no end; a byte order mark of UTF-8 at the start is passed over
(Trino's TextLineReader, which Athena engine version 3 is built on; Hadoop's LineRecordReader does the same).
"""

from __future__ import annotations

import gzip
import mmap
import re
import shutil
import tempfile
import uuid
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local.engines import objects
from local.engines.errors import BadData, NotSupported

BLANK = f"\x1c{uuid.uuid4().hex}\x1c"
"""What stands for a blank line in plain text, since DuckDB's reader of CSV passes over blank lines."""

LONGEST_LINE = 64 * 1024 * 1024
"""Bytes; a longer line is refused."""

DEEPEST = 1_000
"""Levels of JSON, as Jackson's StreamReadConstraints sets them by default; deeper nesting is refused."""

_UNREADABLE = (".bz2", ".snappy", ".lz4", ".lzo", ".deflate", ".zip")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")
_LINE_END = re.compile(rb"\r\n|\r|\n")
_BLANK_LINE = re.compile(rb"(?m)^(?=\n)")
_BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*"|([\[{])|([\]}])')


@dataclass(frozen=True)
class PlainText:
    """A local file whose lines all end with LF, without a byte order mark; `lines` is how many there are."""

    path: Path
    lines: int

    def each(self) -> Iterator[str]:
        """The lines in order; what is no UTF-8 is shown as U+FFFD."""
        with self.path.open("rb") as opened:
            for line in opened:
                text = line.rstrip(b"\n").decode(errors="replace")
                yield "" if text == BLANK else text


@contextmanager
def plain_text(source: Path, uri: str, *, json: bool = False) -> Iterator[PlainText]:
    """The text of an object's local copy, decompressed as its name says; a blank line becomes BLANK, or `{}` in JSON.

    A blank line is a row without values, in JSON too (rcongiu/Hive-JSON-Serde #207; Trino's OpenX JSON reader).
    Raises BadData when compressed bytes end early or are damaged, when a line is too long, is no UTF-8 or is JSON that is
    nested too deeply, and when the object is UTF-16; NotSupported for a compression that is not known.
    """
    if source.name.endswith(_UNREADABLE):
        raise NotSupported(f"the compression of {uri}")
    with tempfile.TemporaryDirectory(dir=objects.cache_folder("borrowed")) as folder:
        decompressed = _decompressed(source, uri, Path(folder))
        plain = _normalised(decompressed, uri, b"{}" if json else BLANK.encode(), Path(folder))
        yield PlainText(plain, _check_and_count(plain, uri, json=json))


def _decompressed(source: Path, uri: str, folder: Path) -> Path:
    kind = {".gz": "gzip", ".zst": "zstd"}.get(source.suffix.lower())
    if kind is None:
        return source
    target = folder / "decompressed"
    unpack(source, kind, target, uri)
    return target


def unpack(source: Path, kind: str, target: Path, uri: str) -> None:
    """Decompress a whole file; `kind` is "gzip" or "zstd". Raises BadData when bytes end early or are damaged.

    The messages are Athena's own ("HIVE_CURSOR_ERROR exceptions", re:Post Knowledge Center).
    """
    try:
        if kind == "gzip":
            with gzip.open(source) as opened, target.open("wb") as out:
                shutil.copyfileobj(opened, out, 1 << 20)
        else:
            import pyarrow  # slow to import, and few objects are zstd

            with pyarrow.input_stream(str(source), compression=kind) as opened, target.open("wb") as out:
                while piece := opened.read(1 << 20):
                    out.write(piece)
    except EOFError as error:
        raise BadData("Unexpected end of input stream", uri, code="HIVE_CURSOR_ERROR") from error
    except gzip.BadGzipFile as error:
        raise BadData(f"incorrect header check: {error}", uri, code="HIVE_CURSOR_ERROR") from error
    except (zlib.error, OSError) as error:
        early = "Truncated" in str(error)
        reason = "Unexpected end of input stream" if early else f"incorrect data check: {error}"
        raise BadData(reason, uri, code="HIVE_CURSOR_ERROR") from error


def _normalised(source: Path, uri: str, blank: bytes, folder: Path) -> Path:
    """The same text with LF at the end of every line; the file itself when there is nothing to change."""
    size = source.stat().st_size
    if not size:
        return source
    with source.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if content[:2] in _WIDE_MARKS:
            raise BadData("the object is UTF-16, not UTF-8", uri, 1, code="HIVE_CURSOR_ERROR")
        start = len(_BYTE_ORDER_MARK) if content[:3] == _BYTE_ORDER_MARK else 0
        if not start and content.find(b"\r") < 0 and content.find(b"\n\n") < 0 and content[:1] != b"\n":
            return source
        text = _LINE_END.sub(b"\n", content[start:])
    target = folder / "plain"
    target.write_bytes(_BLANK_LINE.sub(blank, text))
    return target


def _check_and_count(path: Path, uri: str, *, json: bool) -> int:
    count = 0
    with path.open("rb") as opened:
        for count, line in enumerate(opened, start=1):
            if len(line) > LONGEST_LINE:
                raise BadData(
                    f"a line of {len(line):,} bytes: the local AWS reads lines of up to {LONGEST_LINE:,}",
                    uri,
                    count,
                )
            if not line.isascii():
                try:
                    line.decode()
                except UnicodeDecodeError as error:
                    raise BadData(f"the line is not UTF-8: {error.reason}", uri, count) from error
            if json and len(line) > DEEPEST and _depth(line) > DEEPEST:
                raise BadData(
                    f"Row is not a valid JSON Object - nested deeper than {DEEPEST:,} levels",
                    uri,
                    count,
                    "HIVE_CURSOR_ERROR",
                )
    return count


def _depth(line: bytes) -> int:
    """How deeply the brackets of a line are nested, texts left out."""
    if line.count(b"[") + line.count(b"{") <= DEEPEST:
        return 0
    depth = deepest = 0
    for match in _BRACKETS.finditer(line):
        depth += 1 if match[1] else -1 if match[2] else 0
        deepest = max(deepest, depth)
    return deepest
