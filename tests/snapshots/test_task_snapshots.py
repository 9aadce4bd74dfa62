"""Every task of every product renders to what was reviewed.

After an intended change: ``python -m pytest tests/snapshots --update-snapshots``, and look at the diff.
"""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

import pytest
from rendering import FOLDER, UPDATE, path_of, snapshots

ROOT = Path(__file__).resolve().parents[2]
ADDRESSES = sorted(
    f"{path.parent.name}.{path.stem}"
    for path in (ROOT / "dags").glob("*/*.py")
    if path.parent.name != "platform"
)


@pytest.mark.parametrize("address", ADDRESSES)
def test_tasks_render_to_what_was_reviewed(
    address: str, loaded_dags: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    rendered = {path_of(address, task): text for task, text in snapshots(loaded_dags[address], ROOT).items()}
    folder = path_of(address, "any").parent
    if request.config.getoption("--update-snapshots", default=False):
        folder.mkdir(parents=True, exist_ok=True)
        for path in set(folder.glob("*.json")) - rendered.keys():
            path.unlink()
        for path, text in rendered.items():
            path.write_text(text, encoding="utf-8")
    reviewed = {path: path.read_text(encoding="utf-8") for path in folder.glob("*.json")}
    differences = [
        line
        for path in sorted(rendered.keys() | reviewed.keys())
        for line in difflib.unified_diff(
            reviewed.get(path, "").splitlines(),
            rendered.get(path, "").splitlines(),
            f"reviewed {path.relative_to(FOLDER)}",
            f"rendered {path.relative_to(FOLDER)}",
            lineterm="",
        )
    ]
    assert not differences, "\n".join([*differences, f"If this is meant: {UPDATE}, then look at the diff."])


def test_there_is_no_snapshot_of_a_product_that_is_gone() -> None:
    reviewed = {f"{path.parent.parent.name}.{path.parent.name}" for path in FOLDER.glob("*/*/*.json")}
    assert reviewed == set(ADDRESSES)


def test_no_snapshot_tells_of_a_machine() -> None:
    for path in FOLDER.glob("*/*/*.json"):
        text = path.read_text(encoding="utf-8")
        assert str(ROOT) not in text
        assert str(Path.home()) not in text
