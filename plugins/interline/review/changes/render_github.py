"""A check's report for GitHub Actions: annotations on the files of a pull request, and a summary in Markdown.

Workflow commands and their escaping: docs.github.com, "Workflow commands for GitHub Actions", and the toolkit's
``core/src/command.ts``. What people wrote is escaped, so that no contract can give a command or markup of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from interline.contracts import Problem
from interline.review.changes.change import Change, Spot
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
        refused = {ruling.address for ruling in comparison.refused}
        for ruling in comparison.refused:
            if ruling.outcome == "removed":
                yield _command("error", ruling.spot, ruling.address, f"{ruling.message}; {ruling.hint}")
            else:
                yield _command("error", ruling.spot, ruling.address, f"{ruling.message}: {ruling.hint}")
        for change in comparison.changes:
            if change.kind_name == "port-removed":
                continue
            if change.breaking and change.address in refused:
                hurt = _hurt(change, report.impact_of(change.address))
                yield _change("error", change, change.message + hurt)
        for change in comparison.changes:
            if not (change.breaking and change.address in refused) and change.level:
                yield _change("notice", change, change.message)
    for note in report.notes:
        yield _problem("notice", "Interline", note)
    for ending in report.endings:
        if ending.readers:
            told = f"{ending.address} {ending.version} ends {ending.last_day or 'one day'}; "
            path = Path("domains", *ending.address.split("."), "contract.yaml")
            told += f"still read by {', '.join(ending.readers)}"
            yield _problem("warning", "deprecated", Problem(path, 1, told))


def _change(sort: str, change: Change, message: str) -> str:
    title = f"{'breaking' if change.breaking else 'compatible'}: {change.kind_name}"
    if not change.gone:
        return _command(sort, change.spot, title, message)
    was = f" (line {change.spot.line} of the base)"
    return _command(sort, change.near or Spot(change.spot.path, 0), title, message + was)


def _hurt(change: Change, impact: Impact | None) -> str:
    if impact is None:
        return ""
    users = [
        reader.address for reader in impact.hurt if change.column is None or change.column in reader.touched
    ]
    return f"; used by {', '.join(users)}" if users else ""


def _problem(sort: str, title: str, problem: Problem) -> str:
    told = problem.message + (f" ({problem.hint})" if problem.hint else "")
    properties = f"file={_property(problem.path.as_posix())}"
    if problem.line:
        properties += f",line={problem.line}"
    return f"::{sort} {properties},title={_property(title)}::{_data(told)}"


def _command(sort: str, spot: Spot, title: str, message: str) -> str:
    line = f",line={spot.line}" if spot.line else ""
    file = _property(spot.path.as_posix())
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
    if report.endings:
        yield from ("", "### Ports that end", "", "| port | last day | goes on in | still read by |")
        yield "| --- | --- | --- | --- |"
        for ending in report.endings:
            cells = (f"{ending.address} {ending.version}", str(ending.last_day or ""), ending.successor)
            yield f"| {' | '.join(map(_escaped, cells))} | {_escaped(', '.join(ending.readers))} |"
    if report.notes:
        yield from ("", "### Notes", "")
        for note in report.notes:
            told = note.message + (f" ({note.hint})" if note.hint else "")
            yield f"- {_code(f'{note.path.as_posix()}:{note.line}')} {_escaped(told)}"


def _compared(report: Report, comparison: Comparison) -> Iterator[str]:
    for address in report.addresses:
        ruling, impact = report.ruling_of(address), report.impact_of(address)
        versions = " → ".join(dict.fromkeys(v for v in (ruling.before, ruling.now) if v)) if ruling else ""
        yield from ("", f"### {_escaped(address)} {_escaped(versions)}".rstrip(), "")
        if ruling is not None and (ruling.refused or ruling.outcome == "draft"):
            told = f"**{_escaped(ruling.message)}**" if ruling.refused else _escaped(ruling.message)
            yield from (told + (f": {_escaped(ruling.hint)}" if ruling.hint else ""), "")
        yield from ("| class | kind | change | where |", "| --- | --- | --- | --- |")
        for change in report.changes_of(address):
            sort = "**breaking**" if change.breaking else "compatible"
            where = f"{_code(str(change.spot))}{' in the base' if change.gone else ''}"
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
        places = ", ".join(_code(str(spot)) for spot in reader.spots)
        told = f"- **{_escaped(reader.address)}** uses {_escaped(', '.join(reader.touched))}"
        yield told + (f": {places}" if places else "") + (", and has moved" if reader.moved else "")
    for what, names in (
        ("Made of it", impact.made_of_them),
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
