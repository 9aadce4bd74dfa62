"""CASE, and bringing several branches to one type."""

from __future__ import annotations

from sqlglot import exp

from local.engines.redshift import types
from local.engines.redshift.dialect import casts
from local.engines.redshift.dialect.comparisons import compare
from local.engines.redshift.dialect.expressions import condition, translate, translates
from local.engines.redshift.dialect.scope import Scope
from local.engines.redshift.dialect.typed import Typed, null_literal
from local.engines.redshift.types import Type


@translates(exp.Case, "this", "ifs", "default")
def _case(node: exp.Expr, scope: Scope) -> Typed:
    subject = translate(node.this, scope) if node.args.get("this") is not None else None
    conditions, results = [], []
    for branch in node.args["ifs"]:
        if subject is None:
            conditions.append(condition(branch.this, scope, "CASE/WHEN"))
        else:
            conditions.append(compare(subject, "=", translate(branch.this, scope)))
        results.append(translate(branch.args["true"], scope))
    default = node.args.get("default")
    results.append(translate(default, scope) if default is not None else null_literal())
    kind, branches = unify(results, "CASE")
    body = "".join(
        f" WHEN {test} THEN {value.sql}" for test, value in zip(conditions, branches, strict=False)
    )
    return Typed(f"(CASE{body} ELSE {branches[-1].sql} END)", kind, name="case")


def unify(values: list[Typed], construct: str) -> tuple[Type, list[Typed]]:
    """Several branches brought to one type.

    Raises:
        SqlError: 42804.
    """
    kind = types.common([each.type for each in values if not each.is_null], construct)
    if kind.name == "unknown":
        kind = types.varchar(max((each.type.length or 1 for each in values), default=1))
    return kind, [bring(each, kind) for each in values]


def bring(value: Typed, kind: Type) -> Typed:
    """A value to the common type of several; text stays as it is."""
    if value.is_null or value.type == kind or (value.type.is_text and kind.is_text):
        return value
    return casts.cast(value, kind)
