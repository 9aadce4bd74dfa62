"""What changed in what a contract demands of the values of a column: lists, ranges, lengths, patterns, references."""

from __future__ import annotations

from collections.abc import Iterator

from interline.contracts.model.row_tests import (
    AtLeast,
    AtMost,
    Direction,
    ExistsIn,
    Longest,
    MultipleOf,
    OneOf,
    RowTest,
    Shortest,
)
from interline.contracts.model.rules import RowRule
from interline.contracts.model.yaml_path import YamlPath
from interline.review.changes.pair import Pair, Side

_KIND_OF_OPTION = {
    "minimum": "range",
    "maximum": "range",
    "exclusiveMinimum": "range",
    "exclusiveMaximum": "range",
    "minLength": "length",
    "maxLength": "length",
    "multipleOf": "multiple",
    "pattern": "pattern",
}
_VALUES = {"tightened": "values-shrunk", "loosened": "values-grown", "changed": "values-replaced"}


def compare_rules(pair: Pair) -> None:
    """Record every change of the demands on single columns, their quality lists apart."""
    for old_name, new_name in pair.names.items():
        old, new = list(_of_column(pair.old_side, old_name)), list(_of_column(pair.new_side, new_name))
        _values(pair, old_name, new_name, old, new)
        for extreme in (AtLeast, AtMost, Shortest, Longest, MultipleOf):
            _limits(pair, old_name, new_name, _strongest(old, extreme), _strongest(new, extreme))
        _patterns(pair, old_name, new_name, old, new)
        _other_options(pair, old_name, new_name)
        _references(pair, old_name, new_name, old, new)
    _composite_references(pair)


def _of_column(side: Side, name: str) -> Iterator[RowRule]:
    place = side.column_place(name)
    for rule in side.contract.row_rules:
        if rule.place[: len(place)] == place and "quality" not in rule.place:
            yield rule


def _option(rule: RowRule) -> str:
    """The option of ``logicalTypeOptions`` that states the rule; empty if none does."""
    return str(rule.place[-1]) if "logicalTypeOptions" in rule.place else ""


def _values(pair: Pair, old_name: str, name: str, old: list[RowRule], new: list[RowRule]) -> None:
    before = next((r for r in old if isinstance(r.test, OneOf)), None)
    after = next((r for r in new if isinstance(r.test, OneOf)), None)
    if before is None and after is not None:
        message = f"{name} is limited to {after.test.argument}"
        pair.record("values-added", name, message, after.place, column=old_name)
    elif before is not None and after is None:
        near = pair.new_side.column_place(name)
        message = f"{name} is no longer limited to {before.test.argument}"
        pair.record_removal("values-removed", name, message, before.place, near, column=old_name)
    elif before is not None and after is not None and isinstance(before.test, OneOf):
        moved = before.test.moved_to(after.test)
        if moved != "same" and isinstance(after.test, OneOf):
            lost = [str(v) for v in before.test.values if v not in after.test.values]
            gained = [str(v) for v in after.test.values if v not in before.test.values]
            parts = [f"loses {', '.join(lost)}"] * bool(lost) + [f"gains {', '.join(gained)}"] * bool(gained)
            message = f"the list of values of {name} {' and '.join(parts)}"
            pair.record(_VALUES[moved], name, message, after.place, column=old_name)


def _strongest(rules: list[RowRule], kind: type) -> RowRule | None:
    """The rule that allows least of those of one kind: a column may have a minimum and an exclusive minimum."""
    found: RowRule | None = None
    for rule in rules:
        if not isinstance(rule.test, kind) or not _option(rule):
            continue
        if found is None or found.test.moved_to(rule.test) == "tightened":
            found = rule
    return found


def _limits(pair: Pair, old_name: str, name: str, before: RowRule | None, after: RowRule | None) -> None:
    rule = after or before
    if rule is None:
        return
    kind = _KIND_OF_OPTION.get(_option(rule), "format")
    if before is None and after is not None:
        message = f"{name} has a new {_description(after)}"
        pair.record(f"{kind}-added", name, message, after.place, column=old_name)
    elif after is None and before is not None:
        message = f"{name} no longer has the {_description(before)}"
        near = pair.new_side.column_place(name)
        pair.record_removal(f"{kind}-removed", name, message, before.place, near, column=old_name)
    elif before is not None and after is not None:
        moved: Direction = before.test.moved_to(after.test)
        if isinstance(before.test, (AtLeast, AtMost)):
            is_whole = pair.new.column(name).logical_type == "integer"
            moved = _inclusive(before, is_whole).moved_to(_inclusive(after, is_whole))
        if moved != "same":
            message = f"{name} had the {_description(before)} and has the {_description(after)}"
            pair.record(f"{kind}-{moved}", name, message, after.place, column=old_name)


def _inclusive(rule: RowRule, is_whole: bool) -> RowTest:
    """The bound of a rule; above 0 and from 1 are one bound for whole numbers."""
    test = rule.test
    if is_whole and isinstance(test, (AtLeast, AtMost)) and test.exclusive and isinstance(test.bound, int):
        return type(test)(test.bound + (1 if isinstance(test, AtLeast) else -1))
    return test


def _description(rule: RowRule) -> str:
    return f"{_option(rule)} {rule.test.argument}"


def _patterns(pair: Pair, old_name: str, name: str, old: list[RowRule], new: list[RowRule]) -> None:
    before = next((r for r in old if _option(r) == "pattern"), None)
    after = next((r for r in new if _option(r) == "pattern"), None)
    if before is not None and after is not None and before.test != after.test:
        message = f"{name} had the {_description(before)} and has the {_description(after)}; nobody can say which allows more"
        pair.record("pattern-changed", name, message, after.place, column=old_name)
    elif (before is None) != (after is None):
        _limits(pair, old_name, name, before, after)


def _other_options(pair: Pair, old_name: str, name: str) -> None:
    """Compare options that are no rule of a row, ``format`` for one, as they are written."""
    before, after = pair.old_side.options(old_name), pair.new_side.options(name)
    place = pair.new_side.column_place(name, "logicalTypeOptions")
    for option in sorted({*before, *after} - set(_KIND_OF_OPTION)):
        was, now = before.get(option), after.get(option)
        if was == now:
            continue
        if now is None:
            message = f"{name} no longer has the {option} {was}"
            old_place = (*pair.old_side.column_place(old_name, "logicalTypeOptions"), option)
            pair.record_removal("format-removed", name, message, old_place, place, column=old_name)
        else:
            kind = "format-added" if was is None else "format-changed"
            message = f"{name} has the {option} {now}" + (f" instead of {was}" if was is not None else "")
            pair.record(kind, name, message, (*place, option), column=old_name)


def _references(pair: Pair, old_name: str, name: str, old: list[RowRule], new: list[RowRule]) -> None:
    before = [rule for rule in old if "relationships" in rule.place]
    after = [rule for rule in new if "relationships" in rule.place]
    _match_references(pair, old_name, name, before, after, pair.new_side.column_place(name))


def _composite_references(pair: Pair) -> None:
    place: YamlPath = ("schema", 0, "relationships")
    before = [rule for rule in pair.old.row_rules if rule.place[:3] == place]
    after = [rule for rule in pair.new.row_rules if rule.place[:3] == place]
    _match_references(pair, None, "several columns", before, after, ("schema", 0))


def _match_references(
    pair: Pair, column: str | None, name: str, before: list[RowRule], after: list[RowRule], near: YamlPath
) -> None:
    removed = [rule for rule in before if rule.test not in [other.test for other in after]]
    added = [rule for rule in after if rule.test not in [other.test for other in before]]
    if len(removed) == 1 and len(added) == 1:
        message = f"{name} refers to {_target(added[0])} instead of {_target(removed[0])}"
        pair.record("reference-changed", name, message, added[0].place, column=column)
        return
    for rule in added:
        pair.record("reference-added", name, f"{name} refers to {_target(rule)}", rule.place, column=column)
    for rule in removed:
        message = f"{name} no longer refers to {_target(rule)}"
        pair.record_removal("reference-removed", name, message, rule.place, near, column=column)


def _target(rule: RowRule) -> str:
    test = rule.test
    return f"{test.relation}.{test.column}" if isinstance(test, ExistsIn) else rule.reason
