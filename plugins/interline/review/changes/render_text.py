"""A check's report for people: at most 80 columns, no colour needed."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from interline.access import as_text
from interline.contracts import Problem
from interline.review.changes.change import Change
from interline.review.changes.comparison import Comparison
from interline.review.changes.dags import DagChange
from interline.review.changes.impact import Impact
from interline.review.changes.report import Report, counted, printable

_WIDTH = 80


def text_of(report: Report) -> str:
    """Return the report as lines of plain text."""
    return "\n".join(printable(line) for line in _lines(report))


def _lines(report: Report) -> Iterator[str]:
    for problem in report.problems:
        yield from _problem(problem)
    for note in report.notes:
        yield from _problem(note, "note: ")
    comparison = report.comparison
    if comparison is not None:
        yield from _comparison(report, comparison)
    for port in report.ending_ports:
        until = f"until {port.last_day}" if port.last_day else "without a last day"
        where = f"; it goes on in {port.successor}" if port.successor else ""
        yield from _wrapped(f"{port.address} {port.version} is deprecated, {until}{where}", "")
        who = f"still read by {', '.join(port.readers)}" if port.readers else "no product reads it"
        granted = f"; granted to {', '.join(port.roles)}" if port.roles else "; granted to nobody"
        yield from _wrapped(who + granted, "  ")
    if report.failed or comparison is not None:
        yield from _wrapped(f"{'Refused' if report.failed else 'All is well'}: {report.summary}.", "")
    else:
        yield "All is well."


def _problem(problem: Problem, prefix: str = "") -> Iterator[str]:
    """One problem; where it stands is never broken, so that an editor can open it."""
    place = f"{problem.path}:{problem.line}" if problem.line else f"{problem.path}"
    hint = f" ({problem.hint})" if problem.hint else ""
    whole = f"{place}: {prefix}{problem.message}{hint}"
    if len(whole) <= _WIDTH and "\n" not in whole:
        yield whole
        return
    yield f"{place}:"
    yield from _wrapped(prefix + problem.message, "    ")
    if problem.hint:
        yield from _wrapped(f"({problem.hint})", "    ")


def _comparison(report: Report, comparison: Comparison) -> Iterator[str]:
    working = f", {counted(comparison.uncommitted, 'file')} not committed" if comparison.uncommitted else ""
    yield f"Against {comparison.base} ({comparison.commit[:8]}){working}:"
    yield ""
    for problem in comparison.uncompared:
        yield from _problem(problem, "not compared, refused in the base: ")
    for address in comparison.unread:
        yield f"  {address}: not compared, its files can't be read as they are now."
    if not comparison.changes and not comparison.unread:
        yield "  No promise changes."
    for address in report.addresses:
        yield from _address(report, address)
    for succession in comparison.successions:
        moved = f"{succession.follows} {succession.before} -> {succession.address} {succession.version}"
        yield f"moving {moved}"
        for change in succession.changes:
            yield from _change(change, "  ", place=False)
        if not succession.changes:
            yield "  nothing is different yet"
        yield ""
    if comparison.dags:
        yield "DAGs"
        for dag in comparison.dags:
            yield from _dag(dag)
        yield ""
    access = access_lines(comparison)
    if access:
        yield "grants after the merge"
        yield from (f"  {line}".rstrip() for line in access)
        yield ""


def access_lines(comparison: Comparison) -> list[str]:
    """The difference of the access plan, as ``./interline access plan`` prints it; nothing if there is none."""
    if not comparison.access:
        return []
    return [line for line in as_text(comparison.access, width=_WIDTH - 2).splitlines() if line.strip()]


def _address(report: Report, address: str) -> Iterator[str]:
    verdict, impact = report.verdict_of(address), report.impact_of(address)
    if verdict is None:
        yield address
    else:
        versions = " -> ".join(dict.fromkeys(v for v in (verdict.before, verdict.now) if v))
        yield f"{address} {versions}{'   REFUSED' if verdict.refused else ''}"
    for change in report.changes_of(address):
        yield from _change(change, "  ")
    if impact is not None and (impact.columns or impact.whole):
        yield from _impact(impact)
    elif impact is not None and impact.readers:
        text = "read by " + ", ".join(reader.address for reader in impact.readers)
        ends = {"contract-deprecated", "end-of-life-announced"} & {
            change.kind_name for change in report.changes_of(address)
        }
        do = "to be moved in time" if ends else "nothing to do for them"
        yield from _wrapped(f"{text}: {do}", "  ", " " * 6)
    if verdict is not None and (verdict.refused or verdict.outcome == "draft"):
        yield from _wrapped(verdict.message, "  ")
        if verdict.hint:
            yield from _wrapped(f"=> {verdict.hint}", "  ")
    yield ""


def _change(change: Change, indent: str, place: bool = True) -> Iterator[str]:
    mark = "BREAKING  " if change.breaking else "compatible"
    yield from _wrapped(change.message, f"{indent}{mark}  ", indent + " " * 12)
    if place:
        where = " in the base" if change.in_base else ""
        yield f"{indent}{' ' * 12}[{change.kind_name}] {change.location}{where}"


def _impact(impact: Impact) -> Iterator[str]:
    for reader in sorted(impact.readers, key=lambda reader: not reader.touched):
        if not reader.touched:
            yield from _wrapped(f"{reader.address} reads it and uses nothing of this", "  ")
            continue
        done = ", and has moved" if reader.moved else ""
        yield from _wrapped(f"{reader.address} uses {', '.join(reader.touched)}{done}", "  ", " " * 6)
        for location in reader.locations:
            yield f"      {location}"
    if not impact.readers:
        yield "  no product reads it"
    if impact.derived_columns:
        yield from _wrapped(f"made of it: {', '.join(impact.derived_columns)}", "  ", " " * 6)
    if impact.roles:
        yield from _wrapped(f"may be read by the roles {', '.join(impact.roles)}", "  ", " " * 6)
    if impact.dags:
        yield from _wrapped(f"DAGs that follow: {', '.join(impact.dags)}", "  ", " " * 6)


def _dag(dag: DagChange) -> Iterator[str]:
    if dag.appears:
        text = f"+ {dag.dag_id} with {', '.join(dag.tasks_added) or 'no task'}"
    elif dag.vanishes:
        text = f"- {dag.dag_id} with {', '.join(dag.tasks_removed) or 'no task'}"
    else:
        tasks = [f"+{task}" for task in dag.tasks_added] + [f"-{task}" for task in dag.tasks_removed]
        text = f"~ {dag.dag_id} {' '.join(tasks) or 'the same tasks in another order'}"
        if dag.tasks_added == dag.tasks_removed == () and dag.schedule_before != dag.schedule_now:
            text = f"~ {dag.dag_id}"
    if not dag.vanishes and dag.schedule_before != dag.schedule_now:
        before, now = dag.schedule_before or "no schedule", dag.schedule_now or "no schedule"
        text += f"; {now}" + ("" if dag.appears else f", no longer {before}")
    yield from _wrapped(text, "  ", " " * 6)


def _wrapped(text: str, indent: str, following: str | None = None) -> list[str]:
    """Lines of at most 80 columns; words are never cut, so a path may stand out."""
    return textwrap.wrap(
        " ".join(text.split()),
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=indent if following is None else following,
        break_long_words=False,
        break_on_hyphens=False,
    )
