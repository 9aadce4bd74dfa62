"""What the contracts grant, and what changes when a contract does: by role, columns, rows, tags and links."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from interline.access import DesiredState, ObservedState, as_json, as_text, desired_state, difference
from interline.access.lakeformation.api_requests import requests_for
from interline.access.plan import LinkChange, LinkReaderChange, RoleChange, TagChange
from interline.access.state import CellFilter, Link, Permissions, Scope, Table
from interline.contracts import Role
from tests.access.conftest import TODAY, domain, mesh, product

FARES = Table("222222222222", "bookings_curated", "fares")
SHOPPING, LOYALTY = domain("shopping").role_arn, domain("loyalty").role_arn
BY_TAGS = Role("shopping", "", clearance="confidential")
BY_COLUMNS = Role("shopping", "", columns=("seats", "code"))
BY_ROWS = Role("shopping", "", columns=("seats", "code"), rows="code = 'A'")


def state(*roles: Role, **named: object) -> DesiredState:
    return desired_state(mesh(product("bookings.fares", *roles, **named)), TODAY)  # type: ignore[arg-type]


def observed(like: DesiredState, **changed: object) -> ObservedState:
    """What AWS says when all is as it is in `like`, apart from what is changed."""
    columns = frozenset(name for name in like.tags[FARES] if name)
    parts = {
        name: getattr(like, name)
        for name in ("grants", "filters", "tags", "tag_values", "links", "link_readers")
    }
    return ObservedState(**{**parts, "tables": {FARES: columns}, **changed})


def test_a_role_by_clearance_is_a_grant_on_tags() -> None:
    (grant,) = state(BY_TAGS).grants[FARES, SHOPPING].items()
    levels = ("confidential", "internal", "public")
    assert grant == (
        Scope("tags", expression=(("classification", levels), ("port", ("fares",)))),
        Permissions(frozenset({"SELECT"})),
    )


def test_a_role_with_columns_is_a_grant_on_those_it_may_see() -> None:
    role = Role("shopping", "", columns=("code", "seats", "email"), clearance="internal")
    assert state(role).grants[FARES, SHOPPING] == {
        Scope("columns"): Permissions(frozenset({"code", "seats"}))
    }


def test_a_role_with_rows_is_a_filter_and_a_grant_on_it() -> None:
    made = state(BY_ROWS)
    assert made.grants[FARES, SHOPPING] == {
        Scope("filter", name="interline_shopping"): Permissions(frozenset({"SELECT"}))
    }
    cells = CellFilter(frozenset({"code", "seats"}), "code = 'A'")
    assert made.filters[FARES] == {"interline_shopping": cells}


@pytest.mark.parametrize(("days", "there"), [(-1, False), (0, True), (1, True)])
def test_a_role_reads_until_its_last_day(days: int, there: bool) -> None:
    role = replace(BY_COLUMNS, expires=TODAY + timedelta(days=days))
    assert ((FARES, SHOPPING) in state(role).grants) is there


def test_columns_have_their_classification_and_tables_their_port() -> None:
    assert state().tags[FARES] == {
        "": "fares",
        "code": "public",
        "seats": "internal",
        "amount": "confidential",
        "email": "personal",
    }


def test_a_consumer_has_a_link_by_role_and_by_input_port() -> None:
    by_role = desired_state(mesh(product("bookings.fares", BY_TAGS)), TODAY)
    by_input = desired_state(
        mesh(product("bookings.fares"), product("loyalty.deals", inputs=("bookings.fares",))), TODAY
    )
    link = Link("222222222222", "bookings_curated", "us-east-1")
    assert by_role.links == {("333333333333", "bookings_curated"): link}
    assert by_input.links == {("444444444444", "bookings_curated"): link}


def test_equal_states_differ_in_nothing() -> None:
    for roles in ((), (BY_TAGS,), (BY_COLUMNS,), (BY_ROWS,)):
        assert not difference(state(*roles), state(*roles))
        assert not difference(observed(state(*roles)), state(*roles))


def only(plan: object) -> RoleChange:
    (change,) = plan.changes  # type: ignore[attr-defined]
    assert isinstance(change, RoleChange)
    return change


def test_reclassifying_a_column_changes_one_tag_and_no_grant() -> None:
    levels = {"code": "public", "seats": "internal", "amount": "personal", "email": "personal"}
    (change,) = difference(state(BY_TAGS), state(BY_TAGS, columns=levels)).changes
    assert change == TagChange("changed", FARES, "amount", "classification", "confidential", "personal")


def test_a_role_that_gets_and_loses_columns_is_one_change() -> None:
    plan = difference(state(BY_COLUMNS), state(Role("shopping", "", columns=("code",))))
    assert only(plan).action == "changed"
    assert "- columns seats" in as_text(plan)


def test_a_filter_that_lets_other_rows_through_is_one_change() -> None:
    plan = difference(state(BY_ROWS), state(replace(BY_ROWS, rows="code = 'B'")))
    assert only(plan).filters_after["interline_shopping"].rows == "code = 'B'"
    assert "- rows code = 'A'" in as_text(plan)
    assert "+ rows code = 'B'" in as_text(plan)


def test_an_expired_role_says_when_it_ended() -> None:
    role = replace(BY_COLUMNS, expires=date(2027, 1, 30))
    plan = difference(observed(state(BY_COLUMNS)), state(role))
    change = next(change for change in plan.changes if isinstance(change, RoleChange))
    assert (change.action, change.reason) == ("removed", "expired, its last day was 2027-01-30")


@pytest.mark.parametrize(
    ("principal", "action"),
    [
        (LOYALTY, "removed"),
        ("arn:aws:iam::222222222222:user/analyst", "unmanaged"),
        ("999999999999", "unmanaged"),
    ],
)
def test_what_no_contract_says_is_taken_away(principal: str, action: str) -> None:
    desired = state(BY_COLUMNS)
    by_hand = {**desired.grants, (FARES, principal): {Scope("table"): Permissions(frozenset({"SELECT"}))}}
    assert only(difference(observed(desired, grants=by_hand), desired)).action == action


def test_a_grant_that_was_taken_by_hand_comes_back() -> None:
    desired = state(BY_COLUMNS, Role("loyalty", "", clearance="personal"))
    without = {key: reads for key, reads in desired.grants.items() if key[1] != LOYALTY}
    change = only(difference(observed(desired, grants=without), desired))
    assert (change.action, change.principal) == ("added", LOYALTY)


def test_a_port_that_is_not_published_waits() -> None:
    plan = difference(observed(state(BY_COLUMNS), tables={}, tags={}, grants={}), state(BY_COLUMNS))
    assert not plan
    assert "Waiting: bookings.fares: the port is not published yet" in as_text(plan)


def test_a_column_not_in_the_table_yet_waits_and_no_other_does() -> None:
    desired = state(BY_COLUMNS)
    plan = difference(
        observed(desired, tables={FARES: frozenset({"code", "amount", "email"})}, tags={}, grants={}), desired
    )
    grant = next(change for change in plan.changes if isinstance(change, RoleChange))
    assert grant.after == {Scope("columns"): Permissions(frozenset({"code"}))}
    assert [wait.what for wait in plan.waiting] == ["not in the table yet: seats"]


def test_a_port_whose_contract_cannot_be_read_is_left_alone() -> None:
    before = observed(state(BY_COLUMNS))
    after = desired_state(mesh(), TODAY, {"bookings.fares": "domains/bookings/fares/contract.yaml:3: wrong"})
    plan = difference(before, after)
    assert not plan
    assert "Left alone: bookings.fares" in as_text(plan)


def test_a_role_of_an_unknown_domain_leaves_the_port_alone() -> None:
    desired = state(Role("operations", ""))
    by_hand = {
        (FARES, "arn:aws:iam::555555555555:role/interline-operations"): {
            Scope("columns"): Permissions(frozenset({"code"}))
        }
    }
    assert not difference(observed(desired, grants=by_hand), desired)


def test_links_to_elsewhere_and_by_other_names_are_left_alone() -> None:
    desired = state()
    links = {
        ("333333333333", "partner_curated"): Link("999999999999", "partner_curated"),
        ("333333333333", "favourites"): Link("222222222222", "bookings_curated"),
        ("333333333333", "bookings_curated"): Link("222222222222", "bookings_curated"),
    }
    (change,) = difference(observed(desired, links=links), desired).changes
    assert isinstance(change, LinkChange)
    assert (change.action, change.name) == ("removed", "bookings_curated")


def test_the_text_fits_80_columns_and_says_every_change() -> None:
    many = {f"a_rather_long_name_of_a_column_{number}": "internal" for number in range(20)}
    plan = difference(
        DesiredState(), state(BY_TAGS, BY_ROWS, columns={**many, "code": "public", "seats": "internal"})
    )
    text = as_text(plan)
    assert max(map(len, text.splitlines())) <= 80
    assert all(name in text for name in many)


def test_json_says_what_text_says() -> None:
    plan = difference(state(BY_COLUMNS), state(BY_ROWS))
    (change,) = as_json(plan)["changes"]
    assert (change["kind"], change["action"], change["role"]) == ("role", "changed", "shopping")
    assert change["before"] == [{"on": "columns", "permissions": ["SELECT"], "columns": ["code", "seats"]}]
    assert change["after"][0]["rows"] == "code = 'A'"
    assert as_json(plan)["counts"] == {"added": 0, "changed": 1, "removed": 0, "unmanaged": 0}


def test_a_link_that_is_made_anew_is_given_to_its_readers_anew() -> None:
    desired = state(BY_COLUMNS)
    place = ("333333333333", "bookings_curated")
    astray = {place: Link("999999999999", "bookings_curated", "us-east-1")}
    changes = difference(observed(desired, links=astray), desired).changes
    assert [(type(change), change.action) for change in changes] == [
        (LinkChange, "changed"),
        (LinkReaderChange, "added"),
    ]


@pytest.mark.parametrize(
    "role",
    [
        Role("shopping", "", columns=("seats",), rows="code = 'A'"),
        Role("shopping", "", columns=("code",), rows="not (seats = 'A')"),
    ],
)
def test_a_filter_waits_for_all_columns_that_it_names(role: Role) -> None:
    desired = state(role)
    lacking = {FARES: frozenset({"code", "amount", "email"})}
    tags = {FARES: {name: value for name, value in desired.tags[FARES].items() if name != "seats"}}
    there = state(BY_COLUMNS).grants
    for grants in ({}, there):
        plan = difference(observed(desired, tables=lacking, tags=tags, grants=grants, filters={}), desired)
        assert not plan, "neither made, which AWS would refuse, nor is what it has taken away meanwhile"
        assert [wait.what for wait in plan.waiting] == [
            "not in the table yet: seats",
            "the rows that shopping may read: not in the table yet: seats",
        ]
        assert list(requests_for(plan, "222222222222")) == []


def test_a_filter_does_not_wait_for_a_word_in_a_constant() -> None:
    desired = state(Role("shopping", "", columns=("code",), rows="code = 'seats'"))
    lacking = {FARES: frozenset({"code", "amount", "email"})}
    plan = difference(observed(desired, tables=lacking, grants={}, filters={}), desired)
    assert [change.action for change in plan.changes if isinstance(change, RoleChange)] == ["added"]


def test_a_condition_that_is_none_ends_no_plan() -> None:
    """``check`` refuses it; what was merged all the same is for Lake Formation to refuse, and stops nobody else."""
    desired = state(Role("shopping", "", columns=("code",), rows="code = ("), Role("loyalty", ""))
    lacking = {FARES: frozenset({"code", "amount", "email"})}
    plan = difference(observed(desired, tables=lacking, grants={}, filters={}), desired)
    assert {change.principal for change in plan.changes if isinstance(change, RoleChange)} == {
        SHOPPING,
        LOYALTY,
    }
