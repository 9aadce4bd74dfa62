"""A row test of every kind: how it compares with another, and what is said about a row that breaks it."""

from __future__ import annotations

from abc import ABC

import pytest

from interline.contracts.model import row_tests
from interline.contracts.model.row_tests import (
    AllOf,
    AtLeast,
    AtMost,
    ExistsIn,
    Holds,
    Longest,
    Matches,
    MultipleOf,
    NotBlank,
    OneOf,
    Present,
    RowTest,
    Shortest,
)

MOVED = [
    (AtLeast(1), AtLeast(2), "tightened"),
    (AtLeast(1), AtLeast(1, exclusive=True), "tightened"),
    (AtMost(1), AtMost(2), "loosened"),
    (AtMost(1, exclusive=True), AtMost(1), "loosened"),
    (AtLeast("2013-01-01"), AtLeast(3), "changed"),
    (AtLeast(1), AtMost(1), "changed"),
    (MultipleOf(2), MultipleOf(6), "tightened"),
    (MultipleOf(2), MultipleOf(3), "changed"),
    (Longest(3), Longest(4), "loosened"),
    (Shortest(3), Shortest(4), "tightened"),
    (OneOf(("a", "b")), OneOf(("a",)), "tightened"),
    (OneOf(("a", "b")), OneOf(("a", "c")), "changed"),
    (OneOf(("a", "b")), OneOf(("b", "a")), "same"),
    (NotBlank(), NotBlank(("N/A",)), "tightened"),
    (NotBlank(("N/A", "-")), NotBlank(("-",)), "loosened"),
    (Present(), NotBlank(), "changed"),
    (Matches("^a"), Matches("^b"), "changed"),
    (Holds("a > 1"), Holds("a > 2"), "changed"),
    (ExistsIn("a.b", "c", is_source=False), ExistsIn("a.d", "c", is_source=False), "changed"),
    (AllOf((AtLeast(1), AtMost(9))), AllOf((AtLeast(2), AtMost(8))), "tightened"),
    (AllOf((AtLeast(1), AtMost(9))), AllOf((AtLeast(0), AtMost(8))), "changed"),
    (AtLeast(1), AllOf((AtLeast(1), AtMost(9))), "tightened"),
    (AllOf((AtLeast(1), AtMost(9))), AtLeast(1), "loosened"),
]


@pytest.mark.parametrize(("old", "new", "direction"), MOVED)
def test_how_a_demand_moved(old: RowTest, new: RowTest, direction: str) -> None:
    assert old.moved_to(new) == direction
    assert old.moved_to(old) == "same"


@pytest.mark.parametrize(("old", "new", "direction"), MOVED)
def test_the_way_back_is_the_opposite(old: RowTest, new: RowTest, direction: str) -> None:
    opposite = {"tightened": "loosened", "loosened": "tightened"}
    assert new.moved_to(old) == opposite.get(direction, direction)


def test_every_kind_is_compared_somewhere_above() -> None:
    kinds = {
        kind for kind in vars(row_tests).values() if isinstance(kind, type) and issubclass(kind, RowTest)
    }
    assert kinds - {RowTest} == {type(test) for old, new, _ in MOVED for test in (old, new)}


def test_a_kind_without_an_answer_cannot_be_made() -> None:
    incomplete = type("Incomplete", (RowTest, ABC), {"argument": "", "reason": lambda self, column: column})
    with pytest.raises(TypeError, match=r"abstract methods 'breaks', 'moved_within_kind'"):
        incomplete()


@pytest.mark.parametrize(
    ("test", "reason"),
    [
        (Present(), "x is missing"),
        (NotBlank(), "x is missing"),
        (AtLeast(1), "x is below 1"),
        (AtLeast(0, exclusive=True), "x is not above 0"),
        (AtMost(1), "x is above 1"),
        (AtMost(0, exclusive=True), "x is not below 0"),
        (MultipleOf(5), "x is no multiple of 5"),
        (Longest(3), "x has more than 3 characters"),
        (Shortest(3), "x has fewer than 3 characters"),
        (Matches("^a$"), "x does not look like ^a$"),
        (OneOf(tuple("abcdefghij")), "x is none of a, b, c, d, e, f, g, h, …"),
        (ExistsIn("a.b", "c", is_source=False), "x is not in a.b.c"),
        (ExistsIn("a.b", "c", is_source=False, more=(("y", "d"),)), "x and y are not in a.b.c, d"),
        (Holds("x > y"), "x > y does not hold"),
        (AllOf((AtLeast(1), AtMost(9))), "x is not valid"),
    ],
)
def test_what_is_said_of_a_row_that_breaks_it(test: RowTest, reason: str) -> None:
    assert test.reason("x") == reason
