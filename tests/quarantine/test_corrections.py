"""Corrections from people: what is read, and every way in which they are refused, with the place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from interline.contracts import Column, Contract, load_product
from interline.quarantine.contents_sql import Selection
from interline.quarantine.corrections import LARGEST_FILE, read_corrections, read_settings
from interline.quarantine.errors import CorrectionError
from interline.quarantine.release_sql import Correction
from interline.sql.values import value_problem
from tests.mesh_folder import MeshFolder

KEY, OTHER = "a" * 64, "b" * 64


@pytest.fixture
def contract(mesh_folder: MeshFolder) -> Contract:
    return load_product(mesh_folder.root, "bookings.tickets").contract


def refused(path: Path, contract: Contract, body: str | bytes) -> str:
    path.write_bytes(body.encode() if isinstance(body, str) else body)
    with pytest.raises(CorrectionError) as caught:
        read_corrections(path, contract)
    return str(caught.value)


def test_an_empty_cell_of_a_csv_leaves_its_value(tmp_path: Path, contract: Contract) -> None:
    file = tmp_path / "c.csv"
    file.write_text(f'price,row_key,email\n12.50,{KEY},\n,{OTHER},"a,b@c.de"\n\n', encoding="utf-8-sig")
    assert read_corrections(file, contract) == (
        Correction(KEY, "price", "12.50"),
        Correction(OTHER, "email", "a,b@c.de"),
    )


def test_json_says_null_and_numbers_in_their_own_digits(tmp_path: Path, contract: Contract) -> None:
    file = tmp_path / "c.json"
    file.write_text(json.dumps([{"row_key": KEY, "set": {"price": 0.1, "email": None, "ticket_id": "7"}}]))
    assert read_corrections(file, contract) == (
        Correction(KEY, "price", "0.1"),
        Correction(KEY, "email", None),
        Correction(KEY, "ticket_id", "7"),
    )


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", ":1: the header line has no row_key"),
        ("price\n1\n", ":1: the header line has no row_key"),
        ("row_key,price,price\n", ":1: the header line names a column twice"),
        (f"row_key,price\n{KEY}\n", ":2: has 1 fields, the header line 2"),
        (f"row_key,prise\n{KEY},1\n", "has no column 'prise' (did you mean 'price'?)"),
        (f"row_key,price\n{KEY[:12]},1\n", ":2: 'aaaaaaaaaaaa' is no row key"),
        (f"row_key,price\n{KEY},1.005\n", ":2: price: '1.005' is no decimal(10,2)"),
        (f"row_key,price\n{KEY},1e5\n", "is no decimal(10,2) (a number such as 12.50)"),
        (f"row_key,price\n{KEY},123456789.5\n", "is no decimal(10,2)"),
        (f"row_key,price\n{KEY},NaN\n", "is no decimal(10,2)"),
        (f"row_key,sold_at\n{KEY},2013-02-30 00:00:00\n", "is no timestamp (YYYY-MM-DD hh:mm:ss)"),
        (f"row_key,ticket_id\n{KEY},{'é' * 7}\n", "has 14 bytes, more than 13"),
        (f"row_key,price\n{KEY},1\n{KEY},2\n", ":3: price of row aaaaaaaaaaaa is corrected twice"),
        ("row_key,price\n", "corrects nothing"),
        ('row_key,price\n"a,1\n', "unexpected end of data"),
        ("row_key\0\n", "holds a NUL character"),
        (b"row_key,price\n\xff\xfe,1\n", "is not UTF-8 (byte 14)"),
        (b"x" * (LARGEST_FILE + 1), "is larger than 10 MB"),
    ],
)
def test_a_csv_that_is_refused(tmp_path: Path, contract: Contract, body: str | bytes, message: str) -> None:
    message = refused(tmp_path / "c.csv", contract, body)
    assert message in message
    assert str(tmp_path / "c.csv") in message


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", "is no JSON"),
        ("{}", "expected a list"),
        ("[" * 100_000, "is nested too deeply"),
        ("[1]", "entry 1: expected"),
        ('[{"row_key": 1, "set": {"price": 1}}]', "entry 1: '1' is no row key"),
        (f'[{{"row_key": "{KEY}", "sett": {{}}}}]', "entry 1: expected"),
        (f'[{{"row_key": "{KEY}", "set": {{"price": NaN}}}}]', "NaN is no JSON number"),
        (f'[{{"row_key": "{KEY}", "set": {{"price": [1]}}}}]', "a list is no decimal(10,2)"),
        (f'[{{"row_key": "{KEY}", "set": {{"price": true}}}}]', "true is no decimal(10,2)"),
        (f'[{{"row_key": "{KEY}", "set": {{"ticket_id": 7}}}}]', "7 is a number, the column is varchar(13)"),
        (
            f'[{{"row_key": "{KEY}", "set": {{"price": 1, "price": 2}}}}]',
            "'price' stands twice in one object",
        ),
        (f'[{{"row_key": "{KEY}", "set": {{"ticket_id": "\\ud800"}}}}]', "is no valid Unicode"),
        (f'[{{"row_key": "{KEY}", "set": {{"ticket_id": "a\\u0000"}}}}]', "holds a NUL character"),
    ],
)
def test_a_json_that_is_refused(tmp_path: Path, contract: Contract, body: str, message: str) -> None:
    assert message in refused(tmp_path / "c.json", contract, body)


def test_a_file_that_is_none(tmp_path: Path, contract: Contract) -> None:
    for name, message in (("none.csv", "No such file"), ("c.xlsx", "expected a .csv or a .json file")):
        with pytest.raises(CorrectionError, match=message):
            read_corrections(tmp_path / name, contract)
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(CorrectionError, match="directory"):
        read_corrections(tmp_path / "folder.csv", contract)


def test_all_problems_are_listed_and_never_a_personal_value(tmp_path: Path, contract: Contract) -> None:
    rows = "".join(f"{number:064x},x,{'secret@example.com' * 9}\n" for number in range(30))
    message = refused(tmp_path / "c.csv", contract, f"row_key,price,email\n{rows}")
    assert "and 40 more" in message
    assert "email: the value has 162 bytes, more than 100" in message
    assert "secret" not in message


@pytest.mark.parametrize(
    ("settings", "nulls", "message"),
    [
        (["price"], [], "'price' is no setting: write column=value"),
        (["prise=1"], [], "did you mean 'price'"),
        (["price=1", "price=2"], [], "price is set twice"),
        (["price=1"], ["price"], "price is set twice"),
        (["price="], [], "price: '' is no decimal"),
        ([], ["nothing"], "has no column 'nothing'"),
    ],
)
def test_settings_that_are_refused(
    contract: Contract, settings: list[str], nulls: list[str], message: str
) -> None:
    with pytest.raises(CorrectionError, match=message):
        read_settings(settings, nulls, contract)


def test_settings(contract: Contract) -> None:
    assert read_settings(["price=1", "email=a=b"], ["sold_at"], contract) == (
        ("price", "1"),
        ("email", "a=b"),
        ("sold_at", None),
    )


@pytest.mark.parametrize(
    ("physical_type", "good", "bad"),
    [
        ("integer", ["0", "-2147483648", "+7"], ["2147483648", "1.0", "", " 1", "1_000", "\u0661"]),
        ("bigint", ["9223372036854775807"], ["9223372036854775808", "0x1"]),
        ("decimal(38,0)", ["9" * 38], ["9" * 39, "1.5"]),
        ("decimal(4,2)", ["99.99", "-.5", "007.10", "1.500"], ["100", "1.001", ".", "-", "1,5"]),
        ("real", ["1e38", ".5"], ["1e39", "inf", "nan"]),
        ("double precision", ["1e308"], ["1e309", "Infinity"]),
        ("boolean", ["true", "false"], ["TRUE", "1", "yes", ""]),
        ("date", ["2012-02-29"], ["2013-02-29", "2013-1-1", "today", "20130101", "0000-01-01"]),
        (
            "timestamp",
            ["2013-01-01 23:59:59.999999", "2013-01-01T00:00:00"],
            ["2013-01-01", "2013-01-01 24:00:00"],
        ),
        ("timestamptz", ["2013-01-01 00:00:00+02:00", "2013-01-01 00:00:00Z"], ["2013-01-01 00:00:00"]),
        ("varchar(3)", ["", "abc", "é"], ["abcd", "éé"]),
    ],
)
def test_values_of_each_type(physical_type: str, good: list[str], bad: list[str]) -> None:
    column = Column("c", "string", physical_type, "")
    assert [text for text in good if value_problem(text, column)] == []
    assert [text for text in bad if not value_problem(text, column)] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"day": "2013-02-30"}, {"rule": "a,b"}, {"rule": "a\n"}, {"rule": "\ud800"}, {"row_keys": ("abc",)},
        {"row_keys": ("' or 1=1",)}, {"row_keys": ("A" * 64,)}, {"row_keys": ("a" * 65,)}, {"row_keys": ("a" * 8,) * 501},
    ],
)  # fmt: skip
def test_a_selection_that_cannot_be_meant(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"day|rule|row key"):
        Selection(**wrong)  # type: ignore[arg-type]
