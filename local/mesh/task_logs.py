"""Reading a task's log: where it is, and its last lines for a person."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from local.mesh.home import Home

_LONGEST_LINE = 500
_NOISE = ("::group::", "::endgroup::")


def log_of(home: Home, dag_id: str, run_id: str, task_id: str) -> Path | None:
    """The log file of the task's latest attempt, or None when it never began."""
    folder = home.task_logs / f"dag_id={dag_id}" / f"run_id={run_id}" / f"task_id={task_id}"
    attempts = sorted(folder.glob("attempt=*.log"), key=lambda path: path.stat().st_mtime)
    return attempts[-1] if attempts else None


def last_lines(log: Path, count: int = 20) -> list[str]:
    """The end of a task's log as plain lines: messages, and of exceptions what was raised and where."""
    lines: list[str] = []
    with log.open(encoding="utf-8", errors="replace") as file:
        for text in file:
            try:
                entry = json.loads(text)
            except ValueError:
                lines.append(text.rstrip())
                continue
            lines += _readable(entry)
    return [line if len(line) <= _LONGEST_LINE else line[:_LONGEST_LINE] + " …" for line in lines[-count:]]


def _readable(entry: dict[str, Any]) -> list[str]:
    event = str(entry.get("event", ""))
    if event.startswith(_NOISE) or entry.get("logger") == "py.warnings":
        return []
    lines = event.splitlines()
    if lines and entry.get("level") in ("warning", "error", "critical"):
        lines[0] = f"{entry['level'].upper()}: {lines[0]}"
    for number, error in enumerate(entry.get("error_detail") or ()):
        if number:
            lines.append("caused by" if error.get("is_cause") else "while handling")
        frames = error.get("frames") or ()
        lines += [f"  {frame['filename']}:{frame['lineno']} in {frame['name']}" for frame in frames[-3:]]
        lines += f"{error.get('exc_type')}: {error.get('exc_value')}".splitlines()
    return lines
