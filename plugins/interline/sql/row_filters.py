"""The row condition of a role, as Lake Formation's data filters take it.

Source: AWS Lake Formation Developer Guide, "PartiQL support in row filter expressions": a column is compared with a
constant by =, <>, !=, <, <=, >, >=, BETWEEN, IN, LIKE or IS NULL, and such comparisons are joined by AND, OR and NOT;
no functions, no arithmetic, fewer than 2,048 characters; text, numbers and truth values only, so never the data day.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from interline.contracts.model.column_types import base_type
from interline.contracts.model.contract import Contract
from interline.contracts.problems import did_you_mean
from interline.sql.predicates import parsed_condition

if TYPE_CHECKING:
    from sqlglot import exp

LONGEST = 2_047
_TEXT, _NUMBER, _TRUTH = "a text", "a number", "true or false"
_KINDS = {
    "varchar": _TEXT,
    "integer": _NUMBER,
    "bigint": _NUMBER,
    "decimal": _NUMBER,
    "real": _NUMBER,
    "double precision": _NUMBER,
    "boolean": _TRUTH,
}


def checked_row_filter(text: str, contract: Contract) -> str:
    """Return the condition as it was written, without space around it.

    Raises:
        ValueError: Lake Formation would not take it; the message says why.
    """
    text = text.strip()
    unprintable = next((c for c in text if not c.isprintable() and c not in "\n\t"), None)
    if unprintable is not None:
        # it is shown in plans and logs as it is written
        raise ValueError(f"the row condition has {unprintable!a}, a character that cannot be printed")
    if len(text) > LONGEST:
        raise ValueError(f"the row condition has {len(text)} characters; Lake Formation takes {LONGEST}")
    _check(parsed_condition(text), contract, text)
    return text


def named_columns(text: str) -> frozenset[str]:
    """Return the columns that a row condition names.

    Raises:
        ValueError: it is no condition.
    """
    from sqlglot import exp

    return frozenset(column.name.lower() for column in parsed_condition(text).find_all(exp.Column))


def _check(node: exp.Expr, contract: Contract, text: str) -> None:
    from sqlglot import exp

    if isinstance(node, (exp.And, exp.Or)):
        _check(node.left, contract, text)
        _check(node.right, contract, text)
    elif isinstance(node, (exp.Paren, exp.Not)):
        _check(node.this, contract, text)
    elif isinstance(node, exp.Is):
        if not isinstance(node.expression, exp.Null):
            raise ValueError(f"{text!r}: IS is only for NULL")
        _column(node.this, contract, text)
    elif isinstance(node, exp.Between):
        name, kind = _column(node.this, contract, text)
        _constant(node.args["low"], name, kind, text)
        _constant(node.args["high"], name, kind, text)
    elif isinstance(node, exp.In):
        name, kind = _column(node.this, contract, text)
        if not node.expressions or node.args.get("query"):
            raise ValueError(f"{text!r}: IN takes a list of constants")
        for value in node.expressions:
            _constant(value, name, kind, text)
    elif isinstance(node, exp.Like):
        name, kind = _column(node.this, contract, text)
        if kind != _TEXT:
            raise ValueError(f"{text!r}: LIKE is for texts, and {name} is none")
        _constant(node.expression, name, kind, text)
    elif isinstance(node, (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)):
        name, kind = _column(node.left, contract, text)
        _constant(node.right, name, kind, text)
    else:
        raise ValueError(
            f"{text!r}: Lake Formation takes no {node.sql()!r}; write a column, a comparison (=, <>, <, <=, >, >=,"
            " BETWEEN, IN, LIKE, IS NULL) and a constant, joined by AND, OR, NOT"
        )


def _column(node: exp.Expr, contract: Contract, text: str) -> tuple[str, str]:
    from sqlglot import exp

    if not isinstance(node, exp.Column) or node.table:
        raise ValueError(f"{text!r}: {node.sql()!r} stands where a column of the port is expected")
    name = node.name.lower()
    if name not in contract.column_names:
        hint = did_you_mean(name, contract.column_names)
        raise ValueError(f"{text!r}: the port has no column {name!r}" + (f" ({hint})" if hint else ""))
    physical_type = contract.column(name).physical_type
    kind = _KINDS.get(base_type(physical_type))
    if kind is None:
        raise ValueError(f"{text!r}: Lake Formation filters rows by no {physical_type}, and {name} is one")
    return name, kind


def _constant(node: exp.Expr, name: str, kind: str, text: str) -> None:
    from sqlglot import exp

    found = ""
    if isinstance(node, exp.Neg) and isinstance(node.this, exp.Literal) and not node.this.is_string:
        found = _NUMBER
    elif isinstance(node, exp.Boolean):
        found = _TRUTH
    elif isinstance(node, exp.Literal):
        found = _TEXT if node.is_string else _NUMBER
    if found != kind:
        raise ValueError(f"{text!r}: {name} is compared with {node.sql()}; expected {kind} as a constant")
