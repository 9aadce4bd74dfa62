"""Several accounts made to agree: what is left of one is told, whatever came of the others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from interline.access import DesiredState, ObservedState, desired
from interline.access import reconcile as settling
from interline.access.reconcile import Account, settle
from interline.aws.retry import Calls
from interline.contracts import Role
from tests.access.conftest import TODAY, Scripted, domain, mesh, product, refusal

FARES = product("bookings.fares", Role("loyalty", "", columns=("code",)))
DEALS = product("shopping.deals", Role("loyalty", "", columns=("code",)))


def seen(wanted: DesiredState, name: str, **changed: Any) -> ObservedState:
    """One account as the contracts say, apart from what is changed."""
    own = domain(name).account
    tags = {table: found for table, found in wanted.tags.items() if table.account == own}
    parts: dict[str, Any] = {
        "grants": {key: reads for key, reads in wanted.grants.items() if key[0].account == own},
        "tags": tags,
        "tag_values": {own: wanted.tag_values.get(own, {})},
        "links": {place: link for place, link in wanted.links.items() if place[0] == own},
        "link_readers": {place: who for place, who in wanted.link_readers.items() if place[0] == own},
        "tables": {table: frozenset(column for column in found if column) for table, found in tags.items()},
    }
    return ObservedState(**{**parts, **changed})


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> dict[str, Iterator[Any]]:
    """What a look at each account shows, look by look."""
    shown: dict[str, Iterator[Any]] = {}

    def observe(_calls: Calls, looked_at: Any) -> ObservedState:
        found = next(shown[looked_at.name])
        if isinstance(found, Exception):
            raise found
        assert isinstance(found, ObservedState)
        return found

    monkeypatch.setattr(settling, "observe", observe)
    return shown


def account(name: str, *answers: Any) -> Account:
    client = Scripted(answers)
    return Account(domain(name), Calls(lambda: lambda _service: client, pause=lambda _: None))


def test_an_account_that_failed_and_cannot_be_looked_at_again_is_not_forgotten(looks: Any) -> None:
    wanted = desired(mesh(FARES, DEALS), TODAY)
    refused = refusal("AccessDeniedException")
    looks["bookings"] = iter(
        [seen(wanted, "bookings", grants={}), refusal("AccessDeniedException", "GetTables")]
    )
    looks["shopping"] = iter([seen(wanted, "shopping", grants={})] * 2)
    chosen = [account("bookings", refused), account("shopping", refused, {})]
    settled = settle(chosen, wanted)
    assert not settled.complete
    assert settled.left.unseen.keys() == {"bookings"}
    assert [failure.code for failure in settled.failures] == ["AccessDeniedException"]
    assert "bookings_curated.fares" in settled.failures[0].what


def test_what_another_attempt_mended_is_no_failure(looks: Any) -> None:
    wanted = desired(mesh(FARES, DEALS), TODAY)
    refused = refusal("AccessDeniedException")
    looks["bookings"] = iter([seen(wanted, "bookings", grants={}), seen(wanted, "bookings")])
    looks["shopping"] = iter([seen(wanted, "shopping", grants={})] * 2)
    settled = settle([account("bookings", refused), account("shopping", refused, {})], wanted)
    assert settled.complete
    assert not settled.failures


def test_what_aws_says_is_there_already_is_looked_at(looks: Any) -> None:
    # somebody's own database has the name of the link: it is no link, and AWS says only that the name is taken
    wanted = desired(mesh(FARES), TODAY)
    without = seen(wanted, "loyalty", links={}, link_readers={})
    looks["loyalty"] = iter([without] * 4)
    taken = refusal("AlreadyExistsException")
    settled = settle([account("loyalty", *[taken, {}] * 3)], wanted)
    assert not settled.complete
    assert settled.left.changes
    assert [failure.code for failure in settled.failures] == ["AlreadyExistsException"]
    assert "resource link bookings_curated" in settled.failures[0].what
