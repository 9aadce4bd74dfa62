"""How a demand moved: whether it now allows less, more, or other values than before."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Literal, TypeAlias

from interline.contracts.model.rules import (
    AllOf,
    AtLeast,
    AtMost,
    Limit,
    Longest,
    MultipleOf,
    OneOf,
    RowTest,
    Shortest,
)

Direction: TypeAlias = Literal["same", "tightened", "loosened", "changed"]


def test_direction(old: RowTest, new: RowTest) -> Direction:
    """Say how one test of a row moved to another; ``changed`` where neither or nobody can say."""
    if old == new:
        return "same"
    if isinstance(old, AllOf) or isinstance(new, AllOf):
        return _several(old, new)
    if isinstance(old, OneOf) and isinstance(new, OneOf):
        return _sets(set(old.values), set(new.values))
    if isinstance(old, MultipleOf) and isinstance(new, MultipleOf):
        if _divides(old.divisor, new.divisor):
            return "tightened"
        return "loosened" if _divides(new.divisor, old.divisor) else "changed"
    if isinstance(old, (AtLeast, AtMost)) and type(old) is type(new):
        return bound_direction(old, new)
    if isinstance(old, Shortest) and isinstance(new, Shortest):
        return "tightened" if new.characters > old.characters else "loosened"
    if isinstance(old, Longest) and isinstance(new, Longest):
        return "tightened" if new.characters < old.characters else "loosened"
    return "changed"


def _several(old: RowTest, new: RowTest) -> Direction:
    """Say how tests that must hold together moved: further ones allow less, missing ones more."""
    before: list[RowTest] = list(old.tests) if isinstance(old, AllOf) else [old]
    after: list[RowTest] = list(new.tests) if isinstance(new, AllOf) else [new]
    moved: set[Direction] = set()
    for test in before:
        same = next((other for other in after if type(other) is type(test)), None)
        moved.add("loosened" if same is None else test_direction(test, same))
        if same is not None:
            after.remove(same)
    if after:
        moved.add("tightened")
    moved.discard("same")
    return moved.pop() if len(moved) == 1 else "changed" if moved else "same"


def bound_direction(old: RowTest, new: RowTest) -> Direction:
    """Say how a lower or an upper bound moved."""
    if not isinstance(old, (AtLeast, AtMost)) or not isinstance(new, (AtLeast, AtMost)):
        return "changed"
    before, after = (old.bound, old.exclusive), (new.bound, new.exclusive)
    if before == after:
        return "same"
    if old.bound == new.bound:
        return "tightened" if new.exclusive else "loosened"
    try:
        higher = new.bound > old.bound  # type: ignore[operator]
    except TypeError:
        return "changed"
    return "tightened" if higher == isinstance(new, AtLeast) else "loosened"


def limit_direction(old: Limit, new: Limit) -> Direction:
    """Say how the limit of a measured number moved.

    Limits change their answer only at their bounds, so numbers at, between and around all bounds tell everything.
    """
    bounds = sorted({float(b) for limit in (old, new) for b in (limit.low, limit.high) if b is not None})
    between = [(low + high) / 2 for low, high in pairwise(bounds)]
    return _accepting(old.holds, new.holds, [bounds[0] - 1, *bounds, *between, bounds[-1] + 1])


def _accepting(
    old: Callable[[float], bool], new: Callable[[float], bool], numbers: Iterable[float]
) -> Direction:
    answers = [(old(number), new(number)) for number in numbers]
    looser = any(after and not before for before, after in answers)
    tighter = any(before and not after for before, after in answers)
    if looser and tighter:
        return "changed"
    if looser:
        return "loosened"
    return "tightened" if tighter else "same"


def _sets(old: set[object], new: set[object]) -> Direction:
    if old == new:
        return "same"
    if new < old:
        return "tightened"
    return "loosened" if new > old else "changed"


def _divides(divisor: float, number: float) -> bool:
    quotient = number / divisor
    return abs(quotient - round(quotient)) < 1e-9
