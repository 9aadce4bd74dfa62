"""GROUP BY, ORDER BY, LIMIT and OFFSET."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from local.engines.redshift import errors
from local.engines.redshift.dialect.comparisons import equality_key
from local.engines.redshift.dialect.expressions import check_arguments, translate
from local.engines.redshift.dialect.scope import GroupKey, Scope
from local.engines.redshift.dialect.typed import Output, Typed
from local.engines.redshift.errors import SqlError, unsupported


@dataclass(frozen=True)
class Item:
    """One item of a select list before it is translated: a tree, or a column that * stands for."""

    name: str | None
    source: exp.Expr | Typed

    def translated(self, scope: Scope) -> Typed:
        """The item's value."""
        return self.source if isinstance(self.source, Typed) else translate(self.source, scope)


def group_by(node: exp.Select, scope: Scope, items: Sequence[Item]) -> tuple[str, str]:
    """The GROUP BY clause with its ROLLUP, CUBE and GROUPING SETS, or nothing; and what FROM has to end with for it.

    Registers in the scope what the query groups by, so that the select list shows the groups' values.
    """
    group = node.args.get("group")
    if group is None:
        return "", ""
    check_arguments(group, {"expressions", "grouping_sets", "cube", "rollup"})
    keys = _Keys(scope, items, any(group.args.get(key) for key in ("rollup", "cube", "grouping_sets")))
    # DuckDB does not see in a subquery that it means an expression that the query around it groups by.
    keys.as_columns = any(
        each.find(exp.Query) is not None
        for each in (*node.expressions, *filter(None, map(node.args.get, ("having", "order", "qualify"))))
    )
    parts = [keys.of(each) for each in group.expressions]
    for key, word in (("rollup", "ROLLUP"), ("cube", "CUBE"), ("grouping_sets", "GROUPING SETS")):
        for clause in group.args.get(key) or ():
            members = [_group_member(each, keys) for each in clause.expressions]
            parts.append(f"{word} ({', '.join(members)})")
    scope.group_keys = keys.found
    computed = ", ".join(keys.columns)
    return " GROUP BY " + ", ".join(parts) if parts else "", (
        f" CROSS JOIN LATERAL (SELECT {computed}) AS {_KEYS}" if computed else ""
    )


_KEYS = '"keys of groups"'


def _group_member(node: exp.Expr, keys: _Keys) -> str:
    if isinstance(node, exp.Tuple):
        return "(" + ", ".join(keys.of(each) for each in node.expressions) + ")"
    if isinstance(node, exp.Paren):
        return f"({keys.of(node.this)})"
    return keys.of(node)


class _Keys:
    """What a query groups by."""

    def __init__(self, scope: Scope, items: Sequence[Item], subtotals: bool):
        self.found: dict[str, GroupKey] = {}
        self.columns: list[str] = []
        self.as_columns = False
        self._scope = scope
        self._items = items
        self._subtotals = subtotals

    def of(self, node: exp.Expr) -> str:
        """A grouping column: an ordinal, a name (of the input first, then of the output) or an expression."""
        position = self._position(node)
        if position:
            value = self._items[position - 1].translated(self._scope)
            return self._key(value) if value.constant is None else str(position)
        value = translate(node, self._scope)
        scope = self._scope
        if (
            scope.correlated
            and scope.parent is not None
            and scope.lookup(tuple(p.name.lower() for p in getattr(node, "parts", ()))) is None
        ):
            raise SqlError(
                errors.FEATURE_NOT_SUPPORTED, "This type of correlated subquery pattern is not supported yet"
            )
        return self._key(value)

    def _position(self, node: exp.Expr) -> int:
        if isinstance(node, exp.Literal) and not node.is_string:
            return _ordinal(node, self._items, "GROUP BY")
        if isinstance(node, exp.Column) and len(node.parts) == 1:
            name = node.name.lower()
            if self._scope.lookup((name,)) is None:
                for position, item in enumerate(self._items, start=1):
                    if (item.name or item.translated(self._scope).name) == name:
                        return position
        return 0

    def _key(self, value: Typed) -> str:
        key = equality_key(value)
        if key == value.sql:
            return key
        if value.sql in self.found:
            return self.found[value.sql].key
        if self.as_columns:
            column = f"key{len(self.columns)}"
            self.columns.append(f"{key} AS {column}")
            key = f"{_KEYS}.{column}"
        # A group has one of its equal values, always the same; a subtotal has null.
        self.found[value.sql] = GroupKey(key, key if self._subtotals else f"min({value.sql})")
        return key


def _ordinal(node: exp.Literal, columns: Sequence[object], clause: str) -> int:
    position = int(node.this) if node.this.isdigit() else 0
    if not 1 <= position <= len(columns):
        raise SqlError(
            errors.INVALID_COLUMN_REFERENCE, f"{clause} position {node.this} is not in select list"
        )
    return position


def order_by(node: exp.Select, scope: Scope, columns: list[Output], items: list[Typed]) -> str:
    """The ORDER BY clause of a SELECT, or nothing; with DISTINCT, an item of the select list by its position."""
    order = node.args.get("order")
    if order is None:
        return ""
    distinct = node.args.get("distinct") is not None
    parts = []
    for item in order.expressions:
        target = item.this
        position = _output_position(target, columns)
        value = items[position - 1] if position else translate(target, scope)
        if not position and distinct:
            position = next((n for n, each in enumerate(items, start=1) if each.sql == value.sql), 0)
        sql = str(position) if position else value.sql
        if item is not order.expressions[-1] and not distinct and value.constant is None:
            # Texts that differ by trailing blanks alone are equal, and what comes next decides.
            key = equality_key(value)
            sql = sql if key == value.sql else key
        if value.type.name == "super" and not distinct:
            # Numbers within SUPER are ordered as numbers.
            parts.append(f"TRY_CAST(({value.sql} ->> '$') AS DOUBLE){direction(item)}")
        parts.append(sql + direction(item))
    return " ORDER BY " + ", ".join(parts)


def direction(item: exp.Expr) -> str:
    """ASC or DESC with Redshift's place for nulls: last when ascending, first when descending."""
    check_arguments(item, {"this", "desc", "nulls_first"})
    return f" {'DESC' if item.args.get('desc') else 'ASC'} NULLS {'FIRST' if item.args.get('nulls_first') else 'LAST'}"


def _output_position(target: exp.Expr, columns: list[Output] | tuple[Output, ...]) -> int:
    if isinstance(target, exp.Literal) and not target.is_string:
        return _ordinal(target, columns, "ORDER BY")
    if isinstance(target, exp.Column) and len(target.parts) == 1:
        matches = [
            position for position, each in enumerate(columns, start=1) if each.name == target.name.lower()
        ]
        if len(matches) == 1:
            return matches[0]
        if len(matches) > 1:
            # The same input column twice is no ambiguity; the first will do.
            return matches[0]
    return 0


def order_by_output(node: exp.Expr, outputs: tuple[Output, ...]) -> str:
    """ORDER BY of a set operation: only its columns can be named."""
    order = node.args.get("order")
    if order is None:
        return ""
    parts = []
    for item in order.expressions:
        position = _output_position(item.this, outputs)
        if not position:
            raise SqlError(
                errors.FEATURE_NOT_SUPPORTED,
                "ORDER BY on a UNION/INTERSECT/EXCEPT result must be on one of the result columns",
            )
        parts.append(f"{position}{direction(item)}")
    return " ORDER BY " + ", ".join(parts)


def limit_and_offset(node: exp.Expr) -> str:
    """LIMIT and OFFSET, or nothing."""
    sql = ""
    limit, offset = node.args.get("limit"), node.args.get("offset")
    if limit is not None:
        if not isinstance(limit, exp.Limit):
            raise unsupported("FETCH FIRST")
        check_arguments(limit, {"expression"})
        sql += f" LIMIT {_count(limit.expression, 'LIMIT')}"
    if offset is not None:
        check_arguments(offset, {"expression"})
        sql += f" OFFSET {_count(offset.expression, 'OFFSET')}"
    return sql


def _count(node: exp.Expr, clause: str) -> str:
    if isinstance(node, exp.Paren):
        node = node.this
    if isinstance(node, exp.Literal) and not node.is_string and node.this.isdigit():
        return str(node.this)
    if isinstance(node, exp.Null) or (isinstance(node, exp.Column) and node.name.lower() == "all"):
        return "NULL"
    raise unsupported(f"{clause} that is not a whole number")
