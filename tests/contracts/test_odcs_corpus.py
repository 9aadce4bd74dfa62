"""A contract that ``datacontract lint`` refuses is refused here, and what we accept it accepts.

The corpus holds one whole contract and one file a mistake; ``verdicts.json`` is what datacontract-cli 1.2.8 says of each
(``datacontract lint <file>``). Where that command is on PATH, the last test asks it again.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from interline.contracts import Contract, MeshError, Problem
from interline.contracts.odcs.json_schema import standard_problems
from interline.contracts.odcs.quality import METRICS, OPERATORS
from interline.contracts.odcs.reader import contract_of
from interline.contracts.odcs.roles import PROPERTIES
from interline.contracts.odcs.service_levels import SERVICE_LEVELS
from interline.contracts.odcs.type_options import OPTIONS, TEXT_FORMATS
from interline.contracts.yaml.reader import read
from interline.sql.row_filters import checked_row_filter

CORPUS = Path(__file__).parent / "odcs_corpus"
DATACONTRACT = shutil.which("datacontract")
FILES = sorted(path.stem for path in CORPUS.glob("*.yaml"))
VERDICTS: dict[str, dict[str, object]] = json.loads((CORPUS / "verdicts.json").read_text(encoding="utf-8"))
STRICTER = {
    "old_api_version": "only v3.2.0 is read: its schema is at hand",
    "other_kind": "datacontract takes it for a contract of its own old format",
}


def read_here(name: str) -> tuple[Contract | None, list[Problem]]:
    try:
        document = read(CORPUS / f"{name}.yaml")
        contract = contract_of(document, "bookings.tickets")
    except MeshError as error:
        return None, error.problems
    problems = standard_problems(document)
    return (None if problems else contract), problems


def test_there_is_a_verdict_of_every_file() -> None:
    assert set(VERDICTS) == set(FILES)
    assert sum(not verdict["accepted"] for verdict in VERDICTS.values()) >= 40


@pytest.mark.parametrize("name", FILES)
def test_what_datacontract_refuses_is_refused_here(name: str) -> None:
    contract, problems = read_here(name)
    accepted = VERDICTS[name]["accepted"] and name not in STRICTER
    assert (contract is not None) == accepted, [str(problem) for problem in problems]
    for problem in problems:
        assert problem.path.name == f"{name}.yaml"
        assert problem.line > 0, str(problem)


@pytest.mark.parametrize(
    "name",
    [
        name
        for name in FILES
        if not VERDICTS[name]["accepted"]
        and str(VERDICTS[name]["reason"]).startswith("data")
        and name != "bad_stable_id"
    ],
)
def test_the_schema_alone_finds_what_datacontract_finds_by_it(name: str) -> None:
    assert standard_problems(read(CORPUS / f"{name}.yaml"))


def test_our_own_contracts_are_valid() -> None:
    root = Path(__file__).resolve().parents[2]
    found = sorted((root / "domains").glob("*/*/contract.yaml"))
    assert len(found) >= 6
    for path in found:
        assert standard_problems(read(path)) == []


@pytest.mark.skipif(DATACONTRACT is None, reason="datacontract is not installed here")
def test_the_verdicts_are_those_of_datacontract() -> None:
    found: dict[str, bool] = {}
    for name in FILES:
        command = [str(DATACONTRACT), "lint", f"{CORPUS / name}.yaml"]
        found[name] = subprocess.run(command, capture_output=True, check=False).returncode == 0
    assert found == {name: verdict["accepted"] for name, verdict in VERDICTS.items()}


def test_what_is_for_other_tools_is_named_with_its_line() -> None:
    contract, problems = read_here("for_other_tools")
    assert contract is not None, problems
    document = read(CORPUS / "for_other_tools.yaml")
    noted = [
        (document.line(note.place), note.message.split(":")[0].removeprefix("nothing acts on "))
        for note in contract.unexecuted
    ]
    lines = (CORPUS / "for_other_tools.yaml").read_text(encoding="utf-8").splitlines()
    for line, _ in noted:
        assert lines[line - 1].strip()
    messages = " | ".join(note.message for note in contract.unexecuted)
    for key in (
        "servers", "team", "support", "price", "tenant", "physicalName", "encryptedName", "transformLogic",
        "costCentre", "type text", "'soda'", "idn-email", "availability", "generalAvailability",
    ):  # fmt: skip
        assert key in messages, messages
    assert len(noted) == 15


def test_the_whole_contract_is_executed_to_the_last_key() -> None:
    contract, problems = read_here("whole")
    assert contract is not None, problems
    assert [note.message for note in contract.unexecuted] == [
        "endOfSupport is for people; what ends a port is its endOfLife"
    ]
    assert [rule.name for rule in contract.row_rules] == [
        "data_day_required",
        "data_day_minimum",
        "data_day_exclusive_maximum",
        "ticket_id_required",
        "ticket_id_pattern",
        "ticket_id_min_length",
        "ticket_id_max_length",
        "email_format",
        "price_required",
        "price_exclusive_minimum",
        "price_maximum",
        "price_multiple_of",
        "price_null_values",
        "bags_format_minimum",
        "bags_format_maximum",
        "cabin_values",
        "origin_in_ticket_events",
        "sold_at_minimum",
        "carrier_flight_number_in_ticket_events",
        "business_has_bags",
    ]
    assert [rule.name for rule in contract.batch_rules] == [
        "primary_key",
        "ticket_id_unique",
        "few_tickets_are_dear",
        "bags_null_values",
        "cabin_invalid_values",
        "cabin_missing_values",
        "row_count",
        "duplicate_values",
        "half_of_the_tickets_are_for_both_ways",
        "freshness",
    ]
    assert not next(rule for rule in contract.batch_rules if rule.name == "few_tickets_are_dear").fails
    assert contract.column("sold_at").deprecated
    retention = contract.service_level("retention")
    assert retention is not None
    assert str(retention.period) == "7 years"
    assert str(contract.end_of_support) == "2028-06-30"
    assert str(contract.end_of_life) == "2028-12-31"


def test_the_example_of_the_documentation_is_valid_and_executed(tmp_path: Path) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "contracts.md").read_text(encoding="utf-8")
    path = tmp_path / "contract.yaml"
    path.write_text(page.partition("```yaml\n")[2].partition("```")[0], encoding="utf-8")
    document = read(path)
    contract = contract_of(document, "bookings.ancillaries")
    assert standard_problems(document) == []
    assert contract.unexecuted == ()
    loyalty, shopping = contract.roles
    assert contract.readable_by(loyalty) == ("data_day", "booking_id", "kind", "price")
    assert contract.readable_by(shopping) == ("data_day", "ancillary_id", "booking_id", "kind")
    assert checked_row_filter(loyalty.rows or "", contract) == loyalty.rows


def test_every_key_that_is_executed_is_documented() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "contracts.md").read_text(encoding="utf-8")
    for words in (OPTIONS.values(), (TEXT_FORMATS, SERVICE_LEVELS, PROPERTIES, METRICS, OPERATORS)):
        for word in (word for group in words for word in group):
            assert f"`{word}`" in page, word
