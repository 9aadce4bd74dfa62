"""What follows a page notices a page that is out of date."""

from __future__ import annotations

import pytest

from tests.how_to.page import edited

FILE = "a = 1\nb = 2\n\nc = 3\n"


def test_an_edit_replaces_what_it_shows_and_nothing_else() -> None:
    assert edited(FILE, " b = 2\n+b2 = 2\n") == "a = 1\nb = 2\nb2 = 2\n\nc = 3\n"
    assert edited(FILE, "-b = 2\n+b = 20\n\n c = 3\n") == "a = 1\nb = 20\n\nc = 3\n"


@pytest.mark.parametrize("diff", [" d = 4\n+e = 5\n", " \n+x\n", "+x\n"])
def test_an_edit_of_lines_that_are_not_there_fails(diff: str) -> None:
    with pytest.raises(AssertionError, match="times in the file"):
        edited("a\n\nb\n\n", diff)
