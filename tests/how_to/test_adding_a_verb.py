"""docs/adding-a-verb.md, word by word."""

from __future__ import annotations

import json

import pytest

from tests.how_to.page import Copy, follow

SNAPSHOTS = "tests/snapshots/bookings/revenue"


def test_the_page_adds_a_verb(copy: Copy) -> None:
    printed = follow("adding-a-verb.md", copy)
    assert copy.changed() == {
        "dags/bookings/revenue.py": "M",
        "docs/architecture.svg": "M",
        "plugins/interline/airflow/verbs/__init__.py": "M",
        "plugins/interline/airflow/verbs/counting.py": "A",
        "plugins/interline/contracts/model/verbs.py": "M",
        f"{SNAPSHOTS}/check.json": "M",
        f"{SNAPSHOTS}/count.json": "A",
    }
    report = printed["./interline check --base main"]
    assert "~ bookings.revenue +count" in report
    assert "No promise changes." in report
    rendered = json.loads((copy.root / SNAPSHOTS / "count.json").read_text(encoding="utf-8"))
    assert rendered["upstream"] == ["build"]
    assert rendered["fields"]["sql"] == [["select count(*)", 'from "bookings"."revenue"']]
    assert json.loads((copy.root / SNAPSHOTS / "check.json").read_text(encoding="utf-8"))["upstream"] == [
        "count"
    ]


def test_without_its_entry_the_check_refuses_the_verb(copy: Copy) -> None:
    path = copy.root / "dags" / "bookings" / "revenue.py"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("import build,", "import count, build,").replace("build(), ", "build(), count(), ")
    )
    with pytest.raises(AssertionError, match=r"calls count\(\), and there is no such verb"):
        copy.run("./interline check")
