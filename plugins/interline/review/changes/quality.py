"""What changed in a contract's quality lists, of the table and of its columns."""

from __future__ import annotations

from typing import TypeAlias

from interline.contracts import BatchRule, Contract, RowRule
from interline.contracts.model.row_tests import Direction
from interline.contracts.model.rules import Breaking, Limit
from interline.review.changes.pair import Pair

Rule: TypeAlias = "RowRule | BatchRule"


def compare_quality(pair: Pair) -> None:
    """Record every quality rule that is new, gone, tightened, loosened or another."""
    old, new = _rules(pair.old), _rules(pair.new)
    for before, after in _match(pair, old, new):
        _compare(pair, before, after)
        old.remove(before)
        new.remove(after)
    for rule in new:
        kind = "quality-added" if _binds(rule) else "quality-warning-added"
        pair.record(
            kind,
            rule.name,
            f"the quality rule {rule.name} is new: {_description(rule)}",
            rule.place,
            _column(rule),
        )
    for rule in old:
        kind = "quality-removed" if _binds(rule) else "quality-warning-removed"
        message = f"the quality rule {rule.name} is gone: {_description(rule)}"
        pair.record_removal(kind, rule.name, message, rule.place, ("schema", 0, "quality"), _column(rule))


def _rules(contract: Contract) -> list[Rule]:
    rules: list[Rule] = [*contract.row_rules, *contract.batch_rules]
    return [rule for rule in rules if "quality" in rule.place]


def _match(pair: Pair, old: list[Rule], new: list[Rule]) -> list[tuple[Rule, Rule]]:
    """Pair rules that demand the same, then those with one name, then the only ones of their sort on a column."""
    matched: list[tuple[Rule, Rule]] = []
    for same in (_demand, lambda rule, _: rule.name, _sort):
        left = [rule for rule in old if all(rule is not before for before, _ in matched)]
        right = [rule for rule in new if all(rule is not after for _, after in matched)]
        keys = [same(rule, {}) for rule in right]
        for rule in left:
            key = same(rule, pair.names)
            if same is _sort and [same(other, pair.names) for other in left].count(key) > 1:
                continue
            if keys.count(key) == 1:
                matched.append((rule, right[keys.index(key)]))
    return matched


def _demand(rule: Rule, names: dict[str, str]) -> object:
    if isinstance(rule, RowRule):
        return (names.get(rule.column or "", rule.column), rule.test)
    return (rule.measure, rule.limit, rule.percent, rule.fails)


def _sort(rule: Rule, names: dict[str, str]) -> object:
    column = _column(rule)
    tested = rule.test if isinstance(rule, RowRule) else rule.measure
    if isinstance(tested, Breaking):
        tested = tested.test
    return (names.get(column or "", column), type(tested))


def _column(rule: Rule) -> str | None:
    if isinstance(rule, RowRule):
        return rule.column
    return rule.measure.column if isinstance(rule.measure, Breaking) else None


def _binds(rule: Rule) -> bool:
    """Whether a breach keeps something from consumers; other rules only warn."""
    return isinstance(rule, RowRule) or rule.fails


def _description(rule: Rule) -> str:
    return rule.reason if isinstance(rule, RowRule) else rule.description


def _compare(pair: Pair, before: Rule, after: Rule) -> None:
    moved = _direction(pair, before, after)
    column = _column(before)
    if moved == "same":
        if (before.name, _description(before)) != (after.name, _description(after)):
            message = f"the quality rule {after.name} is told differently"
            pair.record("quality-described", after.name, message, after.place, column)
        return
    if not _binds(before) and not _binds(after):
        message = f"the quality rule {after.name}, which only warns, is another"
        pair.record("quality-warning-changed", after.name, message, after.place, column)
        return
    message = f"the quality rule {after.name} is {moved}: {_amount(before)}, now {_amount(after)}"
    pair.record(f"quality-{moved}", after.name, message, after.place, column)


def _amount(rule: Rule) -> str:
    if isinstance(rule, RowRule):
        return "bad rows go to quarantine"
    message = f"{rule.limit}{' percent' if rule.percent else ''}"
    return message if rule.fails else f"{message}, and only warns"


def _direction(pair: Pair, before: Rule, after: Rule) -> Direction:
    if _binds(before) != _binds(after):
        return "tightened" if _binds(after) else "loosened"
    if isinstance(before, RowRule) and isinstance(after, RowRule):
        if _demand(before, pair.names) == _demand(after, {}):
            return "same"
        return before.test.moved_to(after.test) if before.column == after.column else "changed"
    if isinstance(before, RowRule) and isinstance(after, BatchRule):
        return "loosened" if _same_test(after, before) else "changed"
    if isinstance(before, BatchRule) and isinstance(after, RowRule):
        return "tightened" if _same_test(before, after) else "changed"
    if isinstance(before, BatchRule) and isinstance(after, BatchRule):
        return _batch_direction(before, after)
    return "changed"


def _same_test(batch: BatchRule, row: RowRule) -> bool:
    """Whether a limit on how many rows break a test became quarantine for each of them, or the reverse."""
    return (
        isinstance(batch.measure, Breaking)
        and batch.measure.test == row.test
        and batch.measure.column == row.column
    )


def _batch_direction(before: BatchRule, after: BatchRule) -> Direction:
    none_at_all = before.limit == after.limit == Limit("=", 0)
    if before.percent != after.percent and not none_at_all:
        return "changed"
    if before.measure == after.measure:
        return before.limit.moved_to(after.limit)
    if (
        isinstance(before.measure, Breaking)
        and isinstance(after.measure, Breaking)
        and before.measure.column == after.measure.column
        and before.limit == after.limit
        and before.limit.operator in ("=", "<", "<=")
    ):
        return before.measure.test.moved_to(after.measure.test)
    return "changed"
