"""A check's report for machines; docs/pull-requests.md describes the shape, which only grows within a version."""

from __future__ import annotations

from typing import Any

from interline.access import as_json
from interline.contracts import Problem
from interline.review.changes.change import Change, Spot
from interline.review.changes.comparison import Comparison
from interline.review.changes.impact import Impact
from interline.review.changes.report import Report
from interline.review.changes.version_policy import Ruling

SCHEMA = "interline.check/1"


def json_of(report: Report) -> dict[str, Any]:
    """Return the report as plain values."""
    return {
        "schema": SCHEMA,
        "ok": not report.failed,
        "today": report.today.isoformat(),
        "problems": [_problem(problem) for problem in report.problems],
        "notes": [_problem(note) for note in report.notes],
        "endings": [
            {
                "address": ending.address,
                "version": ending.version,
                "last_day": ending.last_day.isoformat() if ending.last_day else None,
                "successor": ending.successor or None,
                "readers": list(ending.readers),
                "roles": list(ending.roles),
            }
            for ending in report.endings
        ],
        "comparison": _comparison(report.comparison) if report.comparison else None,
    }


def _problem(problem: Problem) -> dict[str, Any]:
    line = problem.line or None
    return {
        "path": problem.path.as_posix(),
        "line": line,
        "message": problem.message,
        "hint": problem.hint or None,
    }


def _spot(spot: Spot) -> dict[str, Any]:
    return {"path": spot.path.as_posix(), "line": spot.line or None}


def _comparison(comparison: Comparison) -> dict[str, Any]:
    return {
        "base": comparison.base,
        "commit": comparison.commit,
        "uncommitted_files": comparison.uncommitted,
        "contracts": [_ruling(ruling) for ruling in comparison.rulings],
        "changes": [_change(change) for change in comparison.changes],
        "successions": [
            {
                "address": succession.address,
                "version": succession.version,
                "follows": succession.follows,
                "version_before": succession.before,
                "changes": [_change(change) for change in succession.changes],
            }
            for succession in comparison.successions
        ],
        "impacts": [_impact(impact) for impact in comparison.impacts],
        "dags": [
            {
                "dag_id": dag.dag_id,
                **_spot(dag.spot),
                "appears": dag.appears,
                "vanishes": dag.vanishes,
                "tasks_added": list(dag.tasks_added),
                "tasks_removed": list(dag.tasks_removed),
                "schedule_before": dag.schedule_before or None,
                "schedule": dag.schedule_now or None,
            }
            for dag in comparison.dags
        ],
        "access": as_json(comparison.access),
        "uncompared": [_problem(problem) for problem in comparison.uncompared],
    }


def _ruling(ruling: Ruling) -> dict[str, Any]:
    return {
        "address": ruling.address,
        "outcome": ruling.outcome,
        "refused": ruling.refused,
        "level": ruling.level.name.lower(),
        "version_before": ruling.before or None,
        "version": ruling.now or None,
        "version_needed": ruling.needed or None,
        "message": ruling.message,
        "hint": ruling.hint or None,
        **_spot(ruling.spot),
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "kind": change.kind_name,
        "class": "breaking" if change.breaking else "compatible",
        "level": change.level.name.lower(),
        "address": change.address,
        "subject": change.subject,
        "column": change.column,
        "message": change.message,
        **_spot(change.spot),
        "in_base": change.gone,
        "near": _spot(change.near) if change.near else None,
    }


def _impact(impact: Impact) -> dict[str, Any]:
    return {
        "address": impact.address,
        "columns": list(impact.columns),
        "whole_port": impact.whole,
        "readers": [
            {
                "address": reader.address,
                "uses": list(reader.uses),
                "touched": list(reader.touched),
                "places": [_spot(spot) for spot in reader.spots],
                "moved": reader.moved,
            }
            for reader in impact.readers
        ],
        "made_of_them": list(impact.made_of_them),
        "dags": list(impact.dags),
        "roles": list(impact.roles),
    }
