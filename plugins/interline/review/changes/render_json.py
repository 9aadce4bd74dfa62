"""A check's report for machines; docs/pull-requests.md describes the shape, which only grows within a version."""

from __future__ import annotations

from typing import Any

from interline.access import as_json
from interline.contracts import Problem
from interline.review.changes.change import Change, Location
from interline.review.changes.comparison import Comparison
from interline.review.changes.impact import Impact
from interline.review.changes.report import Report
from interline.review.changes.version_policy import Verdict

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
                "address": port.address,
                "version": port.version,
                "last_day": port.last_day.isoformat() if port.last_day else None,
                "successor": port.successor or None,
                "readers": list(port.readers),
                "roles": list(port.roles),
            }
            for port in report.ending_ports
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


def _location(location: Location) -> dict[str, Any]:
    return {"path": location.path.as_posix(), "line": location.line or None}


def _comparison(comparison: Comparison) -> dict[str, Any]:
    return {
        "base": comparison.base,
        "commit": comparison.commit,
        "uncommitted_files": comparison.uncommitted,
        "contracts": [_verdict(verdict) for verdict in comparison.verdicts],
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
                **_location(dag.location),
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
        "unread": list(comparison.unread),
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "address": verdict.address,
        "outcome": verdict.outcome,
        "refused": verdict.refused,
        "level": verdict.level.name.lower(),
        "version_before": verdict.before or None,
        "version": verdict.now or None,
        "version_needed": verdict.needed or None,
        "message": verdict.message,
        "hint": verdict.hint or None,
        **_location(verdict.location),
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
        **_location(change.location),
        "in_base": change.in_base,
        "near": _location(change.near) if change.near else None,
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
                "places": [_location(location) for location in reader.locations],
                "moved": reader.moved,
            }
            for reader in impact.readers
        ],
        "made_of_them": list(impact.derived_columns),
        "dags": list(impact.dags),
        "roles": list(impact.roles),
    }
