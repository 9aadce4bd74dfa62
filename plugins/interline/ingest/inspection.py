"""The bytes of a landed object, looked through once: how many records are stored, and what nobody could read.

What a table of the landing database can hold is what Glue's built-in classifiers recognise and what the SerDes that they
name can read; sources: "Built-in classifiers" (AWS Glue Developer Guide), "Open CSV SerDe for processing CSV", "OpenX
JSON SerDe" and "Best practices for reading JSON data" (Amazon Athena User Guide). A line ends at LF, CR or CR LF.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

LONGEST_LINE = 16 * 1024 * 1024
"""Bytes: the size of the largest value that Redshift holds ("SUPER type", Amazon Redshift Database Developer Guide)."""
MOST_COLUMNS = 1_597
"""Columns of an external table ("CREATE EXTERNAL TABLE", Amazon Redshift Database Developer Guide)."""
PARSED_BYTES = 1024 * 1024
"""Of every object so many bytes of JSON are parsed; of what follows only both ends of each line are looked at, and what
is wrong within is told by the query that counts the rows."""

_DELIMITERS = (b",", b"|", b"\t", b";", b"\x01")
_SAMPLED_LINES = 1_000
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_AGAIN = "Ask for it to be delivered again"
_AS_LINES = "Ask for one JSON object a line"
_SIGNATURES = (
    (b"PAR1", "Parquet", "declare `format: parquet` in product.yaml, or ask for the declared format"),
    (b"\x1f\x8b", "gzip under a name without .gz", "ask for a name that ends in .gz"),
    (b"PK\x03\x04", "a ZIP archive or a spreadsheet", "ask for the file that is in it"),
    (b"ORC", "ORC", "ask for the declared format"),
    (b"Obj\x01", "Avro", "ask for the declared format"),
    (b"\xff\xfe", "UTF-16", "ask for UTF-8"),
    (b"\xfe\xff", "UTF-16", "ask for UTF-8"),
)
_LONGEST_SIGNATURE = max(len(signature) for signature, *_ in _SIGNATURES)


@dataclass(frozen=True)
class Counted:
    """Of one object: the lines of text, headers included, or the rows of Parquet; and of CSV how its first line is cut."""

    records: int
    columns: tuple[str, ...] = ()
    delimiter: str = ""


class Unreadable(ValueError):
    """An object, or one line of it (counted from 1), that cannot be read; `remedy` is what to do about it."""

    def __init__(self, problem: str, remedy: str, line: int | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy
        self.line = line

    def message_about(self, name: str) -> str:
        """The message about the object of this name."""
        place = name if self.line is None else f"{name}, line {self.line}"
        return f"{place}: {self.problem}. {self.remedy[:1].upper()}{self.remedy[1:]}"


class CutOff(Unreadable):
    """An object whose end is missing."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem, _AGAIN)

    def message_about(self, name: str) -> str:
        """The message about the object of this name."""
        return f"{name} was cut off: {self.problem}. {self.remedy}"


def count_lines(pieces: Iterable[bytes], form: str) -> Counted:
    """Count the lines of an object; `form` is `json` or `csv`, `pieces` its decompressed bytes in order.

    Raises:
        Unreadable: the first thing in it that its table could not show.
    """
    lines = _JsonLines() if form == "json" else _DelimitedLines()
    number = 0
    for number, line in enumerate(_lines(pieces), 1):
        if not line.strip():
            raise Unreadable(
                "a blank line, of which a table makes a row of nulls", f"{_AGAIN} without it", number
            )
        if not line.isascii():
            try:
                line.decode()
            except UnicodeDecodeError as error:
                raise Unreadable(
                    f"the line is not UTF-8 ({error.reason})", "ask for UTF-8", number
                ) from error
        if b"\0" in line:
            raise Unreadable("the line holds a NUL (binary zero)", "ask for plain text in UTF-8", number)
        lines.line(number, line)
    return lines.counted(number)


def _lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The lines of text without their ends, the byte order mark of UTF-8 left out."""
    rest = b""
    ended = 0
    for piece in _checked_start(pieces):
        lines = (rest + piece).splitlines(keepends=True)
        # a CR at the end may be the first half of CR LF
        rest = lines.pop() if lines and not lines[-1].endswith(b"\n") else b""
        ended += len(lines)
        yield from (line.rstrip(b"\r\n") for line in lines)
        if len(rest) > LONGEST_LINE:
            raise Unreadable(
                f"a line of more than {LONGEST_LINE:,} bytes", "ask for shorter records", ended + 1
            )
    yield from (line.rstrip(b"\r\n") for line in rest.splitlines(keepends=True))


def _checked_start(pieces: Iterable[bytes]) -> Iterator[bytes]:
    remaining = iter(pieces)
    head = b""
    for piece in remaining:
        head += piece
        if len(head) >= _LONGEST_SIGNATURE:
            break
    for signature, what, remedy in _SIGNATURES:
        if head.startswith(signature):
            raise Unreadable(f"it is {what}", remedy)
    yield head.removeprefix(_BYTE_ORDER_MARK)
    yield from remaining


class _JsonLines:
    """One object a line, without a key twice."""

    def __init__(self) -> None:
        self._parsed = 0
        self._failed: tuple[int, bytes, str] | None = None

    def line(self, number: int, line: bytes) -> None:
        if self._failed is not None:
            raise self._failure(more=True)
        if self._parsed < PARSED_BYTES:
            self._parsed += len(line)
            problem = _json_problem(line, number)
        else:
            whole = line.strip().startswith(b"{") and line.strip().endswith(b"}")
            problem = "" if whole else "it is no complete JSON object"
        if problem:
            self._failed = number, line, problem

    def counted(self, lines: int) -> Counted:
        if self._failed is not None:
            raise self._failure(more=False)
        return Counted(lines)

    def _failure(self, more: bool) -> Unreadable:
        number, line, problem = self._failed or (0, b"", "")
        text = line.strip()
        if text.startswith(b"[") and (more or _is_json(text)):
            return Unreadable("it is a JSON array", _AS_LINES, number)
        if not text.startswith((b"{", b"[")):
            kind = ", but CSV" if number == 1 and any(mark in text for mark in _DELIMITERS) else ""
            return Unreadable(f"it is no JSON{kind}: {_shown(text)}", _AS_LINES, number)
        if more and number == 1:
            return Unreadable("its JSON goes over several lines (pretty-printed)", _AS_LINES, number)
        if more:
            return Unreadable(f"it is no complete JSON object: {problem}", _AS_LINES, number)
        return CutOff(f"its last line is no complete JSON: …{text[-60:].decode(errors='replace')}")


def _json_problem(line: bytes, number: int) -> str:
    """Why a line is no JSON object, or nothing. Raises Unreadable for what is whole and yet cannot be read."""
    try:
        value = json.loads(line, object_pairs_hook=_distinct_keys)
    except RecursionError:
        raise Unreadable("its JSON is nested too deeply", "ask for flatter records", number) from None
    except _KeyTwice as error:
        raise Unreadable(
            f"the key {error.key!r} occurs twice", "ask for records with every key once", number
        ) from error
    except ValueError as error:
        return str(error)
    return "" if isinstance(value, dict) else "it is no object"


def _is_json(text: bytes) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


class _KeyTwice(ValueError):
    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def _distinct_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs) or len({key.lower() for key in found}) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key.lower() in seen:
                raise _KeyTwice(key)
            seen.add(key.lower())
    return found


class _DelimitedLines:
    """The same number of fields in every line, cut by one delimiter that stands within no quotes."""

    def __init__(self) -> None:
        self._sample: list[bytes] = []
        self._delimiter = b""
        self._columns: tuple[str, ...] = ()
        self._width = 0
        self._odd: tuple[int, int] | None = None
        self._number = 0

    def line(self, number: int, line: bytes) -> None:
        self._number = number
        if not self._delimiter:
            self._sample.append(line)
            if len(self._sample) == _SAMPLED_LINES:
                self._decide()
            return
        self._check(number, line)

    def counted(self, lines: int) -> Counted:
        if not self._delimiter:
            self._decide()
        if self._odd is not None:
            raise self._failure(last=True)
        return Counted(lines, self._columns, self._delimiter.decode())

    def _decide(self) -> None:
        """Find the delimiter in the first lines, and look at them."""
        sample, self._sample = self._sample, []
        if not sample:
            return
        if sample[0].lstrip().startswith((b"{", b"[")) and _is_json(sample[0]):
            raise Unreadable(
                "it is JSON, not CSV", "declare `format: json` in product.yaml, or ask for CSV", 1
            )
        alike = [
            delimiter
            for delimiter in _DELIMITERS
            if len({line.count(delimiter) for line in sample}) == 1 and delimiter in sample[0]
        ]
        self._delimiter = max(alike or _DELIMITERS, key=sample[0].count)
        self._columns = tuple(_fields(sample[0], self._delimiter))
        self._width = len(self._columns)
        if self._width < 2:
            raise Unreadable(
                "it has one column, and Glue recognises CSV by two or more",
                "ask for a delimiter out of , | tab ; or for JSON lines",
                1,
            )
        if self._width > MOST_COLUMNS:
            raise Unreadable(
                f"it has {self._width:,} columns, and an external table of Redshift has {MOST_COLUMNS:,} at most",
                "ask for fewer columns",
                1,
            )
        for number, line in enumerate(sample, 1):
            self._check(number, line)

    def _check(self, number: int, line: bytes) -> None:
        if self._odd is not None:
            raise self._failure(last=False)
        width = line.count(self._delimiter) + 1
        if b'"' in line:
            self._check_quotes(number, line, width)
        if width != self._width:
            self._odd = number, width

    def _check_quotes(self, number: int, line: bytes, width: int) -> None:
        try:
            fields = _fields(line, self._delimiter)
        except csv.Error as error:
            if "unexpected end" not in str(error):
                return  # a quote within a field is a letter like any other
            raise Unreadable("a quoted field goes on in the next line", _UNQUOTED, number) from error
        if len(fields) != width:
            shown = self._delimiter.decode()
            raise Unreadable(f"the delimiter {shown!r} stands within quotes", _UNQUOTED, number)

    def _failure(self, last: bool) -> Unreadable:
        number, width = self._odd or (0, 0)
        if last and width < self._width:
            return CutOff(f"its last line has {width} of {self._width} fields")
        delimiter = self._delimiter.decode()
        return Unreadable(
            f"it has {width} fields, line 1 has {self._width} (cut at {delimiter!r})", _AGAIN, number
        )


_UNQUOTED = "the tables that Glue makes of CSV know no quotes: ask for another delimiter, for JSON lines or for Parquet"


def _fields(line: bytes, delimiter: bytes) -> list[str]:
    """A line cut where quotes count. Raises csv.Error for a quote that is not closed."""
    text = line.decode()
    if '"' not in text:
        return text.split(delimiter.decode())
    return next(csv.reader([text], delimiter=delimiter.decode(), strict=True))


def _shown(text: bytes) -> str:
    shown = text[:60].decode(errors="replace")
    return f"{shown}…" if len(text) > 60 else shown
