"""docs/adding-a-source.md, followed word by word: one module is a source of input, and no other file is edited."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from local.source_systems.source import BrokenDeclaration, Delivery, Source, sources

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = (REPOSITORY / "docs" / "adding-a-source.md").read_text(encoding="utf-8")
PROGRAM = """
import json
from datetime import date
from local.source_systems import generate
files = generate(date(2013, 1, 1), domains=["stays"])
print(json.dumps([[file.bucket, file.key, file.content.decode()] for file in files]))
"""


def test_the_page_word_by_word(tmp_path: Path) -> None:
    shutil.copytree(
        REPOSITORY / "local" / "source_systems",
        tmp_path / "local" / "source_systems",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    [(file, module)] = re.findall(r"^`([^`\n]+)`\n\n```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert not (tmp_path / file).exists()
    (tmp_path / file).write_text(module, encoding="utf-8")
    finished = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert finished.returncode == 0, finished.stderr
    [[bucket, key, content]] = json.loads(finished.stdout)
    assert (bucket, key) == ("stays-landing", "room_sales/dt=2013-01-01/room-sales.jsonl")
    sales = [json.loads(line) for line in content.splitlines()]
    assert len(sales) == 500
    assert {sale["hotel"] for sale in sales} == {"JFK", "LGA", "EWR"}
    assert min(sale["nights"] for sale in sales) == 0


def test_a_folder_has_one_deliverer(monkeypatch: pytest.MonkeyPatch) -> None:
    again = Source("loyalty", "member_files", lambda _delivery: [])
    monkeypatch.setattr("local.source_systems.world.SOURCES", (again,), raising=False)
    sources.cache_clear()
    with pytest.raises(BrokenDeclaration, match="two source systems deliver member_files to loyalty"):
        sources()


def test_a_size_is_scaled_and_never_nothing() -> None:
    assert [Delivery(date(2013, 1, 1), 1, scale).scaled(500) for scale in (1, 0.2, 0.0001)] == [500, 100, 1]
