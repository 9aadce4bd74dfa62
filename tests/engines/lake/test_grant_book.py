"""The books of grants and LF-Tags without a server: indexes answer what a walk over everything would."""

from __future__ import annotations

import random
from typing import Any

import pytest

from local.engines.errors import (
    ConcurrentModification,
    EntityNotFound,
    InvalidInput,
    ResourceNumberLimitExceeded,
)
from local.engines.lake_permissions.grants import EVERY_TABLE, GrantBook, Resource
from local.engines.lake_permissions.selecting import Selection
from local.engines.lake_permissions.tags import TAGS_A_RESOURCE, TagBook, matches
from local.services.lakeformation.changing import changing
from local.services.lakeformation.paging import page

ACCOUNT = "222222222222"
WHO = [f"arn:aws:iam::{ACCOUNT}:role/r{number}" for number in range(4)]


def some_resource(chance: random.Random) -> Resource:
    table = chance.choice(["a", "b", EVERY_TABLE])
    kind = chance.choice(["database", "table", "columns", "columns", "filter", "policy TABLE", "location"])
    if kind == "database":
        return Resource(kind, ACCOUNT, "d")
    if kind == "policy TABLE":
        return Resource(kind, ACCOUNT, expression=(("k", (chance.choice("xyz"),)),))
    if kind == "location":
        return Resource(kind, ACCOUNT, location=f"arn:aws:s3:::{chance.choice('xy')}")
    extra: dict[str, Any] = {}
    if kind == "columns":
        extra = {"column": chance.choice(["", "c1", "c2"])}
    if kind == "filter":
        extra = {"name": chance.choice(["f", "g"])}
    return Resource(kind, ACCOUNT, "d", table, **extra)


@pytest.mark.parametrize("seed", range(20))
def test_the_index_answers_as_a_full_scan_would(seed):
    chance = random.Random(seed)
    book = GrantBook(ACCOUNT)
    granted: dict[tuple[str, Resource], set[str]] = {}
    for _ in range(300):
        who, resource = chance.choice(WHO), some_resource(chance)
        permission = {"database": "DESCRIBE", "location": "DATA_LOCATION_ACCESS"}.get(resource.kind, "SELECT")
        if resource.kind == "table":
            permission = "INSERT"
        if chance.random() < 0.6:
            book.add(who, resource, [permission])
            granted.setdefault((who, resource), set()).add(permission)
        elif resource.kind != "columns" or resource.column:
            assert book.remove(who, resource, [permission]) == ((who, resource) in granted)
            granted.pop((who, resource), None)
        if chance.random() < 0.02:
            book.forget("d", "a")
            granted = {key: value for key, value in granted.items() if key[1].table != "a"}
    assert {(who, resource): its.permissions for who, resource, its in book.grants()} == granted
    for who in WHO:
        expected = {
            resource
            for (holder, resource) in granted
            if holder == who and resource.kind == "columns" and resource.table in ("a", EVERY_TABLE)
        }
        assert {resource for resource, _ in book.column_grants([who], "d", "a")} == expected
        assert book.mentions([who], "d") == any(
            holder == who and resource.database == "d" for holder, resource in granted
        )
        assert sorted(book.locations([who])) == sorted(
            resource.location for holder, resource in granted if holder == who and resource.kind == "location"
        )


def test_revoking_a_table_revokes_every_column():
    book = GrantBook(ACCOUNT)
    book.add(WHO[0], Resource("columns", ACCOUNT, "d", "a", column="c1"), ["SELECT"])
    book.add(WHO[0], Resource("columns", ACCOUNT, "d", "a", excluded=("c2",)), ["SELECT"])
    assert book.remove(WHO[0], Resource("table", ACCOUNT, "d", "a"), ["SELECT"])
    assert list(book.grants()) == []


@pytest.mark.parametrize("seed", range(20))
def test_the_tables_that_may_match_an_expression_are_all_there(seed):
    chance = random.Random(seed)
    tags = TagBook()
    for key in ("k", "l"):
        tags.create(key, ["x", "y"], WHO[0])
    columns = ["c1", "c2"]
    places = [
        ("d", table, column) for table in ("", "a", "b") for column in ["", *(columns if table else [])]
    ]
    for _ in range(30):
        place, key = chance.choice(places), chance.choice("kl")
        if chance.random() < 0.7:
            tags.assign(place, key, chance.choice("xy"))
        else:
            tags.remove(place, key)
    for values in (("x",), ("y",), ("x", "y")):
        expression = (("k", values), ("l", ("x",)))
        found = tags.candidates(expression)
        for table in ("a", "b"):
            carried = [
                tags.effective(("d", table, "")),
                *tags.of_columns("d", table, columns).values(),
            ]
            if any(matches(each, expression) for each in carried):
                assert found & {("d", table), ("d", "")}


def test_an_own_tag_wins_over_an_inherited_one():
    tags = TagBook()
    tags.create("k", ["x", "y", "z"], WHO[0])
    tags.assign(("d", "", ""), "k", "x")
    tags.assign(("d", "a", ""), "k", "y")
    tags.assign(("d", "a", "c1"), "k", "z")
    assert tags.of_columns("d", "a", ["c1", "c2"]) == {"c1": {"k": "z"}, "c2": {"k": "y"}}
    assert tags.effective(("d", "b", "c1")) == {"k": "x"}
    tags.forget("d", "a")
    assert tags.effective(("d", "a", "c1")) == {"k": "x"}


def test_tags_know_their_limits():
    tags = TagBook()
    for number in range(TAGS_A_RESOURCE + 1):
        tags.create(f"k{number}", ["x"], WHO[0])
    for number in range(TAGS_A_RESOURCE):
        tags.assign(("d", "a", ""), f"k{number}", "x")
    with pytest.raises(ResourceNumberLimitExceeded, match="a resource has at most 50 LF-Tags"):
        tags.assign(("d", "a", ""), f"k{TAGS_A_RESOURCE}", "x")
    with pytest.raises(EntityNotFound, match="nobody"):
        tags.assign(("d", "a", ""), "k0", "nobody")
    for start in range(0, 999, 50):
        tags.update("k0", [f"v{number}" for number in range(start, min(start + 50, 999))], [])
    with pytest.raises(ResourceNumberLimitExceeded, match="at most 1000"):
        tags.update("k0", ["one-more"], [])


def test_two_who_change_one_resource_at_once_are_one_too_many():
    with changing("a", "b"):
        with (
            pytest.raises(ConcurrentModification, match="Concurrent modification of the permissions"),
            changing("b"),
        ):
            pass
        with changing("c"):
            pass
    with changing("b"):
        pass


def test_pages_follow_what_is_there_now():
    found = [(f"{number:03}", number) for number in range(7)]
    first, rest = page(found, 3, None)
    assert first == [0, 1, 2]
    # what was seen goes, what comes before is new: neither moves the next page
    changed = [("000b", "new"), *found[2:]]
    second, rest = page(changed, 3, rest["NextToken"])
    assert second == [3, 4, 5]
    last, rest = page(changed, 3, rest["NextToken"])
    assert (last, rest) == ([6], {})
    for most, token, message in (
        (0, None, "MaxResults must be between 1 and 1000"),
        (1001, None, "MaxResults must be between 1 and 1000"),
        (3, "not a token!", "NextToken"),
    ):
        with pytest.raises(InvalidInput, match=message):
            page(found, most, token)


def test_a_row_requires_grants_on_every_column_used():
    selection = Selection(
        {"a": None, "b": frozenset({"x = 1"}), "c": frozenset({"x = 1", "y = 2"}), "d": frozenset({"x = 1"})}
    )
    assert selection.conditions(["a"]) == ()
    assert selection.conditions(["a", "b", "d"]) == (frozenset({"x = 1"}),)
    assert set(selection.conditions(["b", "c"])) == {frozenset({"x = 1"}), frozenset({"x = 1", "y = 2"})}
    assert selection.conditions([]) == ()
    hidden = Selection({"b": frozenset({"x = 1"}), "c": frozenset({"y = 2"})})
    assert hidden.conditions([]) == (frozenset({"x = 1", "y = 2"}),)
    assert hidden.has_row_filters
    assert not Selection({"a": None}).has_row_filters
