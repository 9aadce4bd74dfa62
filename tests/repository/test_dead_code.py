"""What finds dead code in CI (`.ci/run` has it read everything) finds it, and takes for used what is declared."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def dead_code() -> dict[str, Any]:
    return runpy.run_path(str(Path(__file__).resolve().parents[2] / ".ci" / "dead_code.py"))


def test_an_unused_function_is_found(dead_code: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "made.py").write_text(
        "def used():\n    return 1\n\n\ndef nobody_calls():\n    return used()\n\n\n"
        "@scalar('ABS')\ndef registered():\n    return 2\n"
    )
    [item] = dead_code["unused"]([tmp_path])
    assert (item.name, item.first_lineno) == ("nobody_calls", 5)


def test_operations_are_used_where_they_are_declared(dead_code: dict[str, Any], root: Path) -> None:
    operations = dead_code["served_operations"](root)
    assert ("local/services/glue", "get_partitions") in operations
    assert ("local/services/athena", "get_partitions") not in operations
