"""A plan as text that is read at 80 columns and without colour."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from interline.access.describe_permissions import describe_role_change
from interline.access.plan import (
    Action,
    Change,
    FilterChange,
    LinkChange,
    LinkReaderChange,
    Plan,
    RoleChange,
    TagChange,
    TagValueChange,
)
from interline.access.state import CLASSIFICATION, EVERY_TABLE, Link

SIGNS: dict[Action, str] = {"added": "+", "changed": "~", "removed": "-", "unmanaged": "!"}
_VERBS: dict[Action, str] = {
    "added": "to add",
    "changed": "to change",
    "removed": "to remove",
    "unmanaged": "unmanaged to remove",
}
_NAME_WIDTH = 14
_COLUMN_TAG = f"LF-Tag {CLASSIFICATION}"


def as_text(plan: Plan, width: int = 80) -> str:
    """Return the plan as lines: first what it is about, then every change under it, then how many there are."""
    lines: list[str] = []
    for title, items in _grouped(plan):
        lines += ["", title] if lines else [title]
        for sign, name, phrases in items:
            lines += _item(sign, name, phrases, width)
    if lines:
        lines.append("")
    for table, reason in sorted(plan.left_alone.items()):
        lines += _wrapped(f"Left alone: {plan.names.port(table)}: {reason}", width)
    for wait in plan.waiting:
        lines += _wrapped(f"Waiting: {plan.names.port(wait.table)}: {wait.what}", width)
    for domain, reason in sorted(plan.unseen.items()):
        lines += _wrapped(f"Not seen: the account of {domain}: {reason}", width)
    return "\n".join([*lines, summary(plan)])


def summary(plan: Plan) -> str:
    """Return the plan in one sentence."""
    if not plan:
        return "Access: nothing to change."
    counts = [f"{number} {_VERBS[action]}" for action, number in plan.counts.items() if number]
    return f"Access: {', '.join(counts)}."


Item = tuple[str, str, list[str]]


def _grouped(plan: Plan) -> Iterator[tuple[str, list[Item]]]:
    groups: dict[str, list[Item]] = {}
    for change in plan.changes:
        title, item = _describe(plan, change)
        groups.setdefault(title, []).append(item)
    for title in sorted(groups, key=lambda title: (title.startswith("account "), title)):
        yield title, _merged(groups[title])


def _merged(items: list[Item]) -> list[Item]:
    """Put what has the same sign and name into one item; columns that get the same LF-Tag into one phrase."""
    merged: dict[tuple[str, str], list[str]] = {}
    for sign, name, phrases in items:
        merged.setdefault((sign, name), []).extend(phrases)
    return [
        (sign, name, _by_value(phrases) if name == _COLUMN_TAG else phrases)
        for (sign, name), phrases in merged.items()
    ]


def _by_value(phrases: list[str]) -> list[str]:
    columns: dict[str, list[str]] = {}
    for phrase in phrases:
        column, _, value = phrase.partition(": ")
        columns.setdefault(value, []).append(column)
    return [f"{value}: {', '.join(names)}" for value, names in columns.items()]


def _describe(plan: Plan, change: Change) -> tuple[str, Item]:
    """Return what a change is about, and its sign, name and phrases."""
    names, sign = plan.names, SIGNS[change.action]
    if isinstance(change, RoleChange):
        phrases = describe_role_change(change) + ([f"({change.reason})"] if change.reason else [])
        title = names.port(change.table)
        if change.table.name == EVERY_TABLE:
            title = f"account {change.table.account} ({names.accounts.get(change.table.account, 'unknown')})"
        return title, (sign, names.principal(change.principal), phrases)
    if isinstance(change, FilterChange):
        return names.port(change.table), (
            sign,
            f"data cells filter {change.name}",
            ["that nobody reads through"],
        )
    if isinstance(change, TagChange):
        before, after = change.before or "(no tag)", change.after or "(no tag)"
        value = after if change.before is None else f"{before} -> {after}"
        if change.column:
            return names.port(change.table), (sign, _COLUMN_TAG, [f"{change.column}: {value}"])
        return names.port(change.table), (sign, f"LF-Tag {change.key}", [value])
    title = f"account {change.account} ({names.accounts.get(change.account, 'unknown')})"
    if isinstance(change, TagValueChange):
        return title, (sign, "LF-Tag values", [f"{change.key} = {' | '.join(change.values)}"])
    if isinstance(change, LinkReaderChange):
        return title, (
            sign,
            f"resource link {change.name}",
            [f"DESCRIBE for {names.principal(change.principal)}"],
        )
    return title, (sign, f"resource link {change.name}", [_link(change)])


def _link(change: LinkChange) -> str:
    ways = [_leads(link) for link in (change.before, change.after) if link is not None]
    return " -> ".join(ways)


def _leads(link: Link) -> str:
    return f"to {link.database} of account {link.account}"


def _item(sign: str, name: str, phrases: list[str], width: int) -> Iterator[str]:
    start = f"  {sign} {name:<{_NAME_WIDTH}}  "
    indent = " " * (4 + _NAME_WIDTH + 2)
    if len(name) > _NAME_WIDTH:
        yield f"  {sign} {name}"
        start = indent
    for phrase in phrases or [""]:
        hanging = indent + ("  " if phrase[:2] in ("+ ", "- ") else "")
        for line in textwrap.wrap(
            phrase,
            max(width, 40),
            initial_indent=start,
            subsequent_indent=hanging,
            break_long_words=False,
            break_on_hyphens=False,
        ):
            yield line.rstrip()
        start = indent


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
