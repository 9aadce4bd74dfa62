"""A check's report for GitHub Actions: annotations on the files of a pull request, and a summary in Markdown.

Workflow commands and their escaping: docs.github.com, "Workflow commands for GitHub Actions", and the toolkit's
``core/src/command.ts``. What people wrote is escaped, so that no contract can give a command or markup of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from interline.contracts import Problem
from interline.review.changes.change import Change, Location
from interline.review.changes.comparison import Comparison
from interline.review.changes.impact import Impact
from interline.review.changes.render_text import access_lines
from interline.review.changes.report import Report, printable

_LARGEST_SUMMARY = 900_000
"""Bytes; GitHub refuses a step's summary above 1 MiB."""


def commands(report: Report) -> Iterator[str]:
    """Yield one workflow command a finding, errors first: GitHub shows ten of each sort for a step."""
    for problem in report.problems:
        yield _problem("error", "Interline", problem)
    comparison = report.comparison
    if comparison is not None:
        refused = {verdict.address for verdict in comparison.refused}
        for verdict in comparison.refused:
            if verdict.outcome == "removed":
                yield _command(
                    "error", verdict.location, verdict.address, f"{verdict.message}; {verdict.hint}"
                )
            else:
                yield _command(
                    "error", verdict.location, verdict.address, f"{verdict.message}: {verdict.hint}"
                )
        for change in comparison.changes:
            if change.kind_name == "port-removed":
                continue
            if change.breaking and change.address in refused:
                affected = _hurt(change, report.impact_of(change.address))
                yield _change("error", change, change.message + affected)
        for change in comparison.changes:
            if not (change.breaking and change.address in refused) and change.level:
                yield _change("notice", change, change.message)
    for note in report.notes:
        yield _problem("notice", "Interline", note)
    for port in report.ending_ports:
        if port.readers:
            text = f"{port.address} {port.version} ends {port.last_day or 'one day'}; "
            path = Path("domains", *port.address.split("."), "contract.yaml")
            text += f"still read by {', '.join(port.readers)}"
            yield _problem("warning", "deprecated", Problem(path, 1, text))


def _change(sort: str, change: Change, message: str) -> str:
    title = f"{'breaking' if change.breaking else 'compatible'}: {change.kind_name}"
    if not change.in_base:
        return _command(sort, change.location, title, message)
    was = f" (line {change.location.line} of the base)"
    return _command(sort, change.near or Location(change.location.path, 0), title, message + was)


def _hurt(change: Change, impact: Impact | None) -> str:
    if impact is None:
        return ""
    users = [
        reader.address
        for reader in impact.affected
        if change.column is None or change.column in reader.touched
    ]
    return f"; used by {', '.join(users)}" if users else ""


def _problem(sort: str, title: str, problem: Problem) -> str:
    text = problem.message + (f" ({problem.hint})" if problem.hint else "")
    properties = f"file={_property(problem.path.as_posix())}"
    if problem.line:
        properties += f",line={problem.line}"
    return f"::{sort} {properties},title={_property(title)}::{_data(text)}"


def _command(sort: str, location: Location, title: str, message: str) -> str:
    line = f",line={location.line}" if location.line else ""
    file = _property(location.path.as_posix())
    return f"::{sort} file={file}{line},title={_property(title)}::{_data(message)}"


def _data(text: str) -> str:
    return printable(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def markdown(report: Report) -> str:
    """Return the summary of a step, cut where GitHub would refuse it."""
    text = "\n".join(_markdown(report)) + "\n"
    if len(text.encode()) <= _LARGEST_SUMMARY:
        return text
    cut = text.encode()[:_LARGEST_SUMMARY].decode(errors="ignore").rpartition("\n")[0]
    return f"{cut}\n\nThe rest is left out: the summary is too long for GitHub.\n"


def _markdown(report: Report) -> Iterator[str]:
    yield f"## Interline: {'refused' if report.failed else 'all is well'}"
    yield ""
    yield f"{_escaped(report.summary)}."
    if report.problems:
        yield from ("", "### Problems", "", "| where | what | what to do |", "| --- | --- | --- |")
        for problem in report.problems:
            where = f"{problem.path.as_posix()}:{problem.line}" if problem.line else problem.path.as_posix()
            yield f"| {_code(where)} | {_escaped(problem.message)} | {_escaped(problem.hint)} |"
    if report.comparison is not None:
        yield from _compared(report, report.comparison)
    if report.ending_ports:
        yield from ("", "### Ports that end", "", "| port | last day | goes on in | still read by |")
        yield "| --- | --- | --- | --- |"
        for port in report.ending_ports:
            cells = (f"{port.address} {port.version}", str(port.last_day or ""), port.successor)
            yield f"| {' | '.join(map(_escaped, cells))} | {_escaped(', '.join(port.readers))} |"
    if report.notes:
        yield from ("", "### Notes", "")
        for note in report.notes:
            text = note.message + (f" ({note.hint})" if note.hint else "")
            yield f"- {_code(f'{note.path.as_posix()}:{note.line}')} {_escaped(text)}"


def _compared(report: Report, comparison: Comparison) -> Iterator[str]:
    for address in report.addresses:
        verdict, impact = report.verdict_of(address), report.impact_of(address)
        versions = " → ".join(dict.fromkeys(v for v in (verdict.before, verdict.now) if v)) if verdict else ""
        yield from ("", f"### {_escaped(address)} {_escaped(versions)}".rstrip(), "")
        if verdict is not None and (verdict.refused or verdict.outcome == "draft"):
            text = f"**{_escaped(verdict.message)}**" if verdict.refused else _escaped(verdict.message)
            yield from (text + (f": {_escaped(verdict.hint)}" if verdict.hint else ""), "")
        yield from ("| class | kind | change | where |", "| --- | --- | --- | --- |")
        for change in report.changes_of(address):
            sort = "**breaking**" if change.breaking else "compatible"
            where = f"{_code(str(change.location))}{' in the base' if change.in_base else ''}"
            yield f"| {sort} | {change.kind_name} | {_escaped(change.message)} | {where} |"
        if impact is not None and (impact.columns or impact.whole):
            yield from _concerned(impact)
    for succession in comparison.successions:
        moved = f"{succession.follows} {succession.before} → {succession.address} {succession.version}"
        yield from ("", f"### Moving {_escaped(moved)}", "")
        for change in succession.changes:
            yield f"- {'**breaking** ' if change.breaking else ''}{_escaped(change.message)}"
    if comparison.dags:
        yield from ("", "### DAGs", "", "| DAG | appears | vanishes |", "| --- | --- | --- |")
        for dag in comparison.dags:
            name = f"{dag.dag_id} ({'new' if dag.appears else 'gone' if dag.vanishes else 'changed'})"
            cells = (name, ", ".join(dag.tasks_added), ", ".join(dag.tasks_removed))
            yield f"| {' | '.join(map(_escaped, cells))} |"
    lines = access_lines(comparison)
    if lines:
        # an indented block: no fence that a text could close
        yield from ("", "### Grants after the merge", "", *(f"    {line}" for line in lines))


def _concerned(impact: Impact) -> Iterator[str]:
    yield ""
    for reader in sorted(impact.readers, key=lambda reader: not reader.touched):
        if not reader.touched:
            yield f"- {_escaped(reader.address)} reads it and uses nothing of this"
            continue
        places = ", ".join(_code(str(location)) for location in reader.locations)
        text = f"- **{_escaped(reader.address)}** uses {_escaped(', '.join(reader.touched))}"
        yield text + (f": {places}" if places else "") + (", and has moved" if reader.moved else "")
    for what, names in (
        ("Made of it", impact.derived_columns),
        ("Roles that may read it", impact.roles),
        ("DAGs that follow", impact.dags),
    ):
        if names:
            yield f"- {what}: {_escaped(', '.join(names))}"


def _escaped(text: str) -> str:
    text = printable(" ".join(text.split())).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_{}\[\]()#+!|~])", r"\\\1", text)


def _code(text: str) -> str:
    """A code span; what could end it or its table cell is replaced."""
    return f"`{printable(' '.join(text.split())).replace('`', chr(39)).replace('|', '/')}`"
