"""Member files: the real members first, plain CSV that Glue's reader understands, faults and corrections."""

from dataclasses import fields
from datetime import date

import numpy as np

from local.source_systems.members import COLUMNS, directory
from local.source_systems.world import FrequentFlyers, frequent_flyers
from tests.source_systems.feeds import days, delivered, rows

DAYS = days(4)


def members(day: date) -> list[dict[str, str]]:
    return rows(day, "loyalty", "member_files")


def test_the_first_day_is_full_and_the_next_ones_are_changes() -> None:
    assert len({row["member_id"] for row in members(DAYS[0]) if row["member_id"].startswith("FF")}) > 3_980
    assert all(40 < len(members(day)) < 140 for day in DAYS[1:])
    assert [file.name for file in delivered(DAYS[1], domain="loyalty")] == ["members-changes.csv"]


def test_csv_has_no_quotes_and_equally_many_fields_in_every_line() -> None:
    for day in DAYS:
        for file in (*delivered(day, domain="loyalty"), *delivered(day, 0.02, domain="bookings")):
            if file.name.endswith(".csv"):
                text = file.content.decode()
                assert '"' not in text
                assert "\r" not in text
                assert len({line.count(",") for line in text.splitlines()}) == 1


def test_the_header_names_the_columns() -> None:
    assert list(members(DAYS[0])[0]) == COLUMNS.split(",")


def test_the_first_3999_members_are_the_real_ones() -> None:
    real, ours = frequent_flyers(), directory(20130101, 20_000).measures
    for field in fields(FrequentFlyers):
        assert np.array_equal(getattr(ours, field.name)[:3_999], getattr(real, field.name)), field.name


def test_more_members_are_like_the_real_ones() -> None:
    real, ours = frequent_flyers(), directory(20130101, 20_000).measures
    assert abs(ours.balance.mean() / real.balance.mean() - 1) < 0.02
    assert abs(ours.award.mean() / real.award.mean() - 1) < 0.02
    assert len(np.unique(ours.balance)) > 10_000


def test_members_are_adults_and_older_than_their_membership() -> None:
    for row in members(DAYS[0]):
        if row["birth_date"] == "00.00.1900" or row["birth_date"].endswith("-02-30"):
            continue
        assert date.fromisoformat(row["birth_date"]) < date.fromisoformat(row["enrolled_on"])


def test_faulty_rows_occur_and_most_are_corrected_later() -> None:
    def is_faulty(row: dict[str, str]) -> bool:
        return (
            not row["member_id"].startswith("FF")
            or "@" not in row["email"]
            or not row["last_name"]
            or not row["balance"].isdigit()
            or row["cc1_miles"] == "9"
            or row["updated_at"] == "yesterday"
            or row["birth_date"] == "00.00.1900"
            or row["birth_date"].endswith("-02-30")
        )

    first = members(DAYS[0])
    faulty = {row["member_id"] for row in first if is_faulty(row)}
    assert 0.001 < len(faulty) / len(first) < 0.008
    later = [row for day in days(8)[1:] for row in members(day)]
    corrected = {row["member_id"] for row in later if not is_faulty(row)}
    known = {code for code in faulty if code.startswith("FF") and len(code) == 10}
    assert known <= corrected


def test_a_file_may_hold_a_member_twice() -> None:
    first = members(DAYS[0])
    lines = [tuple(row.values()) for row in first]
    repeated = len(lines) - len(set(lines))
    outdated = len(set(lines)) - len({row["member_id"] for row in first})
    assert repeated > 5
    assert outdated > 2
