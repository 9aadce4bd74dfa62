"""docs/glossary.md: every word once, and where the code has it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROW = re.compile(r"^\| (?P<words>[^|]+) \| (?P<meaning>[^|]+) \| (?P<where>`[^|]+`) \|$", re.MULTILINE)


@pytest.fixture(scope="module")
def rows(root: Path) -> list[tuple[str, str, str]]:
    """Words, meaning and place of each line."""
    text = (root / "docs" / "glossary.md").read_text(encoding="utf-8")
    found = [
        (row["words"].strip(), row["meaning"].strip(), row["where"].strip()) for row in ROW.finditer(text)
    ]
    assert len(found) >= 30
    assert len(found) == text.count("\n| ") - 2 * text.count("\n## "), "a line of a table is not read"
    return found


def test_every_word_stands_for_one_idea(rows: list[tuple[str, str, str]]) -> None:
    words = [word for names, _, _ in rows for word in names.split(", ")]
    assert len(words) == len(set(words))


def test_every_word_is_where_the_page_says(root: Path, rows: list[tuple[str, str, str]]) -> None:
    wrong = []
    for words, _, where in rows:
        place, *names = re.findall(r"`([^`]+)`", where)
        path = next((p for p in (root / place, root / "plugins" / "interline" / place) if p.exists()), None)
        if path is None:
            wrong.append(f"{words}: there is no {place}")
            continue
        for name in names:
            defined = {
                getattr(node, "name", "") or getattr(getattr(node, "targets", [None])[0], "id", "")
                for node in ast.parse(path.read_text(encoding="utf-8")).body
            }
            if name not in defined:
                wrong.append(f"{words}: {place} defines no {name}")
    assert wrong == []
