"""Rows that are stored, and rows that are read: what differs is named."""

from __future__ import annotations

from datetime import date

import pytest

from interline.ingest.accounting import (
    Difference,
    differences,
    header_lines,
    header_problem,
    rows_of,
    rows_query,
)
from interline.ingest.places import day_of_folder, is_hidden, is_marker


def test_only_what_differs_is_named_by_its_object() -> None:
    found = differences({"a": 3, "b": 2, "c": 1, "empty": 0}, {"a": 3, "c": 2, "d": 1})
    assert found == [Difference("b", 2, 0), Difference("c", 1, 2), Difference("d", 0, 1)]
    assert [str(one) for one in found] == [
        "b: 2 rows are stored, 0 are read",
        "c: 1 rows are stored, 2 are read",
        "d: 1 rows are read, and none was stored when it was looked at",
    ]


def test_headers_are_no_rows() -> None:
    assert header_lines({"Parameters": {"skip.header.line.count": "1"}}) == 1
    assert header_lines({}) == 0
    assert [rows_of(lines, 1) for lines in (0, 1, 5)] == [0, 0, 4]


TABLE = {
    "StorageDescriptor": {
        "Columns": [{"Name": "id"}, {"Name": "full name"}, {"Name": "later"}],
        "SerdeInfo": {"Parameters": {"field.delim": ","}},
    }
}


@pytest.mark.parametrize(
    ("columns", "delimiter", "problem"),
    [
        (("ID", " Full Name ", "later"), ",", ""),
        (("id", "full name"), ",", ""),
        (("id", ""), ",", ""),
        (("3", "4"), ",", "its first line has '3' where the table has the column 'id'"),
        (("id", "later", "full name"), ",", "has 'later' where the table has the column 'full name'"),
        (("id", "full name", "later", "more"), ",", "has 'more' where the table has the column None"),
        (("id", "full name"), "|", "it is cut at '|', and the table at ','"),
    ],
)
def test_a_first_line_is_the_tables_header_or_not(
    columns: tuple[str, ...], delimiter: str, problem: str
) -> None:
    found = header_problem(TABLE, columns, delimiter)
    assert problem in found
    assert bool(problem) == bool(found)


def test_one_query_counts_the_rows_of_all_tables_by_object() -> None:
    assert rows_query("bookings_landing", ["events", "airports"], "2013-01-01") == (
        "select 'events' as source, \"$path\" as object, count(*) as stored_rows from \"bookings_landing\".\"events\""
        " where dt = '2013-01-01' group by \"$path\" union all "
        "select 'airports' as source, \"$path\" as object, count(*) as stored_rows from \"bookings_landing\".\"airports\""
        " where dt = '2013-01-01' group by \"$path\""
    )  # fmt: skip


@pytest.mark.parametrize(
    ("folder", "day"),
    [
        ("dt=2013-01-05", date(2013, 1, 5)),
        ("dt=2013-13-45", None),
        ("dt=2013-1-5", None),
        ("dt=20130105", None),
        ("dt=x", None),
        ("hour=05", None),
        ("2013-01-05", None),
        ("DT=2013-01-05", None),
    ],
)
def test_a_folder_is_a_data_day_or_none(folder: str, day: date | None) -> None:
    assert day_of_folder(folder) == day


def test_markers_and_hidden_names() -> None:
    assert [is_marker(name) for name in ("a/_SUCCESS", "a/.part.crc", "a/b.json", "a/_b.json")] == [
        True, True, False, False,
    ]  # fmt: skip
    assert [is_hidden(name) for name in ("a/_b.json", "a/.b", "_tmp/b", "a/b_c.json")] == [
        True, True, True, False,
    ]  # fmt: skip
