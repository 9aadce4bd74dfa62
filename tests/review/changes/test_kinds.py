"""Every kind of change: what the check classes it as, where it says it stands, and what datacontract-cli says of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path

import pytest
import yaml
from cases import CASES, Case
from tickets import TICKETS

from interline.contracts import Product
from interline.contracts.disk_cache import Lazy
from interline.contracts.model.domain import Domain, Team
from interline.contracts.model.product import ProductFile
from interline.contracts.odcs.reader import contract_of
from interline.contracts.yaml.reader import read
from interline.review.changes.change import Change
from interline.review.changes.contracts import compare_contracts
from interline.review.changes.kinds import KINDS, Level
from interline.review.changes.pair import Side

TODAY = date(2026, 11, 21)
HERE = Path(__file__).parent
VERDICTS = yaml.safe_load((HERE / "datacontract_verdicts.yaml").read_text())
DOCUMENT = (HERE.parents[2] / "docs" / "pull-requests.md").read_text(encoding="utf-8")
BOOKINGS = Domain("bookings", "222222222222", "us-east-1", "Sells.", Team("Bookings", "b@example.com", None))
FILE = ProductFile("Tickets", "1.2.0", "active", "", "", "", (), (), ())

# Kinds that no edit of one contract.yaml makes: they are tested in test_comparison.py.
BESIDE_THE_CONTRACT = {
    "port-removed",
    "port-added",
    "ended-port-removed",
    "account-changed",
    "region-changed",
    "domain-added",
    "domain-removed",
    "team-changed",
    "input-added",
    "input-removed",
    "source-added",
    "source-removed",
    "source-changed",
    "product-described",
}


Compared = Callable[[str, str], list[Change]]


@pytest.fixture(scope="module")
def changes_between(tmp_path_factory: pytest.TempPathFactory) -> Compared:
    """Compares two contracts on disk; each text is written and read once."""

    @cache
    def side(text: str) -> Side:
        folder = tmp_path_factory.mktemp("side")
        home = folder / "domains" / "bookings" / "tickets"
        home.mkdir(parents=True)
        (home / "contract.yaml").write_text(text, encoding="utf-8")
        contract = contract_of(read(home / "contract.yaml"), "bookings.tickets")
        return Side(folder, Product("bookings.tickets", "tickets", BOOKINGS, FILE, str(home), Lazy(contract)))

    return lambda old, new: compare_contracts(side(old), side(new), TODAY)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.kind)
def test_a_change_is_classed_as_its_kind_and_nothing_else(changes_between: Compared, case: Case) -> None:
    found = changes_between(case.old, case.new)
    assert [change.kind_name for change in found] == [case.kind], [change.message for change in found]


LINES = {
    "column-added": "- name: card",
    "column-removed": "- name: remark",
    "column-renamed": "- name: note",
    "type-widened": "physicalType: bigint",
    "text-shortened": "physicalType: varchar(150)",
    "required-added": "required: true",
    "unique-removed": "- name: document",
    "classification-raised": "classification: confidential",
    "values-shrunk": "enum:",
    "values-removed": "enum:",
    "range-tightened": "maximum: 4000",
    "pattern-removed": 'pattern: "^[0-9]{13}$"',
    "reference-removed": "- type: foreignKey",
    "quality-loosened": "- name: documents are known",
    "quality-removed": "- name: prices add up",
    "freshness-loosened": "- property: freshness",
    "retention-removed": "- property: retention",
    "role-added": "- role: finance",
    "role-removed": "- role: operations",
    "role-rows-added": "customProperties:",
    "contract-retired": "status: retired",
    "end-of-life-earlier": "- property: endOfLife",
    "column-described": "description: What the travel agent wrote.",
    "contract-described": "limitations: Refunds and taxes are not included.",
}


@pytest.mark.parametrize("kind", LINES)
def test_a_change_has_the_line_on_which_a_reader_finds_it(changes_between: Compared, kind: str) -> None:
    """What is there has its line in the new file, what is gone its line in the base's."""
    case = next(case for case in CASES if case.kind == kind)
    (change,) = changes_between(case.old, case.new)
    text = case.old if change.in_base else case.new
    assert str(change.location.path) == "domains/bookings/tickets/contract.yaml"
    assert text.splitlines()[change.location.line - 1].strip() == LINES[kind]
    if change.in_base:
        assert change.near is not None
        assert 1 <= change.near.line <= len(case.new.splitlines())


WAY_BACK = {
    "added": "removed",
    "removed": "added",
    "tightened": "loosened",
    "loosened": "tightened",
    "changed": "changed",
    "raised": "lowered",
    "lowered": "raised",
    "grown": "shrunk",
    "shrunk": "grown",
    "replaced": "replaced",
    "widened": "narrowed",
    "narrowed": "widened",
    "lengthened": "shortened",
    "shortened": "lengthened",
    "earlier": "later",
    "later": "earlier",
    "described": "described",
    "renamed": "renamed",
    "moved": "moved",
    "reordered": "reordered",
}
OTHERWISE = {
    # what the way back is called, where it is not the opposite word
    "role-expired-removed": "role-added",
    "role-expiry-added": "role-expiry-later",
    "contract-version-raised": "contract-version-raised",
    "contract-activated": "contract-withdrawn",
    "contract-withdrawn": "contract-activated",
    "contract-deprecated": "status-changed",
    "contract-retired": "contract-activated",
    "end-of-life-announced": "end-of-life-later",
    "column-deprecated": "column-deprecated",
}


def test_the_way_back_is_the_opposite_change(changes_between: Compared) -> None:
    """Nothing is compatible in both directions that tightens or loosens, and no change is overlooked."""
    wrong = {}
    for case in CASES:
        prefix, _, verb = case.kind.rpartition("-")
        expected = OTHERWISE.get(case.kind) or f"{prefix}-{WAY_BACK[verb]}"
        found = [c.kind_name for c in changes_between(case.new, case.old)]
        if found != [expected]:
            wrong[case.kind] = found
    assert wrong == {}


def test_an_unchanged_contract_has_no_changes(changes_between: Compared) -> None:
    assert changes_between(TICKETS, TICKETS) == []


def test_every_kind_has_a_case_or_another_test() -> None:
    limits = {"added", "tightened", "loosened", "changed", "removed"}
    covered = {case.kind for case in CASES} | BESIDE_THE_CONTRACT
    missing = {kind for kind in KINDS if kind not in covered}
    # what is left are the same five verbs on another promise, made by the same code
    assert {kind for kind in missing if kind.rpartition("-")[2] not in limits} == set()
    assert {case.kind for case in CASES} <= set(KINDS)
    assert len({case.kind for case in CASES}) == len(CASES) >= 100


def test_the_recorded_verdicts_are_of_these_cases() -> None:
    assert set(VERDICTS) == {case.kind for case in CASES}


def documented_differences() -> set[str]:
    """The kinds in the table of differences in docs/pull-requests.md."""
    section = DOCUMENT.partition("## Where we differ from datacontract-cli")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    return {kind for row in rows for kind in re.findall(r"`([a-z-]+)`", row.split("|")[1])}


def test_every_difference_from_datacontract_has_its_reason() -> None:
    """Ours is breaking exactly where `datacontract breaking` says error to consumers, or the document says why not."""
    different = {
        kind for kind, said in VERDICTS.items() if KINDS[kind].breaking != (said["consumer"] == "error")
    }
    assert documented_differences() == different
    section = DOCUMENT.partition("## Where we differ from datacontract-cli")[2].partition("\n## ")[0]
    for row in (line for line in section.splitlines() if line.startswith("| `")):
        assert len(row.split("|")[4].strip()) > 20, f"no reason: {row}"


def test_three_compatible_kinds_break_for_datacontract() -> None:
    lenient = {
        kind for kind, said in VERDICTS.items() if said["consumer"] == "error" and not KINDS[kind].breaking
    }
    assert lenient == {"type-widened", "text-lengthened", "precision-raised"}


def test_every_kind_is_in_the_document() -> None:
    section = DOCUMENT.partition("## Every kind of change")[2].partition("\n## ")[0]
    documented: dict[str, str] = {}
    for line in section.splitlines():
        if line.startswith("| **"):
            level = line.split("**")[1]
            documented |= dict.fromkeys(re.findall(r"`([a-z-]+)`", line), level)
    assert documented == {kind.name: kind.level.name.lower() for kind in KINDS.values()}


@pytest.mark.parametrize(
    ("old", "new", "kinds"),
    [
        # an exclusive bound on whole numbers that is the same bound
        ("          multipleOf: 2\n", "          multipleOf: 2\n          minimum: 1\n", ["range-added"]),
        # a classification that takes a column from a role, and one that does not
        (
            "description: What the agent wrote.\n        classification: internal",
            "description: What the agent wrote.\n        classification: personal",
            ["role-columns-narrowed", "classification-raised"],
        ),
        # a limit that becomes quarantine for each row
        (
            "mustBeLessThan: 5\n            unit: percent",
            "mustBe: 0",
            ["quality-tightened"],
        ),
        # an error that only warns from now on
        ("mustBeLessThan: 3\n", "mustBeLessThan: 3\n        severity: warning\n", ["quality-loosened"]),
        # the same promise in another unit
        ("value: 4\n    unit: h", "value: 240\n    unit: min", ["service-level-described"]),
    ],
)
def test_finer_points(changes_between: Compared, old: str, new: str, kinds: list[str]) -> None:
    assert TICKETS.count(old) == 1
    found = changes_between(TICKETS, TICKETS.replace(old, new))
    assert [change.kind_name for change in found] == kinds


def test_an_exclusive_bound_of_whole_numbers_is_the_same_bound(changes_between: Compared) -> None:
    old = TICKETS.replace("multipleOf: 2\n", "multipleOf: 2\n          exclusiveMinimum: 0\n")
    new = TICKETS.replace("multipleOf: 2\n", "multipleOf: 2\n          minimum: 1\n")
    assert changes_between(old, new) == []


def test_a_renamed_column_is_compared_with_what_it_was(changes_between: Compared) -> None:
    new = TICKETS.replace("- name: remark", "- name: agent_remark").replace("varchar(200)", "varchar(100)")
    found = changes_between(TICKETS, new)
    assert {change.kind_name: change.column for change in found} == {
        "column-renamed": "remark",
        "text-shortened": "remark",
    }


def test_another_type_is_another_column(changes_between: Compared) -> None:
    new = TICKETS.replace("- name: remark", "- name: note").replace("varchar(200)", "date")
    new = new.replace(
        "logicalType: string\n        physicalType: date", "logicalType: date\n        physicalType: date"
    )
    new = new.replace("        logicalTypeOptions:\n          minLength: 2\n          maxLength: 100\n", "")
    found = changes_between(TICKETS, new)
    assert [change.kind_name for change in found] == ["column-removed", "column-added"]


def test_breaking_kinds_raise_the_major_version_alone() -> None:
    assert all(kind.breaking == (kind.level is Level.MAJOR) for kind in KINDS.values())
