"""Every Python file under ``dags/``: is it Python, does it stay in its domain, does it only declare."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from interline.contracts import PLATFORM, MeshError, Problem
from interline.review.checking.dag_calls import call_problems
from interline.review.checking.dag_domains import domain_problems
from interline.review.checking.view import View


def dag_tree_problems(view: View) -> Iterator[Problem]:
    """Inspect the syntax tree of each file; helper files too, because what they do they do when a DAG file is read."""
    dags = view.root / "dags"
    for path in sorted(dags.rglob("*.py")):
        if "__pycache__" in path.parts:
            continue
        try:
            tree = view.tree(path)
            parts = path.relative_to(dags).parts
            domain = parts[0] if len(parts) > 1 else ""
            yield from domain_problems(view, path, tree, domain)
            yield from call_problems(path, tree, is_platform=domain == PLATFORM)
        except MeshError as error:
            yield from error.problems
        except RecursionError:
            yield _too_deep(path)


def _too_deep(path: Path) -> Problem:
    return Problem(path, 0, "is nested too deeply to be inspected", "is this file what it should be?")
