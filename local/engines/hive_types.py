"""Column types: the Data Catalog's (Hive) names, and the same in DuckDB, Iceberg and Athena.

The catalog's grammar is Hive's: `bigint`, `decimal(10,2)`, `array<string>`, `map<string,int>`,
`struct<a:int,b:array<string>>`. One name is added: `timestamptz`, for Iceberg's timestamp with time zone, which Glue
itself shows as `timestamp`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pyiceberg import types as iceberg

from local.engines.errors import InvalidInput
from local.engines.sql_cursor import split_at_commas

_DUCKDB = {
    "string": "VARCHAR",
    "boolean": "BOOLEAN",
    "tinyint": "TINYINT",
    "smallint": "SMALLINT",
    "int": "INTEGER",
    "bigint": "BIGINT",
    "float": "FLOAT",
    "double": "DOUBLE",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "timestamptz": "TIMESTAMP WITH TIME ZONE",
    "binary": "BLOB",
}
_FROM_DUCKDB = {duckdb: glue for glue, duckdb in _DUCKDB.items()} | {
    "TIMESTAMP_NS": "timestamp",
    "TIMESTAMP_MS": "timestamp",
    "TIMESTAMP_S": "timestamp",
    "UTINYINT": "smallint",
    "USMALLINT": "int",
    "UINTEGER": "bigint",
    "UBIGINT": "decimal(20,0)",
    "HUGEINT": "decimal(38,0)",
    "JSON": "string",
    "UUID": "string",
    "TIME": "string",
    '"NULL"': "string",
    "NULL": "string",
}
_ICEBERG = {
    "string": iceberg.StringType(),
    "boolean": iceberg.BooleanType(),
    "tinyint": iceberg.IntegerType(),
    "smallint": iceberg.IntegerType(),
    "int": iceberg.IntegerType(),
    "bigint": iceberg.LongType(),
    "float": iceberg.FloatType(),
    "double": iceberg.DoubleType(),
    "date": iceberg.DateType(),
    "timestamp": iceberg.TimestampType(),
    "timestamptz": iceberg.TimestamptzType(),
    "binary": iceberg.BinaryType(),
}
_ATHENA = {
    "string": "varchar",
    "int": "integer",
    "binary": "varbinary",
    "timestamptz": "timestamp with time zone",
}
INTEGERS = ("tinyint", "smallint", "int", "bigint")


@dataclass(frozen=True)
class GlueType:
    """A parsed catalog type: `name` is the head; `arguments` are a decimal's or varchar's numbers;
    `children` the types inside; `fields` the names of a struct's children."""

    name: str
    arguments: tuple[int, ...] = ()
    children: tuple[GlueType, ...] = ()
    fields: tuple[str, ...] = ()


def parse(text: str) -> GlueType:
    """Parse a catalog type. Raises InvalidInput naming the text."""
    parsed, rest = _parse(text.strip(), text)
    if rest.strip():
        raise InvalidInput(f"not a Data Catalog type: {text!r}")
    return parsed


def _parse(text: str, whole: str) -> tuple[GlueType, str]:
    match = re.match(r"\s*([A-Za-z_]+)\s*", text)
    if not match:
        raise InvalidInput(f"not a Data Catalog type: {whole!r}")
    name, rest = match[1].lower(), text[match.end() :]
    if name in ("array", "map", "struct"):
        return _parse_nested(name, rest, whole)
    name = {"integer": "int", "long": "bigint"}.get(name, name)
    if name in ("decimal", "varchar", "char"):
        numbers = re.match(r"\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)", rest)
        if not numbers:
            if name == "decimal":
                return GlueType("decimal", (10, 0)), rest
            raise InvalidInput(f"{name} needs a length in {whole!r}")
        arguments = tuple(int(number) for number in numbers.groups() if number is not None)
        if name == "decimal" and len(arguments) == 1:
            arguments = (arguments[0], 0)
        return GlueType(name, arguments), rest[numbers.end() :]
    if name not in _DUCKDB:
        raise InvalidInput(f"unknown Data Catalog type {name!r} in {whole!r}")
    return GlueType(name), rest


def _parse_nested(name: str, rest: str, whole: str) -> tuple[GlueType, str]:
    if not rest.startswith("<"):
        raise InvalidInput(f"{name} needs <…> in {whole!r}")
    rest = rest[1:]
    children: list[GlueType] = []
    fields: list[str] = []
    while True:
        if name == "struct":
            field = re.match(r"\s*([^:<>,]+):", rest)
            if not field:
                raise InvalidInput(f"struct needs name:type in {whole!r}")
            fields.append(field[1].strip())
            rest = rest[field.end() :]
        child, rest = _parse(rest, whole)
        children.append(child)
        rest = rest.lstrip()
        if rest.startswith(","):
            rest = rest[1:]
        elif rest.startswith(">"):
            rest = rest[1:]
            break
        else:
            raise InvalidInput(f"{name} is not closed in {whole!r}")
    if len(children) != {"array": 1, "map": 2}.get(name, len(children)):
        raise InvalidInput(f"{name} has the wrong number of types in {whole!r}")
    if len({field.lower() for field in fields}) < len(fields):
        raise InvalidInput(f"a struct has a name twice, without regard to case, in {whole!r}")
    return GlueType(name, (), tuple(children), tuple(fields)), rest


def render(kind: GlueType) -> str:
    """A type in the catalog's grammar."""
    if kind.name == "struct":
        members = zip(kind.fields, kind.children, strict=True)
        return "struct<" + ",".join(f"{field}:{render(child)}" for field, child in members) + ">"
    if kind.children:
        return f"{kind.name}<{','.join(render(child) for child in kind.children)}>"
    if kind.arguments:
        return f"{kind.name}({','.join(str(number) for number in kind.arguments)})"
    return kind.name


def is_nested(glue_type: str) -> bool:
    """Whether a type is an array, map or struct."""
    return bool(parse(glue_type).children)


def to_duckdb(glue_type: str | GlueType) -> str:
    """The DuckDB type that holds exactly the values of a catalog type."""
    kind = parse(glue_type) if isinstance(glue_type, str) else glue_type
    if kind.name == "array":
        return f"{to_duckdb(kind.children[0])}[]"
    if kind.name == "map":
        return f"MAP({to_duckdb(kind.children[0])}, {to_duckdb(kind.children[1])})"
    if kind.name == "struct":
        members = zip(kind.fields, kind.children, strict=True)
        return "STRUCT(" + ", ".join(f'"{field}" {to_duckdb(child)}' for field, child in members) + ")"
    if kind.name == "decimal":
        return f"DECIMAL({kind.arguments[0]},{kind.arguments[1]})"
    if kind.name in ("varchar", "char"):
        return "VARCHAR"
    return _DUCKDB[kind.name]


def from_duckdb(duckdb_type: object) -> str:
    """The catalog type of a DuckDB type (a `DuckDBPyType` or its text). Raises InvalidInput where there is none."""
    text = str(duckdb_type).strip()
    if text.endswith("[]"):
        return f"array<{from_duckdb(text[:-2])}>"
    if text.startswith(("STRUCT(", "MAP(")):
        inner = [part.strip() for part in split_at_commas(text[text.index("(") + 1 : -1])]
        if text.startswith("MAP("):
            return f"map<{from_duckdb(inner[0])},{from_duckdb(inner[1])}>"
        members = []
        for member in inner:
            quoted = re.match(r'"((?:[^"]|"")*)"\s+|(\S+)\s+', member)
            if not quoted:
                raise InvalidInput(f"not a struct member: {member!r}")
            name = (quoted[1] or quoted[2]).replace('""', '"').lower()
            members.append(f"{name}:{from_duckdb(member[quoted.end() :])}")
        return f"struct<{','.join(members)}>"
    decimal = re.fullmatch(r"DECIMAL\((\d+),\s*(\d+)\)", text)
    if decimal:
        return f"decimal({decimal[1]},{decimal[2]})"
    if text not in _FROM_DUCKDB:
        raise InvalidInput(f"there is no Data Catalog type for {text}")
    return _FROM_DUCKDB[text]


def to_athena(glue_type: str) -> str:
    """The type name in Athena's result metadata: without parameters, nested types by their head."""
    kind = parse(glue_type)
    return {"struct": "row", "char": "char", "varchar": "varchar"}.get(kind.name) or _ATHENA.get(
        kind.name, kind.name
    )


def to_trino(glue_type: str | GlueType) -> str:
    """The type as Trino's SQL spells it, parameters included."""
    kind = parse(glue_type) if isinstance(glue_type, str) else glue_type
    if kind.name == "array":
        return f"array({to_trino(kind.children[0])})"
    if kind.name == "map":
        return f"map({to_trino(kind.children[0])}, {to_trino(kind.children[1])})"
    if kind.name == "struct":
        members = zip(kind.fields, kind.children, strict=True)
        return "row(" + ", ".join(f"{field} {to_trino(child)}" for field, child in members) + ")"
    if kind.arguments:
        return f"{kind.name}({','.join(str(number) for number in kind.arguments)})"
    return _ATHENA.get(kind.name, kind.name)


def to_iceberg(glue_type: str | GlueType, identifiers: FieldIdentifiers) -> iceberg.IcebergType:
    """The Iceberg type; nested fields take their ids from `identifiers`."""
    kind = parse(glue_type) if isinstance(glue_type, str) else glue_type
    if kind.name == "decimal":
        return iceberg.DecimalType(kind.arguments[0], kind.arguments[1])
    if kind.name in ("varchar", "char"):
        return iceberg.StringType()
    if kind.name == "array":
        number = identifiers.take()
        return iceberg.ListType(
            element_id=number, element_type=to_iceberg(kind.children[0], identifiers), element_required=False
        )
    if kind.name == "map":
        key, value = identifiers.take(), identifiers.take()
        return iceberg.MapType(
            key_id=key,
            key_type=to_iceberg(kind.children[0], identifiers),
            value_id=value,
            value_type=to_iceberg(kind.children[1], identifiers),
            value_required=False,
        )
    if kind.name == "struct":
        return iceberg.StructType(
            *(
                iceberg.NestedField(identifiers.take(), field, to_iceberg(child, identifiers), required=False)
                for field, child in zip(kind.fields, kind.children, strict=True)
            )
        )
    return _ICEBERG[kind.name]


class FieldIdentifiers:
    """Hands out Iceberg field ids, each once."""

    def __init__(self, first: int = 1) -> None:
        self._next = first

    def take(self) -> int:
        """The next free id."""
        self._next += 1
        return self._next - 1


def from_iceberg(kind: iceberg.IcebergType) -> str:
    """The catalog type of an Iceberg type (`timestamptz` stays apart from `timestamp`)."""
    if isinstance(kind, iceberg.DecimalType):
        return f"decimal({kind.precision},{kind.scale})"
    if isinstance(kind, iceberg.ListType):
        return f"array<{from_iceberg(kind.element_type)}>"
    if isinstance(kind, iceberg.MapType):
        return f"map<{from_iceberg(kind.key_type)},{from_iceberg(kind.value_type)}>"
    if isinstance(kind, iceberg.StructType):
        return (
            "struct<"
            + ",".join(f"{field.name}:{from_iceberg(field.field_type)}" for field in kind.fields)
            + ">"
        )
    names: dict[type[iceberg.IcebergType], str] = {
        iceberg.StringType: "string",
        iceberg.UUIDType: "string",
        iceberg.BooleanType: "boolean",
        iceberg.IntegerType: "int",
        iceberg.LongType: "bigint",
        iceberg.FloatType: "float",
        iceberg.DoubleType: "double",
        iceberg.DateType: "date",
        iceberg.TimestampType: "timestamp",
        iceberg.TimestamptzType: "timestamptz",
        iceberg.BinaryType: "binary",
        iceberg.FixedType: "binary",
    }
    name = names.get(type(kind))
    if name is None:
        raise InvalidInput(f"there is no Data Catalog type for Iceberg's {kind}")
    return name


def can_widen(narrow: str, wide: str) -> bool:
    """Whether values of the first type can always be read as the second (Hive's widening, and to string)."""
    first, second = parse(narrow), parse(wide)
    if first == second:
        return True
    if first.name in INTEGERS and second.name in INTEGERS:
        return INTEGERS.index(first.name) < INTEGERS.index(second.name)
    if (first.name, second.name) in (("float", "double"), ("varchar", "string"), ("char", "string")):
        return True
    return second.name == "string" and not first.children
