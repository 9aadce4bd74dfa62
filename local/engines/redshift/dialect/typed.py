"""A piece of DuckDB SQL together with the Redshift type of its value."""

from __future__ import annotations

from dataclasses import dataclass

from local.engines.redshift.types import UNKNOWN, Type, numeric, varchar


@dataclass(slots=True)
class Typed:
    """A translated expression.

    Attributes:
        sql: DuckDB SQL; safe to place anywhere an operand may stand.
        type: Redshift type; ``unknown`` for literals and parameters that take their type from where they stand.
        constant: the value of a literal (str, int, or text of a number), or None.
        is_null: whether it is the literal NULL.
        name: the name that Redshift gives the column when no alias does.
    """

    sql: str
    type: Type
    constant: str | int | None = None
    is_null: bool = False
    name: str = "?column?"


@dataclass(frozen=True, slots=True)
class Output:
    """One column that a query returns."""

    name: str
    type: Type


def quote_name(name: str) -> str:
    """A DuckDB identifier."""
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    """A DuckDB string literal."""
    return "'" + text.replace("'", "''") + "'"


def text_literal(text: str) -> Typed:
    """A string literal: of type unknown until something decides."""
    return Typed(quote_text(text), Type("unknown", length=max(1, len(text.encode()))), constant=text)


def null_literal() -> Typed:
    """NULL, which takes its type from where it stands."""
    return Typed("NULL", UNKNOWN, is_null=True)


def column_type(kind: Type) -> Type:
    """The type of a column whose values are untyped literals: varchar of their length."""
    return varchar(kind.length or 1) if kind.name == "unknown" else kind


def number_literal(text: str) -> Typed:
    """A number as written: the smallest integer type that holds it, numeric, or double precision with an exponent."""
    if text.isdigit():
        value = int(text)
        if value < 2**31:
            return Typed(text, Type("int4"), constant=value)
        if value < 2**63:
            return Typed(f"CAST({text} AS BIGINT)", Type("int8"), constant=value)
        kind = numeric(len(text), 0)
        return Typed(f"CAST({text} AS {kind.duckdb})", kind, constant=text)
    if "e" in text.lower():
        return Typed(f"CAST({text} AS DOUBLE)", Type("float8"), constant=text)
    whole, _, fraction = text.partition(".")
    kind = numeric(len(whole.lstrip("0")) + len(fraction) or 1, len(fraction))
    return Typed(f"CAST({text.rstrip('.')} AS {kind.duckdb})", kind, constant=text)
