"""docs/adding-a-check.md, word by word."""

from __future__ import annotations

import pytest

from tests.how_to.page import Copy, follow

CHECKING = "plugins/interline/review/checking"


def test_the_page_adds_a_check(copy: Copy) -> None:
    printed = follow("adding-a-check.md", copy)
    assert copy.changed() == {
        f"{CHECKING}/inspection.py": "M",
        f"{CHECKING}/titles.py": "A",
        "tests/review/checking/test_titles.py": "A",
    }
    assert "1 passed" in printed["./interline test tests/review/checking/test_titles.py"]
    product = copy.root / "domains" / "bookings" / "revenue" / "product.yaml"
    text = product.read_text(encoding="utf-8")
    product.write_text(text.replace("\nname: Revenue\n", "\nname: Reservations\n"), encoding="utf-8")
    with pytest.raises(AssertionError, match=r"bookings\.revenue has the title 'Reservations'"):
        copy.run("./interline check")
