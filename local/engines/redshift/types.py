"""The data types of Redshift: names, wire identity, how the engine underneath stores them.

Sources: "Data types" and "Computations with numeric values" in the Amazon Redshift Database Developer Guide.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from local.engines import hive_types
from local.engines.errors import InvalidInput
from local.engines.redshift.errors import CANNOT_COERCE, UNDEFINED_OBJECT, SqlError, unsupported

MAXIMUM_PRECISION = 38
_SCALE_LIMIT = 100
VARCHAR_MAXIMUM = 65535
CHAR_MAXIMUM = 4096


@dataclass(frozen=True, slots=True)
class Type:
    """One data type.

    Attributes:
        name: canonical short name: bool, int2, int4, int8, numeric, float4, float8, char, varchar, date, time,
            timetz, timestamp, timestamptz, super, varbyte, interval, unknown (a literal or parameter without type).
        length: bytes, of char, varchar and varbyte.
        precision, scale: of numeric.
        fields: (name, type) of each member of an external struct column; an external array has one, its element.
    """

    name: str
    length: int | None = None
    precision: int | None = None
    scale: int | None = None
    fields: tuple[tuple[str, Type], ...] = ()

    @property
    def display(self) -> str:
        """The name as format_type() shows it, for example ``character varying(10)``."""
        shown = _DISPLAY[self.name]
        if self.name in ("char", "varchar", "varbyte"):
            return f"{shown}({self.length})"
        if self.name == "numeric":
            return f"{shown}({self.precision},{self.scale})"
        return shown

    @property
    def family(self) -> str:
        """The name without its modifiers, as error messages and information_schema show it."""
        return _DISPLAY[self.name]

    @property
    def duckdb(self) -> str:
        """The type that holds it in DuckDB."""
        if self.name == "numeric":
            return f"DECIMAL({self.precision},{self.scale})"
        return _DUCKDB[self.name]

    @property
    def oid(self) -> int:
        """Object identifier on the wire (pg_type.oid)."""
        return _OID[self.name]

    @property
    def modifier(self) -> int:
        """pg_attribute.atttypmod: 4 bytes more than the length, or precision and scale packed; -1 for none."""
        if self.name in ("char", "varchar"):
            return (self.length or 0) + 4
        if self.name == "numeric":
            return (((self.precision or 0) << 16) | (self.scale or 0)) + 4
        return -1

    @property
    def is_integer(self) -> bool:
        """smallint, integer or bigint."""
        return self.name in ("int2", "int4", "int8")

    @property
    def is_number(self) -> bool:
        """An integer, numeric or floating-point type."""
        return self.name in ("int2", "int4", "int8", "numeric", "float4", "float8")

    @property
    def is_text(self) -> bool:
        """char, varchar, or a literal without a type."""
        return self.name in ("char", "varchar", "unknown")

    @property
    def is_temporal(self) -> bool:
        """A date, time or timestamp type."""
        return self.name in ("date", "timestamp", "timestamptz", "time", "timetz")


_DISPLAY = {
    "bool": "boolean",
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "numeric": "numeric",
    "float4": "real",
    "float8": "double precision",
    "char": "character",
    "varchar": "character varying",
    "date": "date",
    "time": "time without time zone",
    "timetz": "time with time zone",
    "timestamp": "timestamp without time zone",
    "timestamptz": "timestamp with time zone",
    "super": "super",
    "varbyte": "binary varying",
    "interval": "interval",
    "unknown": '"unknown"',
    "oid": "oid",
    "name": "name",
    "struct": "struct",
    "array": "array",
    "smallints": "smallint[]",
    "names": "name[]",
}
_DUCKDB = {
    "bool": "BOOLEAN",
    "int2": "SMALLINT",
    "int4": "INTEGER",
    "int8": "BIGINT",
    "float4": "FLOAT",
    "float8": "DOUBLE",
    "char": "VARCHAR",
    "varchar": "VARCHAR",
    "date": "DATE",
    "time": "TIME",
    "timetz": "TIMETZ",
    "timestamp": "TIMESTAMP",
    "timestamptz": "TIMESTAMPTZ",
    "super": "JSON",
    "varbyte": "BLOB",
    "interval": "INTERVAL",
    "unknown": "VARCHAR",
    "oid": "INTEGER",
    "name": "VARCHAR",
    "smallints": "SMALLINT[]",
    "names": "VARCHAR[]",
}
# https://docs.aws.amazon.com/redshift/latest/mgmt/ — the numbers are those redshift_connector lists in RedshiftOID.
_OID = {
    "bool": 16,
    "int2": 21,
    "int4": 23,
    "int8": 20,
    "numeric": 1700,
    "float4": 700,
    "float8": 701,
    "char": 1042,
    "varchar": 1043,
    "date": 1082,
    "time": 1083,
    "timetz": 1266,
    "timestamp": 1114,
    "timestamptz": 1184,
    "super": 4000,
    "varbyte": 6551,
    "interval": 1186,
    "unknown": 1043,
    "oid": 26,
    "name": 19,
    "struct": 4000,
    "array": 4000,
    "smallints": 1005,
    "names": 1003,
}

BOOL = Type("bool")
SMALLINT = Type("int2")
SMALLINTS = Type("smallints")
"""smallint[] of the PostgreSQL catalog; no table has such a column."""
NAMES = Type("names")
INTEGER = Type("int4")
BIGINT = Type("int8")
REAL = Type("float4")
DOUBLE = Type("float8")
DATE = Type("date")
TIME = Type("time")
TIMESTAMP = Type("timestamp")
TIMESTAMPTZ = Type("timestamptz")
SUPER = Type("super")
INTERVAL = Type("interval")
UNKNOWN = Type("unknown")
TEXT = Type("varchar", length=VARCHAR_MAXIMUM)
NAME = Type("name")
OID = Type("oid")


def numeric(precision: int, scale: int) -> Type:
    """numeric(precision, scale), both capped at 38 as Redshift caps computed results."""
    precision = max(1, min(MAXIMUM_PRECISION, precision))
    return Type("numeric", precision=precision, scale=max(0, min(precision, scale)))


def quotient(p1: int, s1: int, p2: int, s2: int) -> Type:
    """The type of a DECIMAL(p1,s1) divided by a DECIMAL(p2,s2).

    Beyond 38 digits the digits before the point are spared, and at least four of those behind it ("Notes on division
    operations").
    """
    scale = max(4, s1 + p2 - s2 + 1)
    precision = p1 - s1 + s2 + scale
    if scale > _SCALE_LIMIT:
        precision, scale = precision - (scale - _SCALE_LIMIT), _SCALE_LIMIT
    if precision > MAXIMUM_PRECISION:
        scale = max(MAXIMUM_PRECISION + scale - precision, 4)
    return numeric(precision, scale)


def varchar(length: int | None) -> Type:
    """character varying of so many bytes, at most 65535."""
    return Type("varchar", length=min(max(length or 1, 1), VARCHAR_MAXIMUM))


def char(length: int) -> Type:
    """character of so many bytes."""
    return Type("char", length=length)


_NAMES = {
    "boolean": "bool",
    "bool": "bool",
    "smallint": "int2",
    "int2": "int2",
    "int": "int4",
    "integer": "int4",
    "int4": "int4",
    "bigint": "int8",
    "int8": "int8",
    "decimal": "numeric",
    "numeric": "numeric",
    "real": "float4",
    "float4": "float4",
    "float": "float8",
    "float8": "float8",
    "double precision": "float8",
    "char": "char",
    "character": "char",
    "nchar": "char",
    "bpchar": "char",
    "varchar": "varchar",
    "character varying": "varchar",
    "char varying": "varchar",
    "nvarchar": "varchar",
    "national character varying": "varchar",
    "national character": "char",
    "text": "varchar",
    "date": "date",
    "time": "time",
    "time without time zone": "time",
    "timetz": "timetz",
    "time with time zone": "timetz",
    "timestamp": "timestamp",
    "timestamp without time zone": "timestamp",
    "timestamptz": "timestamptz",
    "timestamp with time zone": "timestamptz",
    "super": "super",
    "varbyte": "varbyte",
    "varbinary": "varbyte",
    "binary varying": "varbyte",
    "interval": "interval",
    "name": "name",
    "oid": "oid",
}
_KNOWN_BUT_UNSUPPORTED = {"hllsketch", "geometry", "geography"}


def from_sql(name: str, arguments: tuple[str, ...] = (), *, casting: bool = False) -> Type:
    """The type that a type name in SQL means.

    Args:
        name: lower case, words separated by one space, for example ``character varying``.
        arguments: what stood in parentheses, for example ``("10", "2")`` or ``("max",)``.
        casting: VARCHAR without a length is 256 bytes for a column, and unbounded in a cast.

    Raises:
        SqlError: 42704 for a type that Redshift does not have, 0A000 for one that is not here, 22023 for bad lengths.
    """
    if name in _KNOWN_BUT_UNSUPPORTED:
        raise unsupported(f"data type {name} in the local Redshift")
    kind = _NAMES.get(name)
    if kind is None:
        raise SqlError(UNDEFINED_OBJECT, f'type "{name}" does not exist')
    numbers = [_length(kind, argument) for argument in arguments]
    if kind == "numeric":
        precision = numbers[0] if numbers else 18
        scale = numbers[1] if len(numbers) > 1 else 0
        if not 1 <= precision <= MAXIMUM_PRECISION:
            raise SqlError(
                "22023", f"NUMERIC precision {precision} must be between 1 and {MAXIMUM_PRECISION}"
            )
        if not 0 <= scale <= min(37, precision):
            raise SqlError("22023", f"NUMERIC scale {scale} must be between 0 and precision {precision}")
        return Type("numeric", precision=precision, scale=scale)
    if kind in ("varchar", "char", "varbyte"):
        maximum = CHAR_MAXIMUM if kind == "char" else VARCHAR_MAXIMUM if kind == "varchar" else 16_777_216
        if numbers:
            length = numbers[0]
        elif name == "text":
            length = 65535 if casting else 256
        elif name == "bpchar":
            length = 256
        elif kind == "varchar":
            length = VARCHAR_MAXIMUM if casting else 256
        elif kind == "varbyte":
            length = 64000
        else:
            length = 1
        if length < 1:
            raise SqlError("22023", f"length for type {_DISPLAY[kind]} must be at least 1")
        if length > maximum:
            raise SqlError("22023", f"length for type {_DISPLAY[kind]} cannot exceed {maximum}")
        return Type(kind, length=length)
    if numbers and kind == "float8" and name == "float":
        return REAL if numbers[0] <= 24 else DOUBLE
    if numbers and not kind.startswith("time"):
        raise SqlError("42601", f'syntax error at or near "(" after type {name}')
    return Type(kind)


def _length(kind: str, argument: str) -> int:
    if argument.lower() == "max" and kind in ("char", "varchar", "varbyte"):
        return {"char": CHAR_MAXIMUM, "varchar": VARCHAR_MAXIMUM, "varbyte": 1_024_000}[kind]
    if not argument.isdigit():
        raise SqlError("42601", f'syntax error at or near "{argument}"')
    return int(argument)


_FROM_HIVE = {
    "string": TEXT,
    "tinyint": SMALLINT,
    "smallint": SMALLINT,
    "int": INTEGER,
    "bigint": BIGINT,
    "float": REAL,
    "double": DOUBLE,
    "boolean": BOOL,
    "date": DATE,
    "timestamp": TIMESTAMP,
    "timestamptz": TIMESTAMPTZ,
    "binary": Type("varbyte", length=64000),
}


@lru_cache(maxsize=4096)
def from_glue(name: str) -> Type:
    """The Redshift type of an external column, from its type in the Glue catalog.

    Raises:
        SqlError: 0A000 for a type that cannot be read here (map, union).
    """
    try:
        return _from_hive(hive_types.parse(name))
    except InvalidInput as error:
        raise unsupported(f'external column type "{name}"') from error


def _from_hive(kind: hive_types.GlueType) -> Type:
    if kind.name == "decimal":
        return numeric(*kind.arguments)
    if kind.name in ("varchar", "char"):
        return Type(kind.name, length=kind.arguments[0])
    if kind.name == "struct":
        members = zip(kind.fields, kind.children, strict=True)
        return Type("struct", fields=tuple((field.lower(), _from_hive(child)) for field, child in members))
    if kind.name == "array":
        return Type("array", fields=(("element", _from_hive(kind.children[0])),))
    if kind.name not in _FROM_HIVE:
        raise unsupported(f'external column type "{hive_types.render(kind)}"')
    return _FROM_HIVE[kind.name]


# The order of promotion between numbers ("Return types for computations").
_RANK = {"int2": 0, "int4": 1, "int8": 2, "numeric": 3, "float4": 4, "float8": 5}
_INTEGER_DIGITS = {"int2": 5, "int4": 10, "int8": 19}


def digits(kind: Type) -> tuple[int, int]:
    """(precision, scale) of a number that takes part in a DECIMAL computation."""
    if kind.name == "numeric":
        return kind.precision or 18, kind.scale or 0
    return _INTEGER_DIGITS[kind.name], 0


def promote(left: Type, right: Type) -> Type:
    """The type of two numbers computed together, except for the precision rules of each DECIMAL operation."""
    if left.name == right.name and left.name != "numeric":
        return left
    if "float8" in (left.name, right.name) or "float4" in (left.name, right.name):
        return DOUBLE
    if "numeric" in (left.name, right.name):
        return common_numeric(left, right)
    return left if _RANK[left.name] >= _RANK[right.name] else right


def common_numeric(left: Type, right: Type) -> Type:
    """The numeric that holds both (used by UNION, CASE, COALESCE)."""
    (p1, s1), (p2, s2) = digits(left), digits(right)
    scale = max(s1, s2)
    return numeric(max(p1 - s1, p2 - s2) + scale, scale)


def common(types: list[Type], construct: str) -> Type:
    """The one type of several branches: UNION columns, CASE results, COALESCE and IN arguments.

    Raises:
        SqlError: 42804 when no implicit conversion leads to one type.
    """
    known = [each for each in types if each.name != "unknown"]
    if not known:
        lengths = [each.length or 1 for each in types]
        return varchar(max(lengths, default=1)) if any(each.length for each in types) else UNKNOWN
    result = known[0]
    for each in known[1:]:
        result = _pair(result, each, construct)
    if result.name in ("varchar", "char"):
        longest = max([result.length or 1] + [each.length or 1 for each in types if each.is_text])
        result = Type(result.name, length=min(longest, VARCHAR_MAXIMUM))
    return result


def _pair(left: Type, right: Type, construct: str) -> Type:
    if left == right:
        return left
    if left.is_number and right.is_number:
        return promote(left, right)
    if left.is_text and right.is_text:
        length = max(left.length or 1, right.length or 1)
        return char(length) if left.name == right.name == "char" else varchar(length)
    names = {left.name, right.name}
    if names <= {"name", "varchar", "char"}:
        return TEXT
    if names == {"oid", "int4"} or names == {"oid", "int8"}:
        return BIGINT
    if names <= {"date", "timestamp"}:
        return TIMESTAMP
    if names <= {"date", "timestamp", "timestamptz"}:
        return TIMESTAMPTZ
    if "super" in names:
        return SUPER
    raise SqlError(
        CANNOT_COERCE if construct == "cast" else "42804",
        f"{construct} types {left.family} and {right.family} cannot be matched",
    )
