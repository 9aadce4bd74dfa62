"""One whole check of a checkout: what is wrong with it, and what it changes against a base."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from interline.review.changes.base import base_of
from interline.review.changes.comparison import Comparison, compare
from interline.review.changes.end_of_life import end_of_life_problems, ending_ports
from interline.review.changes.report import Report, relative
from interline.review.checking import inspect_mesh


def check(root: Path, today: date, base: str | None = None) -> Report:
    """Check the mesh under ``root``; compare it with a base if one is given.

    :param root: the folder that holds ``domains/``, ``dags/`` and ``dbt/``
    :param today: the day on which roles and ports have ended or not
    :param base: a branch, tag or commit of the checkout's repository

    Raises:
        BaseError: there is nothing to compare with.
    """
    inspection = inspect_mesh(root)
    mesh = inspection.mesh
    problems = dict.fromkeys([*inspection.problems, *end_of_life_problems(mesh, today)])
    comparison: Comparison | None = None
    if base is not None:
        with base_of(root, base) as files:
            comparison = compare(files, mesh, today)
    return Report(
        today,
        tuple(relative(problem, root) for problem in problems),
        tuple(relative(note, root) for note in inspection.notes),
        tuple(ending_ports(mesh, today)),
        comparison,
    )
