"""GROUP BY, ORDER BY, LIMIT and OFFSET."""

from __future__ import annotations

from sqlglot import exp

from local.engines.redshift import errors
from local.engines.redshift.dialect.expressions import check_arguments, translate
from local.engines.redshift.dialect.scope import Scope
from local.engines.redshift.dialect.typed import Output, Typed
from local.engines.redshift.errors import SqlError, unsupported


def group_by(node: exp.Select, scope: Scope, columns: list[Output], items: list[Typed]) -> str:
    """The GROUP BY clause with its ROLLUP, CUBE and GROUPING SETS, or nothing."""
    group = node.args.get("group")
    if group is None:
        return ""
    check_arguments(group, {"expressions", "grouping_sets", "cube", "rollup"})
    parts = [_group_item(each, scope, columns, items) for each in group.expressions]
    for key, word in (("rollup", "ROLLUP"), ("cube", "CUBE"), ("grouping_sets", "GROUPING SETS")):
        for clause in group.args.get(key) or ():
            members = [_group_member(each, scope, columns, items) for each in clause.expressions]
            parts.append(f"{word} ({', '.join(members)})")
    return " GROUP BY " + ", ".join(parts) if parts else ""


def _group_member(node: exp.Expr, scope: Scope, columns: list[Output], items: list[Typed]) -> str:
    if isinstance(node, exp.Tuple):
        return "(" + ", ".join(_group_item(each, scope, columns, items) for each in node.expressions) + ")"
    if isinstance(node, exp.Paren):
        return f"({_group_item(node.this, scope, columns, items)})"
    return _group_item(node, scope, columns, items)


def _group_item(node: exp.Expr, scope: Scope, columns: list[Output], items: list[Typed]) -> str:
    """A grouping column: an ordinal, a name (of the input first, then of the output) or an expression."""
    if isinstance(node, exp.Literal) and not node.is_string:
        position = _ordinal(node, columns, "GROUP BY")
        return items[position - 1].sql if items[position - 1].constant is None else str(position)
    if isinstance(node, exp.Column) and len(node.parts) == 1:
        name = node.name.lower()
        if scope.lookup((name,)) is None:
            for position, column in enumerate(columns, start=1):
                if column.name == name:
                    return items[position - 1].sql if items[position - 1].constant is None else str(position)
    value = translate(node, scope)
    if (
        scope.correlated
        and scope.parent is not None
        and scope.lookup(tuple(p.name.lower() for p in getattr(node, "parts", ()))) is None
    ):
        raise SqlError(
            errors.FEATURE_NOT_SUPPORTED, "This type of correlated subquery pattern is not supported yet"
        )
    return value.sql


def _ordinal(node: exp.Literal, columns: list[Output] | tuple[Output, ...], clause: str) -> int:
    position = int(node.this) if node.this.isdigit() else 0
    if not 1 <= position <= len(columns):
        raise SqlError(
            errors.INVALID_COLUMN_REFERENCE, f"{clause} position {node.this} is not in select list"
        )
    return position


def order_by(node: exp.Select, scope: Scope, columns: list[Output]) -> str:
    """The ORDER BY clause of a SELECT, or nothing."""
    order = node.args.get("order")
    if order is None:
        return ""
    parts = []
    for item in order.expressions:
        target = item.this
        position = _output_position(target, columns)
        sql = str(position) if position else translate(target, scope).sql
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
