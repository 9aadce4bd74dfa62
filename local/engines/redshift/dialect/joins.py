"""FROM with its joins, and what of WHERE an external scan may know before it reads."""

from __future__ import annotations

from sqlglot import exp

from local.engines.redshift import errors, types
from local.engines.redshift.dialect import sources
from local.engines.redshift.dialect.comparisons import comparable
from local.engines.redshift.dialect.expressions import check_arguments, condition
from local.engines.redshift.dialect.scope import Scope, Source
from local.engines.redshift.dialect.typed import Typed
from local.engines.redshift.errors import SqlError, unsupported

_SIDES = {"": "", "LEFT": "LEFT ", "RIGHT": "RIGHT ", "FULL": "FULL "}


def from_clause(node: exp.Select, scope: Scope) -> str:
    """The FROM clause with its joins, or nothing; registers the sources in the scope."""
    clause = node.args.get("from_")
    joined = node.args.get("joins") or []
    if clause is None:
        if joined:
            raise errors.syntax_error("JOIN")
        return ""
    sql = " FROM " + sources.item(clause.this, scope)
    for join in joined:
        sql += join_clause(join, scope)
    return sql


def join_clause(join: exp.Join, scope: Scope) -> str:
    """One JOIN with its condition; registers what it joins."""
    check_arguments(join, {"this", "side", "kind", "on", "using", "method"})
    side, kind, method = ((join.args.get(key) or "").upper() for key in ("side", "kind", "method"))
    if side not in _SIDES or kind not in ("", "INNER", "OUTER", "CROSS") or method not in ("", "NATURAL"):
        raise unsupported(f"{' '.join(filter(None, (method, side, kind)))} JOIN")
    before = list(scope.sources)
    right = sources.item(join.this, scope)
    added = scope.sources[-1]
    if side in ("LEFT", "FULL"):
        added.nullable = True
    if side in ("RIGHT", "FULL"):
        for each in before:
            each.nullable = True
    on, using = join.args.get("on"), join.args.get("using")
    if method == "NATURAL":
        names = [name for name in added.columns if any(name in each.columns for each in before)]
        using_names = names
    else:
        using_names = [each.name.lower() for each in using or ()]
    if kind == "CROSS":
        if on is not None or using:
            raise errors.syntax_error("ON")
        return f" CROSS JOIN {right}"
    word = f" {_SIDES[side]}JOIN "
    if using_names:
        return word + right + " ON " + _using(using_names, before, added, side, scope)
    if on is None:
        if side or kind == "INNER" or method:
            if method:
                return f" CROSS JOIN {right}"
            raise SqlError(errors.SYNTAX_ERROR, "syntax error: a join needs ON or USING")
        return f" CROSS JOIN {right}"
    if side == "FULL" and not any(isinstance(each, exp.EQ) for each in _conjuncts(on)):
        raise SqlError(
            errors.FEATURE_NOT_SUPPORTED, "FULL JOIN is only supported with merge-joinable join conditions"
        )
    # A subquery here must not refer to the tables of an outer join ("Correlated subqueries").
    scope.in_outer_join = bool(side)
    try:
        return word + right + f" ON {condition(on, scope, 'JOIN/ON')}"
    finally:
        scope.in_outer_join = False


def _using(names: list[str], before: list[Source], added: Source, side: str, scope: Scope) -> str:
    tests = []
    for name in names:
        left = scope.merged.get(name)
        if left is None:
            owners = [each for each in before if name in each.columns]
            if len(owners) > 1:
                raise SqlError(
                    errors.AMBIGUOUS_COLUMN,
                    f'common column name "{name}" appears more than once in left table',
                )
            if not owners:
                raise SqlError(
                    errors.UNDEFINED_COLUMN,
                    f'column "{name}" specified in USING clause does not exist in left table',
                )
            left = owners[0].column(name)
            scope.hidden.add((owners[0].name, name))
        if name not in added.columns:
            raise SqlError(
                errors.UNDEFINED_COLUMN,
                f'column "{name}" specified in USING clause does not exist in right table',
            )
        right = added.column(name)
        scope.hidden.add((added.name, name))
        one, other = comparable(left, right, "=")
        tests.append(f"{one.sql} = {other.sql}")
        kind = types.common([left.type, right.type], "JOIN/USING")
        sql = {
            "": left.sql,
            "LEFT": left.sql,
            "RIGHT": right.sql,
            "FULL": f"coalesce({left.sql}, {right.sql})",
        }[side]
        scope.merged[name] = Typed(sql, kind, name=name)
    return "(" + " AND ".join(tests) + ")"


def _conjuncts(node: exp.Expr) -> list[exp.Expr]:
    found, pending = [], [node]
    while pending:
        current = pending.pop()
        if isinstance(current, exp.And):
            pending += [current.this, current.expression]
        elif isinstance(current, exp.Paren):
            pending.append(current.this)
        else:
            found.append(current)
    return found


def push_down(where: exp.Expr, scope: Scope) -> None:
    """Tell each external scan the conjuncts that mention only its columns.

    Not those on the null side of an outer join: there "x IS NULL" asks for the rows without a partner.
    """
    scans = [each for each in scope.sources if each.scan is not None]
    if not scans:
        return
    for conjunct in _conjuncts(where):
        if conjunct.find(exp.Query) is not None:
            continue
        columns = list(conjunct.find_all(exp.Column))
        owners = {_owner(column, scope) for column in columns}
        if len(owners) != 1:
            continue
        owner = owners.pop()
        if owner is None or owner.scan is None or owner.nullable:
            continue
        copy = conjunct.copy()
        for column in list(copy.find_all(exp.Column)):
            bare = exp.column(column.name.lower(), quoted=True)
            if column is copy:
                copy = bare
            else:
                column.replace(bare)
        owner.scan.conditions.append(copy)


def _owner(column: exp.Column, scope: Scope) -> Source | None:
    parts = tuple(part.name.lower() for part in column.parts)
    if len(parts) == 1:
        found = [each for each in scope.sources if parts[0] in each.columns]
        return found[0] if len(found) == 1 else None
    if len(parts) == 2:
        source = scope.source(parts[0])
        return source if source is not None and parts[1] in source.columns else None
    return None
