"""SQL that people write in contracts: one boolean expression over a row, or one query for a number.

It is parsed and bound before it is used, so that a misspelt column has a name and a line, every function and type is one of
Redshift's, and nothing but a question can be asked: no second statement, no comment that hides the rest, no write, nothing
that says something else tomorrow.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from interline.sql import expression_types as types

if TYPE_CHECKING:
    from sqlglot import exp


def checked_expression(text: str, columns: Mapping[str, str], alias: str) -> str:
    """Return the expression with every column qualified by ``alias``.

    It has an answer for every row: what would fail, such as a division by 0, is null there.

    :param columns: the row's columns with their Redshift types

    Raises:
        SqlMistake: it is no single boolean expression over the columns (a ``ValueError``, with the line in the text).
    """
    # sqlglot is slow to import, and whoever reads DAG files imports this
    from sqlglot import exp

    from interline.sql.binding import Binder, Scope
    from interline.sql.parsing import refusing_deep_trees

    condition = parsed_condition(text)
    binder = Binder(text, "", {name: types.type_of(physical_type) for name, physical_type in columns.items()})
    holder = exp.Paren(this=condition)
    with refusing_deep_trees(text):
        binder.condition(holder.this, Scope(row=alias))
        sql: str = holder.this.sql(dialect="redshift")
    return sql


def parsed_condition(text: str) -> exp.Expr:
    """Return one boolean expression as a tree.

    Raises:
        SqlMistake: it is no SQL, or more than one expression.
    """
    from interline.sql.parsing import SqlMistake, parse_sql, shown  # slow: imports sqlglot

    select = parse_sql(f"select 1 where {text}", text)
    where = select.args.get("where")
    extra = [
        key for key, value in select.args.items() if value and key not in ("expressions", "where", "kind")
    ]
    if where is None or extra:
        raise SqlMistake(f"{shown(text)} is more than one expression")
    condition: exp.Expr = where.this
    return condition


def checked_query(text: str, table: str, columns: Mapping[str, str]) -> str:
    """Return the query with ``${object}`` replaced by ``table``; what it gives is a number, also where it asks a question.

    :param table: the batch, as ``"schema"."table"``
    :param columns: its columns with their Redshift types

    Raises:
        SqlMistake: it is no single SELECT of one number over the batch.
    """
    # sqlglot is slow to import, and whoever reads DAG files imports this
    from sqlglot import exp

    from interline.sql.binding import Binder
    from interline.sql.parsing import SqlMistake, parse_sql, refusing_deep_trees, shown

    if "${object}" not in text:
        raise SqlMistake(f"{shown(text)} does not read ${{object}}, the batch")
    select = parse_sql(text.replace("${object}", table), text)
    if not isinstance(select, exp.Query):
        raise SqlMistake(f"{shown(text)} is no SELECT")
    binder = Binder(
        text, table, {name: types.type_of(physical_type) for name, physical_type in columns.items()}
    )
    with refusing_deep_trees(text):
        kind = binder.single_value(select)
        if kind.family == types.BOOLEAN:
            # ODCS lets a query give a truth value and compares with numbers
            value = select.selects[0].unalias()
            no = exp.Not(this=exp.Paren(this=value.copy()))
            branches = [
                exp.If(this=condition, true=exp.Literal.number(number))
                for condition, number in ((value.copy(), 1), (no, 0))
            ]
            select.set("expressions", [exp.Case(ifs=branches)])
        elif not kind.is_number:
            raise SqlMistake(f"{shown(text)} gives {kind.word}; expected one number")
        return select.sql(dialect="redshift")
