"""Accounts and ports made to agree: what is left of one is reported, whatever came of the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from botocore.exceptions import EndpointConnectionError

from interline.access import DesiredState, ObservedState, desired_state
from interline.access.reconcile import plan_changes, reconcile
from interline.access.state import Table
from interline.access.targets import AccountTarget, PortTarget
from interline.aws.retry import RetryingSession
from interline.contracts import Product, Role
from tests.access.conftest import TODAY, Scripted, domain, mesh, product, refusal

FARES_TABLE = Table("222222222222", "bookings_curated", "fares")
FARES = product("bookings.fares", Role("loyalty", "", columns=("code",)))
DEALS = product("shopping.deals", Role("loyalty", "", columns=("code",)))


def seen(desired: DesiredState, name: str, **changed: Any) -> ObservedState:
    """One account as the contracts say, apart from what is changed."""
    own = domain(name).account
    tags = {table: found for table, found in desired.tags.items() if table.account == own}
    parts: dict[str, Any] = {
        "grants": {key: reads for key, reads in desired.grants.items() if key[0].account == own},
        "tags": tags,
        "tag_values": {own: desired.tag_values.get(own, {})},
        "links": {place: link for place, link in desired.links.items() if place[0] == own},
        "link_readers": {place: who for place, who in desired.link_readers.items() if place[0] == own},
        "tables": {table: frozenset(column for column in found if column) for table, found in tags.items()},
    }
    return ObservedState(**{**parts, **changed})


class ShownAccount(AccountTarget):
    """An account that shows what a test says, look by look."""

    shown: Iterator[ObservedState | Exception]

    def observe(self) -> ObservedState:
        found = next(self.shown)
        if isinstance(found, Exception):
            raise found
        return found


class ShownPort(PortTarget):
    """The port ``bookings.fares`` that shows what a test says, look by look."""

    shown: Iterator[ObservedState | Exception]

    observe = ShownAccount.observe


def session(*answers: Any) -> RetryingSession:
    client = Scripted(answers)
    return RetryingSession(lambda: lambda _service: client, sleep=lambda _: None)


def account(name: str, shown: Iterable[ObservedState | Exception], *answers: Any) -> ShownAccount:
    target = ShownAccount(domain(name), session(*answers))
    object.__setattr__(target, "shown", iter(shown))
    return target


def port(product: Product, shown: Iterable[ObservedState | Exception], *answers: Any) -> ShownPort:
    target = ShownPort(product, session(*answers))
    object.__setattr__(target, "shown", iter(shown))
    return target


def test_an_account_that_failed_and_is_unseen_then_is_reported() -> None:
    desired = desired_state(mesh(FARES, DEALS), TODAY)
    refused = refusal("AccessDeniedException")
    bookings = [seen(desired, "bookings", grants={}), refusal("AccessDeniedException", "GetTables")]
    shopping = [seen(desired, "shopping", grants={})] * 2
    chosen = [account("bookings", bookings, refused), account("shopping", shopping, refused, {})]
    result = reconcile(chosen, desired)
    assert not result.complete
    assert result.remaining.unseen.keys() == {"bookings"}
    assert [failure.code for failure in result.failures] == ["AccessDeniedException"]
    assert "bookings_curated.fares" in result.failures[0].what


def test_what_another_attempt_mended_is_no_failure() -> None:
    desired = desired_state(mesh(FARES, DEALS), TODAY)
    refused = refusal("AccessDeniedException")
    bookings = [seen(desired, "bookings", grants={}), seen(desired, "bookings")]
    shopping = [seen(desired, "shopping", grants={})] * 2
    chosen = [account("bookings", bookings, refused), account("shopping", shopping, refused, {})]
    result = reconcile(chosen, desired)
    assert result.complete
    assert not result.failures


def test_what_aws_says_is_there_already_is_looked_at() -> None:
    # somebody's own database has the name of the link: it is no link, and AWS says only that the name is taken
    desired = desired_state(mesh(FARES), TODAY)
    without = seen(desired, "loyalty", links={}, link_readers={})
    taken = refusal("AlreadyExistsException")
    result = reconcile([account("loyalty", [without] * 4, *[taken, {}] * 3)], desired)
    assert not result.complete
    assert result.remaining.changes
    assert [failure.code for failure in result.failures] == ["AlreadyExistsException"]
    assert "resource link bookings_curated" in result.failures[0].what


BY_TAGS = product("bookings.fares", Role("shopping", "", clearance="confidential"))
LOST = EndpointConnectionError(endpoint_url="https://lakeformation")


def port_state(**changed: Any) -> ObservedState:
    """What the owner of the port is shown while it is as its contract says: grants on LF-Tags never."""
    state = seen(desired_state(mesh(BY_TAGS), TODAY), "bookings", grants={}, links={}, link_readers={})
    return replace(state, **changed)


def test_a_port_makes_its_grants_on_tags_once() -> None:
    target = port(BY_TAGS, [port_state()], {})
    result = reconcile([target], desired_state(mesh(BY_TAGS), TODAY))
    assert result.complete
    assert (len(result.done), target.session.writes) == (1, 1)


def test_a_port_trusts_a_grant_on_tags_that_was_answered_at_last() -> None:
    target = port(BY_TAGS, [port_state()] * 2, LOST, {})
    result = reconcile([target], desired_state(mesh(BY_TAGS), TODAY))
    assert result.complete
    assert target.session.unanswered == 1


def test_a_port_reports_a_grant_on_tags_that_is_refused() -> None:
    refused = refusal("AccessDeniedException")
    result = reconcile(
        [port(BY_TAGS, [port_state()] * 4, *[refused] * 3)], desired_state(mesh(BY_TAGS), TODAY)
    )
    assert not result.complete
    assert [failure.code for failure in result.failures] == ["AccessDeniedException"]


def test_a_port_changes_nothing_of_another_port() -> None:
    both = desired_state(mesh(BY_TAGS, product("bookings.seats", Role("shopping", ""))), TODAY)
    tables = {table: frozenset(name for name in tags if name) for table, tags in both.tags.items()}
    plan = plan_changes([port(BY_TAGS, [port_state(tables=tables)])], both)
    assert {getattr(change, "table", FARES_TABLE) for change in plan.changes} == {FARES_TABLE}


def test_a_port_that_is_not_published_is_reported_as_not_seen() -> None:
    missing = refusal("EntityNotFoundException", "GetTable")
    result = reconcile([port(BY_TAGS, [missing])], desired_state(mesh(BY_TAGS), TODAY))
    assert not result.complete
    assert "EntityNotFoundException" in result.remaining.unseen["bookings"]
