"""The way back from quarantine: the right rows come in, every time the day is checked, and it is on record why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from interline.aws.redshift_statements import RedshiftStatementError
from interline.quarantine import contents, release, release_sql
from interline.quarantine.contents_sql import MASK, Selection
from interline.quarantine.corrections import read_corrections, read_settings
from interline.quarantine.errors import QuarantineError
from interline.quarantine.release_sql import Correction, Proposal, Signature
from tests.engines.conftest import REPOSITORY
from tests.engines.probe_mesh import ADDRESS, good_row, write_mesh
from tests.engines.quarantine.checked_product import CheckedProduct

DAY, OTHER_DAY = "2013-01-01", "2013-01-02"
GOOD = ["P1", "P2", "P3"]
CONTRACT = f"domains/{ADDRESS.replace('.', '/')}/contract.yaml"


class Desk:
    """The quarantine of one product, as a person works with it."""

    def __init__(self, root: Path) -> None:
        self.checked = CheckedProduct(root, ADDRESS)
        self.checked.make_references({"origin": ["JFK", "LHR"]}, DAY)
        self.signed = 0

    @property
    def product(self) -> Any:
        return self.checked.product

    @property
    def hook(self) -> Any:
        return self.checked.hook

    def day(self, *bad: dict[str, Any], day: str = DAY) -> dict[str, Any]:
        """Build, check and publish a day of three good rows and these."""
        self.checked.batch([*(good_row(day, n) for n in (1, 2, 3)), *bad])
        return self.again(day)

    def again(self, day: str = DAY) -> dict[str, Any]:
        """Check and publish what is built."""
        numbers = self.checked.check(day)
        self.checked.publish(day)
        parts = numbers["rows_checked"] + numbers["rows_quarantined"] + numbers["rows_released"]
        assert numbers["rows_in"] == parts
        return numbers

    def published(self) -> list[str]:
        return sorted(str(probe) for _, probe in self.checked.published())

    def sign(self, reason: str = "because") -> Signature:
        self.signed += 1
        return Signature(
            f"r-{self.signed}", "ada", "arn:aws:iam::2:role/x", f"2026-01-01 00:00:{self.signed:02}", reason
        )

    def accept(self, rule: str | None = None, *keys: str, day: str = DAY) -> int:
        """Release as they are the rows that broke a rule."""
        proposal = Proposal(Selection(day, rule, keys), rules=release.accepted_rules(self.product, rule))
        return release.release(self.product, self.hook, proposal, self.sign())

    def correct(self, rule: str, *settings: str, day: str = DAY) -> int:
        """Release rows that broke a rule with values set right."""
        values = read_settings(settings, (), self.product.contract)
        return release.release(
            self.product, self.hook, Proposal(Selection(day, rule), values=values), self.sign()
        )

    def key(self, probe: str, day: str = DAY) -> str:
        """Return the row key of a probe in quarantine."""
        keys = [key for found, key in self.checked.quarantined(day, "probe_id", "row_key") if found == probe]
        assert len(keys) == 1
        return str(keys[0])

    def change_contract(self, old: str, new: str) -> None:
        path = self.checked.root / CONTRACT
        text = path.read_text()
        assert text.count(old) == 1
        path.write_text(text.replace(old, new))
        port = self.checked.tables.port
        self.hook.sql(f"drop table {port}")
        self.checked.reload()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    write_mesh(tmp_path, REPOSITORY)
    return Desk(tmp_path)


def test_accepted_rows_are_excused_from_the_named_rule_alone(desk: Desk) -> None:
    numbers = desk.day(
        good_row(DAY, 7, seats=0), good_row(DAY, 8, seats=0, cabin="deck"), good_row(DAY, 9, cabin="deck")
    )
    assert (numbers["rows_quarantined"], desk.published()) == (3, GOOD)
    assert desk.accept("seats_minimum") == 2
    assert desk.published() == GOOD, "nothing comes in before the next check"
    numbers = desk.again()
    assert (numbers["rows_checked"], numbers["rows_released"], numbers["rows_quarantined"]) == (3, 1, 2)
    assert desk.published() == [*GOOD, "P7"]
    assert numbers["rules_broken"] == {"cabin_values": 2}, (
        "the rule excused is not held against P8 any more, the other is"
    )
    assert [w.split(":")[0] for w in numbers["warnings"]] == ["release r-1"]
    assert desk.accept("cabin_values") == 2
    assert desk.again()["rows_released"] == 3
    assert desk.published() == [*GOOD, "P7", "P8", "P9"]


def test_the_day_checked_again_or_built_again_comes_out_the_same(desk: Desk) -> None:
    bad = [good_row(DAY, 7, seats=0), good_row(DAY, 8, cabin="deck")]
    desk.day(*bad)
    desk.accept("seats_minimum")
    desk.correct("cabin_values", "cabin=economy")
    first = desk.again()
    everything = f"select * from {desk.checked.tables.port} order by probe_id"
    rows = desk.checked.hook.sql(everything)
    assert desk.again() == first
    assert desk.day(*reversed(bad)) == first
    assert desk.checked.hook.sql(everything) == rows
    assert {row[1]: row[4] for row in rows}["P8"] == "economy"


def test_releasing_twice_is_releasing_once(desk: Desk) -> None:
    desk.day(good_row(DAY, 7, seats=0))
    assert desk.accept("seats_minimum") == 1
    assert desk.accept("seats_minimum") == 0
    assert desk.accept() == 0
    assert len(release.releases(desk.product, desk.hook)) == 1


def test_a_release_is_for_its_day_and_for_the_row_as_it_was(desk: Desk) -> None:
    desk.day(good_row(DAY, 7, seats=0))
    desk.accept("seats_minimum")
    numbers = desk.day(good_row(DAY, 7, seats=0, note="delivered again"))
    assert (numbers["rows_released"], numbers["rows_quarantined"]) == (0, 1)
    assert "release r-1: 1 of its rows did not come in" in numbers["warnings"][0]
    assert desk.published() == GOOD
    desk.checked.hook.sql(
        f"insert into {desk.checked.tables.landing('airports')} values ('JFK', '{OTHER_DAY}')"
    )
    assert desk.day(good_row(OTHER_DAY, 7, seats=0), day=OTHER_DAY)["rows_released"] == 0


def test_rows_are_released_by_key_or_all_of_a_day(desk: Desk) -> None:
    desk.day(good_row(DAY, 7, seats=0), good_row(DAY, 8, seats=0), good_row(DAY, 9, cabin="deck"))
    assert desk.accept("seats_minimum", desk.key("P8")[:12]) == 1
    desk.again()
    assert desk.published() == [*GOOD, "P8"]
    assert desk.accept() == 2
    desk.again()
    assert desk.published() == [*GOOD, "P7", "P8", "P9"]


def test_an_undone_release_takes_rows_out_and_stays_on_record(desk: Desk) -> None:
    desk.day(good_row(DAY, 7, seats=0))
    desk.accept("seats_minimum")
    desk.again()
    undone = release.undo(desk.product, desk.hook, "r-1", desk.sign("wrong probe"))
    assert (undone.release_id, undone.rows) == ("r-1", 1)
    numbers = desk.again()
    assert (numbers["rows_released"], numbers["rows_quarantined"], desk.published()) == (0, 1, GOOD)
    record = release.releases(desk.product, desk.hook)
    assert [(e.action, e.undoes, e.undone, e.decided_by, e.reason, e.rows, e.data_day) for e in record] == [
        ("accept", None, True, "ada", "because", 1, DAY),
        ("undo", "r-1", False, "ada", "wrong probe", 1, DAY),
    ]
    with pytest.raises(QuarantineError, match="is undone already"):
        release.undo(desk.product, desk.hook, "r-1", desk.sign())
    with pytest.raises(QuarantineError, match="no release 'r-9'"):
        release.undo(desk.product, desk.hook, "r-9", desk.sign())
    assert desk.accept("seats_minimum") == 1, "what is undone can be released again"
    assert desk.again()["rows_released"] == 1


def test_a_corrected_row_has_to_keep_every_rule(desk: Desk) -> None:
    desk.day(good_row(DAY, 7, seats=99, cabin="deck"))
    values = read_settings(["cabin=economy"], (), desk.product.contract)
    proposal = Proposal(Selection(DAY, "cabin_values"), values=values)
    preview = release.preview(desk.product, desk.hook, proposal)
    assert (preview.selected, preview.decided, preview.come_in) == (1, 1, 0)
    assert preview.still_broken == {"seats_maximum": 1}
    assert release.releases(desk.product, desk.hook) == [], "a preview stores nothing"
    desk.correct("cabin_values", "cabin=economy")
    numbers = desk.again()
    assert numbers["rules_broken"] == {"seats_maximum": 1}
    [(cabin, reason)] = desk.checked.quarantined(DAY, "cabin", "reason")
    assert cabin == "deck", "the quarantine keeps the row as it was built"
    assert reason == "seats is above 9; checked as a release corrects it"
    desk.correct("seats_maximum", "seats=9")
    assert desk.again()["rows_released"] == 1
    assert desk.published() == [*GOOD, "P7"]


def test_rows_without_a_key_can_be_corrected_but_not_excused(desk: Desk) -> None:
    desk.day(good_row(DAY, 7, probe_id=None))
    with pytest.raises(QuarantineError, match="no row can be excused from probe_id_required"):
        release.accepted_rules(desk.product, "probe_id_required")
    with pytest.raises(QuarantineError, match="no row can be excused from data_day_is_the_data_day"):
        release.accepted_rules(desk.product, "data_day_is_the_data_day")
    with pytest.raises(QuarantineError, match=r"no rule 'seats_minimun' \(did you mean 'seats_minimum'"):
        release.accepted_rules(desk.product, "seats_minimun")
    assert desk.accept() == 0
    assert desk.correct("probe_id_required", "probe_id=P7") == 1
    desk.again()
    assert desk.published() == [*GOOD, "P7"]


def test_released_rows_can_break_the_rules_of_the_batch(desk: Desk) -> None:
    desk.day(good_row(DAY, 7, seats=0, ticket="T1"))
    desk.accept("seats_minimum")
    with pytest.raises(AirflowFailException, match="ticket_unique"):
        desk.checked.check(DAY)
    assert desk.published() == GOOD


@pytest.mark.parametrize("suffix", [".csv", ".json"])
def test_corrections_come_from_a_file_row_by_row(desk: Desk, tmp_path: Path, suffix: str) -> None:
    desk.day(
        good_row(DAY, 7, cabin="deck", seats=0),
        good_row(DAY, 8, seen_at=None),
        good_row(DAY, 9, note="   ", price=0),
    )
    file = tmp_path / f"mine{suffix}"
    if suffix == ".csv":
        lines = ["row_key,cabin,seats,seen_at,note,price", f"{desk.key('P7')},business,3,,,"]
        lines += [f"{desk.key('P8')},,,{DAY} 21:00:00,,", f'{desk.key("P9")},,,,"said ""it\'s, ok""",12.50']
        file.write_text("\n".join(lines) + "\n", encoding="utf-8-sig")
    else:
        entries = [
            {"row_key": desk.key("P7"), "set": {"cabin": "business", "seats": 3}},
            {"row_key": desk.key("P8"), "set": {"seen_at": f"{DAY} 21:00:00"}},
            {"row_key": desk.key("P9"), "set": {"note": 'said "it\'s, ok"', "price": 12.50}},
        ]
        file.write_text(json.dumps(entries))
    proposal = Proposal(Selection(DAY), corrections=read_corrections(file, desk.product.contract))
    assert release.preview(desk.product, desk.hook, proposal).come_in == 3
    assert release.release(desk.product, desk.hook, proposal, desk.sign()) == 3
    assert desk.again()["rows_released"] == 3
    found = desk.checked.hook.sql(
        f"select probe_id, cabin, seats, cast(seen_at as varchar(32)), note, cast(price as varchar(32))"
        f" from {desk.checked.tables.port} where probe_id > 'P6' order by probe_id"
    )
    assert found == (
        ("P7", "business", 3, f"{DAY} 20:00:00", "note 7", "107.00"),
        ("P8", "economy", 2, f"{DAY} 21:00:00", "note 8", "108.00"),
        ("P9", "economy", 2, f"{DAY} 20:00:00", 'said "it\'s, ok"', "12.50"),
    )


def test_many_corrections_are_one_release(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    many = 60
    monkeypatch.setattr(release_sql, "LONGEST_STATEMENT", 3_000)
    for old, new in (
        ("mustBeBetween: [2, 21]", f"mustBeBetween: [2, {many * 2}]"),
        ("mustBeLessThan: 60", "mustBeLessThan: 100000"),
    ):
        desk.change_contract(old, new)
    desk.day(*(good_row(DAY, n, cabin="deck", price=100 + n / 100) for n in range(10, 10 + many)))
    keys = [str(key) for (key,) in desk.checked.quarantined(DAY, "row_key")]
    corrections = tuple(Correction(key, "cabin", "economy") for key in keys)
    proposal = Proposal(Selection(DAY), corrections=corrections)
    assert release.release(desk.product, desk.hook, proposal, desk.sign()) == many
    assert desk.again()["rows_released"] == many
    monkeypatch.setattr(release_sql, "LONGEST_STATEMENT", 200)
    with pytest.raises(release_sql.TooLarge, match="split the file"):
        release.preview(desk.product, desk.hook, proposal)


def test_a_new_column_keeps_the_quarantine_and_what_was_released(desk: Desk) -> None:
    desk.day(good_row(DAY, 7, seats=0), good_row(DAY, 8, cabin="deck"))
    desk.accept("seats_minimum")
    desk.change_contract(
        "      - name: note\n",
        "      - name: gate\n        logicalType: string\n        physicalType: varchar(5)\n        description: New.\n"
        "      - name: note\n",
    )
    rows = [good_row(DAY, n, gate="A1") for n in (1, 2, 3)]
    desk.checked.batch(
        [*rows, good_row(DAY, 7, seats=0, gate="B1"), good_row(DAY, 8, cabin="deck", gate=None)]
    )
    numbers = desk.again()
    assert (numbers["rows_released"], numbers["rows_quarantined"]) == (1, 1)
    assert desk.published() == [*GOOD, "P7"]
    assert desk.checked.quarantined(DAY, "probe_id", "gate") == [("P8", None)]


def test_a_changed_type_leaves_the_quarantine_as_it_was(desk: Desk) -> None:
    desk.day(good_row(OTHER_DAY, 1), good_row(DAY, 7, price=0))
    was, now = "physicalType: decimal(10,2)", "physicalType: double precision"
    desk.change_contract(was, now)
    desk.checked.batch(
        [*(good_row(OTHER_DAY, n) for n in (1, 2, 3)), good_row(OTHER_DAY, 8, price=0.5, seats=0)]
    )
    desk.checked.hook.sql(
        f"insert into {desk.checked.tables.landing('airports')} values ('JFK', '{OTHER_DAY}')"
    )
    desk.again(OTHER_DAY)
    prices = {
        row.values["probe_id"]: row.values["price"]
        for row in contents.rows(desk.product, desk.hook, Selection())
    }
    assert prices["P7"] == "0.00"
    assert prices["P8"] == "0.5"
    desk.change_contract(now, was)
    desk.day(good_row(DAY, 9, price=0))
    stored = desk.checked.hook.sql(f"select * from {desk.checked.tables.quarantine} limit 0")
    assert stored == ()
    prices = {
        row.values["probe_id"]: row.values["price"]
        for row in contents.rows(desk.product, desk.hook, Selection())
    }
    assert (prices["P9"], prices["P8"]) == ("0.00", "0.5")


def test_a_removed_column_is_masked_and_no_longer_corrected(
    desk: Desk,
) -> None:
    desk.day(good_row(DAY, 7, cabin="deck", ticket="T77"))
    values = read_settings(["cabin=economy", "ticket=T7"], (), desk.product.contract)
    release.release(desk.product, desk.hook, Proposal(Selection(DAY), values=values), desk.sign())
    text = (desk.checked.root / CONTRACT).read_text()
    ticket = text[text.index("      - name: ticket\n") : text.index("    quality:\n      - {name: enough")]
    desk.change_contract(ticket, "")
    rows = [
        {name: value for name, value in good_row(DAY, n).items() if name != "ticket"} for n in (1, 2, 3, 7)
    ]
    rows[3]["cabin"] = "deck"
    desk.checked.batch(rows)
    numbers = desk.again()
    assert (numbers["rows_released"], numbers["rows_quarantined"]) == (0, 1)
    assert "release r-1 is not applied" in numbers["warnings"][0]
    [row] = contents.rows(desk.product, desk.hook, Selection(DAY))
    assert row.values["ticket"] is None
    desk.checked.hook.sql(f"update {desk.checked.tables.quarantine} set ticket = 'T77'")
    [row] = contents.rows(desk.product, desk.hook, Selection(DAY))
    assert row.values["ticket"] == MASK, "nobody can say any more how it is classified"


def test_the_quarantine_names_rows_object_and_run(desk: Desk) -> None:
    table = desk.checked.tables.batch
    desk.checked.hook.sql(f"alter table {table} add column source_object varchar(300)")
    rows = [good_row(DAY, n) | {"source_object": f"s3://a/{n}.json"} for n in (1, 2, 3)]
    rows += [
        good_row(DAY, 7, seats=0) | {"source_object": "s3://a/7.json"},
        good_row(DAY, 8, seats=0) | {"source_object": None},
    ]
    desk.checked.batch(rows, extra="source_object")
    desk.again()
    found = {row.values["probe_id"]: row for row in contents.rows(desk.product, desk.hook, Selection(DAY))}
    assert found["P7"].source_object == "s3://a/7.json"
    assert found["P8"].source_object == f"s3://bookings-landing/airports/dt={DAY}/"
    assert found["P8"].batch == f"test__{DAY}"
    assert found["P7"].rules == ("seats_minimum",)
    assert desk.published() == GOOD
    [counts] = contents.counts(desk.product, desk.hook, Selection())
    assert (counts.rows, counts.rules, counts.decided) == (2, {"seats_minimum": 2}, 0)
    desk.accept("seats_minimum")
    [counts] = contents.counts(desk.product, desk.hook, Selection(rule="seats_minimum"))
    assert counts.decided == 2
    assert contents.counts(desk.product, desk.hook, Selection(rule="cabin_values")) == []


def test_personal_values_are_masked_for_all_but_the_domain(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.change_contract("description: Unique.\n", "description: Unique.\n        classification: personal\n")
    desk.day(good_row(DAY, 7, seats=0, note=None))
    seen: list[str] = []
    run = desk.hook.run
    monkeypatch.setattr(
        desk.hook, "run", lambda sql: [seen.append(str(answer)) or answer for answer in run(sql)]
    )
    [row] = contents.rows(desk.product, desk.hook, Selection(DAY))
    assert (row.values["ticket"], row.values["note"], row.values["seats"]) == (MASK, None, "0")
    assert not any("T7" in answer for answer in seen), "a masked value never leaves Redshift"
    callers = {"arn:aws:sts::222222222222:assumed-role/interline-bookings/x": "T7"}
    callers |= {"arn:aws:sts::333333333333:assumed-role/interline-shopping/x": None}
    callers |= {"arn:aws:sts::333333333333:assumed-role/interline-bookings/x": None}
    for caller, ticket in callers.items():
        monkeypatch.setattr(contents, "caller_of", lambda hook, caller=caller: caller)
        if ticket is None:
            with pytest.raises(QuarantineError, match="only bookings may see personal values"):
                contents.rows(desk.product, desk.hook, Selection(DAY), clearance="personal")
        else:
            [row] = contents.rows(desk.product, desk.hook, Selection(DAY), clearance="personal")
            assert row.values["ticket"] == ticket
    with pytest.raises(QuarantineError, match="did you mean 'personal'"):
        contents.rows(desk.product, desk.hook, Selection(DAY), clearance="persnal")


def test_nothing_can_be_released_where_nothing_was_checked(desk: Desk) -> None:
    assert contents.counts(desk.product, desk.hook, Selection()) == []
    with pytest.raises(QuarantineError, match="never been checked"):
        desk.accept("seats_minimum")
    desk.day(good_row(DAY, 7, seats=0))
    with pytest.raises(QuarantineError, match="no quarantine for 2013-01-02"):
        desk.accept("seats_minimum", day=OTHER_DAY)
    proposal = Proposal(Selection(DAY), rules=("seats_minimum",))
    with pytest.raises(QuarantineError, match="needs a reason"):
        release.release(desk.product, desk.hook, proposal, desk.sign("  "))


def test_a_quarantine_of_an_older_interline_is_taken_over(desk: Desk) -> None:
    tables = desk.checked.tables
    desk.checked.hook.sql(
        f"create table {tables.quarantine} (data_day date, rule varchar(1024), reason varchar(4096), batch_data_day date,"
        " probe_id varchar(20))",
        f"insert into {tables.quarantine} values ('2012-12-31', 'seats_minimum', 'seats is below 1', '2012-12-31', 'P0')",
        f"create table {tables.checks} (data_day date, rows_in bigint, rows_checked bigint, rows_quarantined bigint,"
        " is_current boolean, passed boolean)",
        f"insert into {tables.checks} values ('2012-12-31', 4, 3, 1, true, true)",
    )
    assert desk.day(good_row(DAY, 7, seats=0))["rows_quarantined"] == 1
    days = {entry.data_day: entry.rows for entry in contents.counts(desk.product, desk.hook, Selection())}
    assert days == {"2012-12-31": 1, DAY: 1}
    with pytest.raises(QuarantineError, match="check that day first"):
        desk.accept("seats_minimum", day="2012-12-31")


def test_sql_in_what_people_write_stays_a_text(desk: Desk) -> None:
    desk.day(good_row(DAY, 7, cabin="deck"))
    values = read_settings(["note='); drop table x; --", "cabin=economy"], (), desk.product.contract)
    proposal = Proposal(Selection(DAY), values=values)
    signature = desk.sign("it's \\ '); delete from x; --")
    assert release.release(desk.product, desk.hook, proposal, signature) == 1
    desk.again()
    notes = desk.checked.hook.sql(f"select note from {desk.checked.tables.port} where probe_id = 'P7'")
    assert notes == (("'); drop table x; --",),)
    assert release.releases(desk.product, desk.hook)[0].reason == signature.reason


def test_a_check_refused_half_way_changes_no_quarantine(desk: Desk) -> None:
    desk.day(good_row(DAY, 7, seats=0))
    before = desk.checked.quarantined(DAY, "row_key", "rule")
    desk.checked.hook.sql(f"drop table {desk.checked.tables.landing('airports')}")
    with pytest.raises(RedshiftStatementError, match="airports"):
        desk.checked.check(DAY)
    assert desk.checked.quarantined(DAY, "row_key", "rule") == before
