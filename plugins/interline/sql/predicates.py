"""SQL that people write in contracts: one boolean expression over a row, or one query for a number.

It is parsed before it is used, so that a misspelt column is reported with its name and line, and nothing but a
query can be run: no second statement, no comment that hides the rest, no write.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from interline.contracts.problems import did_you_mean

if TYPE_CHECKING:
    from sqlglot import exp


def checked_expression(text: str, columns: tuple[str, ...], alias: str) -> str:
    """Return the expression with every column qualified by ``alias``.

    Raises:
        ValueError: it is no single boolean expression over the columns.
    """
    from sqlglot import exp

    condition = parsed_condition(text)
    if condition.find(exp.Select, exp.AggFunc, exp.Window):
        raise ValueError(f"{text!r} looks beyond its own row; use a rule of `type: sql` for that")
    for column in condition.find_all(exp.Column):
        name = column.name.lower()
        if column.table or name not in columns:
            hint = did_you_mean(name, columns)
            raise ValueError(
                f"{text!r} names {column.sql()!r}, which is no column" + (f" ({hint})" if hint else "")
            )
        column.set("this", exp.to_identifier(name, quoted=True))
        column.set("table", exp.to_identifier(alias))
    sql: str = condition.sql(dialect="redshift")
    return sql


def parsed_condition(text: str) -> exp.Expr:
    """Return one boolean expression as a tree.

    Raises:
        ValueError: it is no SQL, or more than one expression.
    """
    select = _parse(f"select 1 where {text}", text)
    where = select.args.get("where")
    extra = [
        key for key, value in select.args.items() if value and key not in ("expressions", "where", "kind")
    ]
    if where is None or extra:
        raise ValueError(f"{text!r} is more than one expression")
    condition: exp.Expr = where.this
    return condition


def checked_query(text: str, table: str) -> str:
    """Return the query with ``${object}`` replaced by ``table``.

    Raises:
        ValueError: it is no single SELECT of one number.
    """
    from sqlglot import exp

    if "${object}" not in text:
        raise ValueError(f"{text!r} does not read ${{object}}, the batch")
    select = _parse(text.replace("${object}", table), text)
    if not isinstance(select, exp.Query):
        raise ValueError(f"{text!r} is no SELECT")
    if len(select.selects) != 1:
        raise ValueError(f"{text!r} gives {len(select.selects)} columns; expected one number")
    return select.sql(dialect="redshift")


def _parse(sql: str, text: str) -> exp.Expr:
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    try:
        statements = sqlglot.parse(sql, dialect="redshift")
    except SqlglotError as error:
        raise ValueError(f"{text!r} is no SQL: {str(error).splitlines()[0]}") from None
    if len(statements) != 1 or statements[0] is None:
        raise ValueError(f"{text!r} is {len(statements)} statements; expected one")
    statement = statements[0]
    if any(node.comments for node in statement.walk()):
        raise ValueError(f"{text!r} has a comment; say it in `description`")
    if statement.find(
        exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Create, exp.Drop, exp.Into, exp.Command
    ):
        raise ValueError(f"{text!r} does more than read")
    return statement
