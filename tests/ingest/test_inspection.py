"""The bytes of landed text: how many lines are stored, and what its table could not show.

The judges are AWS's pages: "Built-in classifiers" (AWS Glue Developer Guide), "Open CSV SerDe for processing CSV", "OpenX JSON
SerDe", "Best practices for reading JSON data" (Amazon Athena User Guide); that a line ends at LF, CR and CR LF is Trino's TextLineReader.
"""

from __future__ import annotations

import json

import pytest

from interline.ingest import inspection
from interline.ingest.inspection import Counted, CutOff, Unreadable, count_lines


@pytest.mark.parametrize("size", [1, 2, 3, 5, 1_000])
@pytest.mark.parametrize(
    ("content", "form", "lines"),
    [
        (b'{"a":1}\n{"a":2}\n', "json", 2),
        (b'{"a":1}\n{"a":2}', "json", 2),
        (b'{"a":1}\r\n{"a":2}\r\n', "json", 2),
        (b'{"a":1}\r{"a":2}\r', "json", 2),
        (b'{"a":1}\r\n{"a":2}\n{"a":3}\r{"a":4}', "json", 4),
        (b'\xef\xbb\xbf{"a":1}\n', "json", 1),
        ('{"a":"é\u2028\x85"}\n'.encode(), "json", 1),
        (b'{"a":{"b":1},"b":1}\n', "json", 1),
        (b"a,b\n1,2\n", "csv", 2),
        (b"a,b\n", "csv", 1),
        (b"a|b,c\n1|2\n", "csv", 2),
        (b'a,b\n"x",2\n', "csv", 2),
        (b'a,b\nx"y,2\n', "csv", 2),
        ("a,b\né,2\n".encode(), "csv", 2),
    ],
)
def test_lines_are_counted_however_the_bytes_come(content: bytes, form: str, lines: int, size: int) -> None:
    pieces = [content[start : start + size] for start in range(0, len(content), size)]
    assert count_lines(pieces, form).records == lines


@pytest.mark.parametrize(
    ("content", "form", "line", "problem"),
    [
        (b'{\n  "a": 1\n}\n', "json", 1, "goes over several lines"),
        (b'[\n{"a": 1}\n]\n', "json", 1, "JSON array"),
        (b'[{"a": 1}, {"a": 2}]\n', "json", 1, "JSON array"),
        (b"id,n\n1,x\n", "json", 1, "no JSON, but CSV: id,n"),
        (b'{"a":1}\nnull\n', "json", 2, "no JSON: null"),
        (b'{"a":1}\n{"a":\n{"a":3}\n', "json", 2, "no complete JSON object"),
        (b'{"a":1}{"a":2}\n{"a":3}\n', "json", 1, "goes over several lines"),
        (b'{"a":1}\n{"a":1}{"a":2}\n{"a":3}\n', "json", 2, "no complete JSON object: Extra data"),
        (b'{"a":1}\n\n{"a":2}\n', "json", 2, "a blank line"),
        (b'{"a":1}\n  \n', "json", 2, "a blank line"),
        (b'{"a":1}\n{"Id":1,"id":2}\n', "json", 2, "the key 'id' occurs twice"),
        (b'{"a":{"b":1,"b":2}}\n', "json", 1, "the key 'b' occurs twice"),
        (b'{"a":' + b"[" * 5_000 + b"]" * 5_000 + b"}\n", "json", 1, "nested too deeply"),
        ('{"a":"é"}\n'.encode("latin-1"), "json", 1, "not UTF-8"),
        ('{"a":1}\n'.encode("utf-16"), "json", None, "UTF-16"),
        ('{"a":1}\n'.encode("utf-16-le"), "json", 1, "NUL"),
        (b"PAR1\x15\x04", "json", None, "it is Parquet"),
        (b"\x1f\x8b\x08\x00", "csv", None, "gzip under a name without .gz"),
        (b"PK\x03\x04rest", "csv", None, "a ZIP archive or a spreadsheet"),
        (b'{"a":1}\n{"a":2}\n', "csv", 1, "it is JSON, not CSV"),
        (b"a,b\n\n1,2\n", "csv", 2, "a blank line"),
        (b"a,b\n1,2,3\n4,5\n", "csv", 2, "it has 3 fields, line 1 has 2 (cut at ',')"),
        (b"a,b\n1;2\n4,5\n", "csv", 2, "it has 1 fields, line 1 has 2"),
        (b'a,b\n"x, y",2\n', "csv", 2, "the delimiter ',' stands within quotes"),
        (b'a,b\n"x\ny",2\n', "csv", 2, "goes on in the next line"),
        (b"a\n1\n", "csv", 1, "it has one column"),
        (b"a,b\n1,x\0y\n", "csv", 2, "NUL"),
        (b",".join(b"c%d" % number for number in range(100_000)) + b"\n", "csv", 1, "it has 100,000 columns"),
        (b"a,b\n" + b"1," + b"x" * 50_000_000, "csv", 2, "a line of more than 16,777,216 bytes"),
    ],
    ids=lambda value: repr(value[:24]) if isinstance(value, bytes) else None,
)  # fmt: skip
def test_what_no_table_could_show_is_named_with_its_line(
    content: bytes, form: str, line: int | None, problem: str
) -> None:
    pieces = [content[start : start + 1_000_000] for start in range(0, len(content), 1_000_000)]
    with pytest.raises(Unreadable) as refused:
        count_lines(pieces, form)
    assert problem in refused.value.problem
    assert refused.value.line == line
    assert refused.value.remedy
    assert not isinstance(refused.value, CutOff)


@pytest.mark.parametrize(
    ("content", "form", "problem"),
    [
        (b'{"a":1}\n{"a":', "json", "its last line is no complete JSON"),
        (b'{"a"', "json", "its last line is no complete JSON"),
        (b'[{"a": 1}, {"a"', "json", "its last line is no complete JSON"),
        (b"a,b,c\n1,2,3\n4,5", "csv", "its last line has 2 of 3 fields"),
    ],
)
def test_an_end_that_is_missing_is_a_cut_off(content: bytes, form: str, problem: str) -> None:
    with pytest.raises(CutOff, match=problem):
        count_lines([content], form)


def test_behind_what_is_parsed_both_ends_of_a_line_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspection, "PARSED_BYTES", 10)
    line = json.dumps({"a": "x" * 20}).encode()
    assert count_lines([line + b"\n" + line + b"\n"], "json") == Counted(2)
    with pytest.raises(Unreadable) as refused:
        count_lines([line + b"\n" + line[:-1] + b"\n" + line + b"\n"], "json")
    assert refused.value.line == 2


def test_a_message_names_the_object_the_line_and_what_to_do() -> None:
    with pytest.raises(Unreadable) as refused:
        count_lines([b'{"a":1}\n\n'], "json")
    assert refused.value.message_about("s3://landing/events/a.json") == (
        "s3://landing/events/a.json, line 2: a blank line, of which a table makes a row of nulls."
        " Ask for it to be delivered again without it"
    )


def test_of_csv_the_first_line_is_reported_as_it_is_cut() -> None:
    assert count_lines([b'id|"na,me"\n1|x\n'], "csv") == Counted(2, ("id", "na,me"), "|")
