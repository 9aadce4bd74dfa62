"""How a limit compares, and how it moved.

The judge is the text of the Open Data Contract Standard, v3.2.0, "Data quality", "Valid properties for operator":
"``mustBeBetween`` is the equivalent to ``mustBeGreaterThan`` and ``mustBeLessThan``". Where the JSON schema says nothing,
as here, the text is the standard.
"""

from __future__ import annotations

import pytest

from interline.contracts.model.rules import Limit


@pytest.mark.parametrize("value", [-1, 0, 0.5, 50, 99.5, 100, 101])
def test_between_is_greater_than_and_less_than(value: float) -> None:
    both = Limit(">", 0).holds(value) and Limit("<", 100).holds(value)
    assert Limit("between", 0, 100).holds(value) is both
    assert Limit("not between", 0, 100).holds(value) is not both


@pytest.mark.parametrize(
    ("old", "new", "moved"),
    [
        (Limit("between", 0, 100), Limit("between", 0, 101), "loosened"),
        (Limit("between", 0, 100), Limit("between", 1, 100), "tightened"),
        (Limit("between", 0, 100), Limit(">", 0), "loosened"),
        (Limit("between", 0, 100), Limit(">=", 0), "loosened"),
        (Limit(">=", 0), Limit("between", 0, 100), "tightened"),
        (Limit("not between", 0, 100), Limit("not between", 1, 99), "loosened"),
        (Limit("between", 0, 100), Limit("not between", 0, 100), "changed"),
    ],
)
def test_how_a_limit_with_two_bounds_moved(old: Limit, new: Limit, moved: str) -> None:
    assert old.moved_to(new) == moved
