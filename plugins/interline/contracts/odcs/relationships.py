"""A contract's ``relationships``: keys that have to exist in a port or a source that the product reads."""

from __future__ import annotations

from open_data_contract_standard.model import Relationship

from interline.contracts.model.contract import Column
from interline.contracts.model.names import is_name
from interline.contracts.model.row_tests import ExistsIn
from interline.contracts.model.rules import RowRule
from interline.contracts.model.yaml_path import YamlPath
from interline.contracts.odcs.context import ReadingContext
from interline.contracts.odcs.rule_names import snake_case
from interline.contracts.problems import did_you_mean

_EXPECTED = "expected <domain>.<product>.<column> of an input port, or <source>.<column> of a source"


def property_relationship(
    context: ReadingContext, place: YamlPath, relationship: Relationship, column: Column, table: str
) -> RowRule | None:
    """Return the rule that a column's value exists elsewhere, or None if it is not tested or wrong."""
    if relationship.from_ is not None:
        context.refuse(
            (*place, "from"), "a relationship of a column starts at that column", "take `from` out"
        )
        return None
    return _rule(context, place, relationship, [column.name], table)


def table_relationship(
    context: ReadingContext,
    place: YamlPath,
    relationship: Relationship,
    columns: tuple[Column, ...],
    table: str,
) -> RowRule | None:
    """Return the rule that a key of one or several columns exists elsewhere, or None if it is not tested or wrong."""
    names = [column.name for column in columns]
    if isinstance(relationship.from_, list) != isinstance(relationship.to, list):
        context.refuse(place, "from and to are not alike", "both one text, or both a list of as many")
        return None
    own: list[str] = []
    for start in _listed(relationship.from_):
        of_table, _, name = start.rpartition(".")
        if of_table not in ("", table):
            context.refuse(
                (*place, "from"), f"the relationship starts at {start!r}", f"expected {table}.<column>"
            )
            return None
        if name not in names:
            context.refuse((*place, "from"), f"the table has no column {name!r}", did_you_mean(name, names))
            return None
        own.append(name)
    if not own:
        context.refuse(place, "a relationship of the table has no `from`", f"expected {table}.<column>")
        return None
    return _rule(context, place, relationship, own, table)


def _rule(
    context: ReadingContext, place: YamlPath, relationship: Relationship, own: list[str], table: str
) -> RowRule | None:
    if relationship.type not in (None, "foreignKey"):
        context.refuse((*place, "type"), f"type is {relationship.type!r}", "expected foreignKey")
        return None
    where: YamlPath = (*place, "to")
    targets = _listed(relationship.to)
    if any("/" in target for target in targets):
        context.note_unexecuted(
            where, f"the relationship leads to {relationship.to!r} by ids; nothing tests it", _EXPECTED
        )
        return None
    if targets and all(target.rpartition(".")[0] == table for target in targets):
        context.note_unexecuted(
            where,
            f"the relationship stays inside {table}; nothing tests it",
            "a batch holds the rows of one day, its own keys may be older",
        )
        return None
    relations = {target.rpartition(".")[0] for target in targets}
    steps = [target.split(".") for target in targets]
    if (
        len(relations) != 1
        or len(targets) != len(own)
        or len(set(own)) != len(own)
        or not all(len(parts) in (2, 3) and all(is_name(part) for part in parts) for parts in steps)
    ):
        expected = _EXPECTED if len(own) == 1 else f"{_EXPECTED}: {len(own)} columns of one table"
        context.refuse(where, f"the relationship leads to {relationship.to!r}", expected)
        return None
    (relation,) = relations
    there = [parts[-1] for parts in steps]
    test = ExistsIn(
        relation, there[0], is_source="." not in relation, more=tuple(zip(own[1:], there[1:], strict=True))
    )
    name = snake_case(relationship.id or "") or f"{'_'.join(own)}_in_{relation.replace('.', '_')}"
    return RowRule(name, own[0], test, test.reason(own[0]), place)


def _listed(value: str | list[str] | None) -> list[str]:
    if value is None:
        return []
    return [value] if isinstance(value, str) else value
