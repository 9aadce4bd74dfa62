"""Every kind of rule that a contract may state, run by Redshift SQL on rows of which one breaks each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from interline.contracts import Contract
from interline.contracts.odcs.reader import contract_of
from interline.contracts.odcs.type_options import TEXT_FORMATS
from interline.contracts.yaml.reader import read
from interline.quarantine.batch_check import plan_check
from interline.sql.quoting import literal
from interline.sql.tables import Tables
from tests.engines.redshift.conftest import DataApi

WHOLE = Path(__file__).resolve().parents[2] / "contracts" / "odcs_corpus" / "whole.yaml"
TABLES = Tables("odcs", "tickets")
DAY = "2013-01-01"
COLUMNS = """
    data_day date, ticket_id varchar(13), email varchar(254), price decimal(10,2), bags integer, cabin varchar(16),
    carrier varchar(4), flight_number integer, origin varchar(8), sold_at timestamp, refundable boolean
"""
GOOD = {
    "data_day": DAY,
    "email": "ann@example.com",
    "price": 120.5,
    "bags": 1,
    "cabin": "economy",
    "carrier": "AA",
    "flight_number": 1,
    "origin": "JFK",
    "sold_at": "2013-01-01 12:00:00",
    "refundable": True,
}
BREAKING: list[tuple[dict[str, object], str]] = [
    ({}, ""),
    ({"email": None, "bags": None, "cabin": None, "origin": None, "sold_at": None}, "business_has_bags"),
    ({"email": None, "cabin": None, "origin": None, "sold_at": None}, ""),
    ({"bags": None}, ""),
    ({"data_day": "2009-12-31"}, "data_day_minimum"),
    ({"data_day": "2100-01-01"}, "data_day_exclusive_maximum"),
    ({"ticket_id": "12345"}, "ticket_id_pattern,ticket_id_min_length"),
    ({"ticket_id": "123456789012X"}, "ticket_id_pattern"),
    ({"email": "ann.example.com"}, "email_format"),
    ({"price": None}, "price_required,price_null_values"),
    ({"price": 0}, "price_exclusive_minimum"),
    ({"price": 100000.01}, "price_maximum"),
    ({"bags": -1}, "bags_format_minimum"),
    ({"bags": 256}, "bags_format_maximum"),
    ({"cabin": "first"}, "cabin_values"),
    ({"origin": "LHR"}, "origin_in_ticket_events"),
    ({"sold_at": "2009-12-31 23:59:59"}, "sold_at_minimum"),
    ({"carrier": "AA", "flight_number": 2}, "carrier_flight_number_in_ticket_events"),
    ({"carrier": "BB", "flight_number": 1}, "carrier_flight_number_in_ticket_events"),
    ({"carrier": None, "flight_number": 2}, ""),
    ({"cabin": "business", "bags": -1}, "bags_format_minimum,business_has_bags"),
    ({"price": 60000}, ""),
]
"""Each row as it differs from a good one, with the rules that it breaks: an expression has to be true, not unknown."""


@pytest.fixture(scope="module")
def contract() -> Contract:
    """The corpus' whole contract: it has every key that is executed."""
    return contract_of(read(WHOLE), "bookings.tickets")


@pytest.fixture(scope="module")
def redshift(data_api: DataApi) -> Iterator[DataApi]:
    """Two flights landed on the data day, one the day before; a batch with one row for every rule."""
    data_api.must("create schema if not exists odcs")
    data_api.must("create schema if not exists odcs_landing")
    data_api.must(
        "create table odcs_landing.ticket_events"
        " (origin varchar(8), carrier varchar(4), flight_number integer, dt varchar(10))"
    )
    data_api.must(
        "insert into odcs_landing.ticket_events values ('JFK', 'AA', 1, '2013-01-01'),"
        " ('JFK', 'BB', 2, '2013-01-01'), ('LHR', 'AA', 2, '2012-12-31')"
    )
    data_api.must(f"create table odcs.tickets ({COLUMNS})")
    rows = [
        {**GOOD, "ticket_id": f"{number:013d}", **differs} for number, (differs, _) in enumerate(BREAKING)
    ]
    data_api.must(f"insert into odcs.tickets values {', '.join(_row(row) for row in rows)}")
    yield data_api
    data_api.must("drop schema odcs cascade")
    data_api.must("drop schema odcs_landing cascade")


def _row(row: dict[str, object]) -> str:
    names = [line.split()[0] for line in COLUMNS.replace("decimal(10,2)", "decimal").split(",")]
    values = ["null" if row[name] is None else literal(row[name]) for name in names]  # type: ignore[arg-type]
    return f"({', '.join(values)})"


def test_each_row_breaks_the_rules_it_is_made_to_break(contract: Contract, redshift: DataApi) -> None:
    plan = plan_check(contract, TABLES, DAY, {})
    described = redshift.run_batch(list(plan.statements))
    assert described["Status"] == "FINISHED", described.get("Error")
    found = dict(redshift.rows("select ticket_id, rule from odcs.tickets__quarantine order by 1"))
    expected: dict[str, set[str]] = {}
    for number, (differs, rules) in enumerate(BREAKING):
        broken = set(rules.split(",")) - {""}
        if differs.get("data_day"):
            broken.add("data_day_is_the_data_day")
        if broken:
            expected[str(differs.get("ticket_id", f"{number:013d}"))] = broken
    assert {ticket: set(str(rules).split(",")) for ticket, rules in found.items()} == expected

    numbers = redshift.client.get_statement_result(Id=f"{described['Id']}:{len(plan.statements) - 1}")
    row = [None if "isNull" in field else next(iter(field.values())) for field in numbers["Records"][0]]
    result = plan.result([None if value is None else float(value) for value in row])
    passed = len(BREAKING) - len(expected)
    assert (result.rows_in, result.rows_checked) == (len(BREAKING), passed)
    values = {rule.name: value for rule, value in zip(plan.batch_rules, result.values, strict=True)}
    assert passed == 5
    assert values == {
        "primary_key": 0,
        "ticket_id_unique": 0,
        "few_tickets_are_dear": 1,
        "bags_null_values": 20,
        "cabin_invalid_values": 0,
        "cabin_missing_values": 1,
        "row_count": 5,
        "duplicate_values": 40,
        "half_of_the_tickets_are_for_both_ways": 4,
        "freshness": 12,
    }
    within_limit = {rule.name for rule in plan.batch_rules if rule.limit.holds(values[rule.name] or 0)}
    assert set(values) - within_limit == {"bags_null_values", "duplicate_values"}


WORDS = {
    "email": (
        ["ann@example.com", "a.b+c@mail.example.co.uk", "o'hara@x.ie", "1@2.de"],
        ["ann", "ann@", "@example.com", "ann@example", "a b@x.de", "ann@-x.de", "ann@x..de", "ann@x.de\n"],
    ),
    "uuid": (
        ["123e4567-e89b-12d3-a456-426614174000", "123E4567-E89B-12D3-A456-426614174000"],
        ["123e4567e89b12d3a456426614174000", "123e4567-e89b-12d3-a456-42661417400", "g23e4567-e89b-12d3-a456-426614174000"],
    ),
    "uri": (
        ["https://example.com/a?b=c#d", "urn:isbn:0451450523", "mailto:ann@example.com", "s3://bucket/key"],
        ["example.com", "//example.com", "https:", "http://a b", "1http://x", 'http://"x"'],
    ),
    "hostname": (
        ["example.com", "localhost", "a-b.c", "xn--bcher-kva.example"],
        ["-a.com", "a-.com", "a..b", "a_b.com", "", "a" * 64 + ".com"],
    ),
    "ipv4": (
        ["127.0.0.1", "10.0.0.1", "255.255.255.255"],
        ["256.0.0.1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.a", " 1.2.3.4"],
    ),
    "ipv6": (
        ["::", "::1", "2001:db8::ff00:42:8329", "1:2:3:4:5:6:7:8", "1::8", "1:2:3:4:5:6:7::", "::ffff:192.0.2.1", "fe80::1"],
        ["1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::", "1::2::3", ":", "g::1", "1:2:3:4:5:6:7:8:", "1.2.3.4"],
    ),
    "byte": (["", "YQ==", "YWI=", "YWJj", "YWJjZA=="], ["Y", "YQ=", "YQ", "Y Q=", "YQ==YQ==", "====", "YWJj\n"]),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(TEXT_FORMATS))
def test_formats_of_text(name: str, data_api: DataApi) -> None:
    good, bad = WORDS[name]
    listed = ", ".join(f"{literal(word)} ~ {literal(TEXT_FORMATS[name])}" for word in (*good, *bad))
    (row,) = data_api.rows(f"select {listed}")
    verdicts = dict(zip((*good, *bad), row, strict=True))
    assert {word for word, matches in verdicts.items() if not matches} == set(bad)
