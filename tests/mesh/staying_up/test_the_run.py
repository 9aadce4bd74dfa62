"""A run succeeds, says what is true, and may be repeated."""

from __future__ import annotations

import re

import pytest

from interline.contracts import load_mesh
from local.mesh.domain_session import QueryFailed
from tests.mesh.conftest import DAYS, REPOSITORY, SCALE, Ended, Mesh, landed
from tests.products.expected import Expected, expected

ADDRESSES = sorted(load_mesh(REPOSITORY).products)


@pytest.fixture(scope="module")
def truth() -> Expected:
    return expected(landed())


def test_it_succeeds(first_run: Ended) -> None:
    assert first_run.code == 0, first_run.output
    assert "Done in" in first_run.output
    assert sorted(first_run.table) == ADDRESSES


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_printed_numbers_are_those_of_the_landed_input(
    address: str, first_run: Ended, truth: Expected
) -> None:
    row = first_run.table[address]
    assert row.domain == address.split(".")[0]
    assert int(row.rows.replace(",", "")) == truth.total_rows[address]
    assert int(row.quarantined.replace(",", "")) == truth.quarantined(address)
    passed, checks = map(int, row.checks.split("/"))
    assert passed == checks > 0
    assert row.version.isdigit()
    assert row.fresh_to == DAYS[-1].isoformat()


@pytest.mark.parametrize("address", ADDRESSES)
def test_who_may_read_is_what_the_contract_says(address: str, first_run: Ended) -> None:
    contract = load_mesh(REPOSITORY).products[address].contract
    readers = first_run.table[address].readers
    for role in contract.roles:
        assert role.domain in readers
        if role.columns is not None:
            assert f"{role.domain} ({len(role.columns)} of {len(contract.columns)} columns)" in readers


def test_the_proof_holds_in_the_words_of_aws(first_run: Ended) -> None:
    proof = first_run.output.partition("Proof")[2]
    assert "✓ answered" in proof
    assert proof.count("✓ refused") >= 1
    assert "✗" not in proof


def test_accounts_are_as_the_contracts_say_after_it(mesh: Mesh, first_run: Ended) -> None:
    assert first_run.code == 0
    drift = mesh.interline("access", "drift")
    assert drift.code == 0, drift.output
    assert "Access: nothing to change." in drift.output


def test_a_granted_role_reads_its_columns_and_no_other(mesh: Mesh, first_run: Ended) -> None:
    assert first_run.code == 0
    owner, shopping = mesh.session("bookings"), mesh.session("shopping")
    granted = shopping.athena("SELECT booking_id, status FROM reservations LIMIT 5", "bookings_curated")
    assert len(granted) == 5
    personal = "SELECT contact_email FROM reservations WHERE contact_email IS NOT NULL LIMIT 5"
    assert len(owner.athena(personal, "bookings_curated")) == 5
    with pytest.raises(
        QueryFailed, match="'contact_email' cannot be resolved or requester is not authorized"
    ):
        shopping.athena(personal, "bookings_curated")


def test_the_same_days_again_change_nothing(mesh: Mesh, first_run: Ended) -> None:
    assert first_run.code == 0
    before = {address: mesh.content(address) for address in ("bookings.reservations", "bookings.revenue")}
    again = mesh.interline(
        "run",
        "--from",
        DAYS[-1].isoformat(),
        "--to",
        DAYS[-1].isoformat(),
        "--scale",
        str(SCALE),
        "--domain",
        "bookings",
    )
    assert again.code == 0, again.output
    for address, rows in before.items():
        assert mesh.content(address) == rows
        assert again.table[address].rows == first_run.table[address].rows
        assert again.table[address].quarantined == first_run.table[address].quarantined
        assert again.table[address].version != first_run.table[address].version


def test_status_knows_what_runs_and_how_far_products_are(mesh: Mesh, first_run: Ended) -> None:
    assert first_run.code == 0
    status = mesh.interline("status").output
    for server in ("local-aws", "api-server", "scheduler", "dag-processor", "triggerer"):
        assert server in status
    last_run = status.partition("The last run")[2]
    # whether or not the test before this one ran: its run was of this domain alone
    for address in ("bookings.reservations", "bookings.revenue"):
        assert re.search(rf"{re.escape(address)} +{DAYS[-1].isoformat()} ", last_run), (address, status)
