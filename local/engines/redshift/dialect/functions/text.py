"""String functions ("String functions" in the Amazon Redshift Database Developer Guide)."""

from __future__ import annotations

import re

from local.engines.redshift import types
from local.engines.redshift.dialect.functions.registry import Call, scalar, simple
from local.engines.redshift.dialect.operators import concatenate
from local.engines.redshift.dialect.typed import Typed, quote_text
from local.engines.redshift.errors import INVALID_PARAMETER, SqlError, raising, unsupported
from local.engines.redshift.types import BIGINT, INTEGER, TEXT

simple("len length char_length character_length textlen", "text", INTEGER, "CAST(length({0}) AS INTEGER)")
simple("octet_length", "text", INTEGER, "CAST(strlen({0}) AS INTEGER)")
simple("ascii", "text", INTEGER, "CAST(CASE WHEN {0} = '' THEN 0 ELSE unicode({0}) END AS INTEGER)")
simple("chr", "integer", types.char(4), "chr({0})")
simple("strpos", "text text", INTEGER, "CAST(strpos({0}, {1}) AS INTEGER)")
simple("charindex", "text text", INTEGER, "CAST(strpos({1}, {0}) AS INTEGER)")
simple("md5", "text", types.varchar(32), "md5({0})")
simple("sha sha1 func_sha1", "text", types.varchar(40), "sha1({0})")
simple("quote_literal", "text", TEXT, "('''' || replace({0}, '''', '''''') || '''')")
simple(
    "quote_ident",
    "text",
    TEXT,
    "(CASE WHEN regexp_full_match({0}, '[a-z_][a-z0-9_]*') THEN {0} ELSE '\"' || replace({0}, '\"', '\"\"') || '\"' END)",
)


def _keeping_length(names: str, kinds: str, sql: str, optional: int = 0) -> None:
    """Functions whose result is no longer than their first argument."""

    def function(call: Call) -> Typed:
        values = call.take(*kinds.split(), optional=optional)
        length = values[0].type.length or types.VARCHAR_MAXIMUM
        return call.result(sql.format(*(each.sql for each in values)), types.varchar(length))

    scalar(*names.split())(function)


_keeping_length("upper ucase", "text", "upper({0})")
_keeping_length("lower lcase", "text", "lower({0})")
_keeping_length("initcap", "text", "rs_initcap({0})")
_keeping_length("reverse", "text", "reverse({0})")


@scalar("ltrim", "rtrim", "btrim", "trim")
def _trim(call: Call) -> Typed:
    values = call.take("text", "text", optional=1)
    function = {"ltrim": "ltrim", "rtrim": "rtrim"}.get(call.name, "trim")
    characters = values[1].sql if len(values) > 1 else "' '"
    length = values[0].type.length or types.VARCHAR_MAXIMUM
    return call.result(f"{function}({values[0].sql}, {characters})", types.varchar(length))


@scalar("lpad", "rpad")
def _pad(call: Call) -> Typed:
    values = call.take("text", "integer", "text", optional=1)
    fill = values[2].sql if len(values) > 2 else "' '"
    length = f"CAST({values[1].sql} AS INTEGER)"
    padded = f"{call.name}({values[0].sql}, {length}, {fill})"
    if not (isinstance(fill_text := values[2].constant if len(values) > 2 else " ", str) and fill_text):
        # There is nothing to pad with.
        padded = f"CASE WHEN {fill} = '' THEN left({values[0].sql}, greatest({length}, 0)) ELSE {padded} END"
        if fill_text == "":
            padded = f"left({values[0].sql}, greatest({length}, 0))"
    return call.result(padded, TEXT)


@scalar("left", "right")
def _side(call: Call) -> Typed:
    text, count = call.take("text", "integer")
    if isinstance(count.constant, int) and count.constant < 0:
        raise SqlError(INVALID_PARAMETER, "negative length is not allowed")
    return call.result(f"{call.name}({text.sql}, {count.sql})", types.varchar(text.type.length))


@scalar("substring", "substr")
def _substring(call: Call) -> Typed:
    """Positions before the first character count, as in PostgreSQL: substring('abc', 0, 2) is 'a'."""
    text, start, *rest = call.take("text", "integer", "integer", optional=1)
    kind = types.varchar(text.type.length)
    if not rest:
        begin = (
            start.sql
            if isinstance(start.constant, int) and start.constant > 0
            else f"greatest({start.sql}, 1)"
        )
        return call.result(f"substring({text.sql}, {begin})", kind)
    length = rest[0]
    if isinstance(length.constant, int) and length.constant < 0:
        raise SqlError("22011", "negative substring length not allowed")
    if isinstance(start.constant, int) and start.constant > 0:
        return call.result(f"substring({text.sql}, {start.sql}, {length.sql})", kind)
    return call.result(
        f"substring({text.sql}, greatest({start.sql}, 1), greatest({length.sql} + least({start.sql} - 1, 0), 0))",
        kind,
    )


@scalar("replace")
def _replace(call: Call) -> Typed:
    text, old, new = call.take("text", "text", "text")
    return call.result(f"replace({text.sql}, {old.sql}, {new.sql})", TEXT)


@scalar("translate")
def _translate(call: Call) -> Typed:
    text, old, new = call.take("text", "text", "text")
    return call.result(f"translate({text.sql}, {old.sql}, {new.sql})", types.varchar(text.type.length))


@scalar("repeat", "replicate")
def _repeat(call: Call) -> Typed:
    text, times = call.take("text", "integer")
    return call.result(f"repeat({text.sql}, {times.sql})", TEXT)


@scalar("concat")
def _concat(call: Call) -> Typed:
    """CONCAT takes exactly two arguments, and is null when either is."""
    call.count(2)
    values = call.take("text", "text")
    joined = concatenate(values)
    return call.result(joined.sql, joined.type)


@scalar("split_part")
def _split_part(call: Call) -> Typed:
    text, delimiter, position = call.take("text", "text", "integer")
    if isinstance(position.constant, int):
        if position.constant < 1:
            raise SqlError(INVALID_PARAMETER, "field position must be greater than zero")
        sql = f"split_part({text.sql}, {delimiter.sql}, {position.sql})"
    else:
        wrong = raising(INVALID_PARAMETER, "field position must be greater than zero")
        sql = f"CASE WHEN {position.sql} < 1 THEN {wrong} ELSE split_part({text.sql}, {delimiter.sql}, {position.sql}) END"
    return call.result(sql, types.varchar(text.type.length))


@scalar("sha2")
def _sha2(call: Call) -> Typed:
    text, bits = call.take("text", "integer")
    if bits.constant not in (0, 256):
        raise unsupported("function sha2 with other than 256 bits in the local Redshift")
    return call.result(f"sha256({text.sql})", types.varchar(128))


def _pattern(call: Call, position: int) -> str:
    """A POSIX pattern as RE2 reads it."""
    pattern = call.constant_text(position)
    if re.search(r"\(\?[=!<]", pattern):
        raise unsupported("look-around in a regular expression")
    return pattern


def _flags(call: Call, position: int) -> str:
    if len(call.nodes) <= position:
        return ""
    given = call.constant_text(position)
    if set(given) - set("ciep"):
        raise SqlError(INVALID_PARAMETER, f'invalid parameter "{given}"')
    if "p" in given:
        raise unsupported("PCRE dialect of regular expressions in the local Redshift")
    return "i" if "i" in given else ""


def _from_position(call: Call, text: str, position: int) -> str:
    if len(call.nodes) <= position:
        return text
    start = call.argument(position)
    return text if start.constant == 1 else f"substring({text}, {start.sql})"


@scalar("regexp_replace")
def _regexp_replace(call: Call) -> Typed:
    """All occurrences are replaced; $1 refers to a group."""
    call.count(2, 5)
    (text,) = list(Call(call.name, call.nodes[:1], call.scope).take("text"))
    pattern = _pattern(call, 1)
    replacement = call.constant_text(2) if len(call.nodes) > 2 else ""
    replacement = re.sub(
        r"\$(\d)", r"\\\1", replacement.replace("\\", "\\\\") if "\\" not in replacement else replacement
    )
    start = call.argument(3) if len(call.nodes) > 3 else None
    if start is not None and start.constant != 1:
        raise unsupported("function regexp_replace with a start position other than 1")
    flags = "g" + _flags(call, 4)
    return call.result(
        f"regexp_replace({text.sql}, {quote_text(pattern)}, {quote_text(replacement)}, '{flags}')", TEXT
    )


@scalar("regexp_substr")
def _regexp_substr(call: Call) -> Typed:
    """The part that matches, or an empty string."""
    call.count(2, 5)
    (text,) = Call(call.name, call.nodes[:1], call.scope).take("text")
    pattern = quote_text(_pattern(call, 1))
    subject = _from_position(call, text.sql, 2)
    occurrence = call.argument(3).constant if len(call.nodes) > 3 else 1
    flags = _flags(call, 4)
    # 'e' extracts the first subexpression.
    group = (
        1 if len(call.nodes) > 4 and "e" in call.constant_text(4) and re.search(r"(?<!\\)\(", pattern) else 0
    )
    options = f", {group}, '{flags}'"
    if occurrence == 1:
        return call.result(f"regexp_extract({subject}, {pattern}{options})", types.varchar(text.type.length))
    return call.result(
        f"coalesce(regexp_extract_all({subject}, {pattern}{options})[{occurrence}], CASE WHEN {text.sql} IS NULL THEN NULL ELSE '' END)",
        types.varchar(text.type.length),
    )


@scalar("regexp_count")
def _regexp_count(call: Call) -> Typed:
    call.count(2, 4)
    (text,) = Call(call.name, call.nodes[:1], call.scope).take("text")
    subject, flags = _from_position(call, text.sql, 2), _flags(call, 3)
    return call.result(
        f"CAST(len(regexp_extract_all({subject}, {quote_text(_pattern(call, 1))}, 0{', ' + quote_text(flags) if flags else ''})) AS INTEGER)",
        INTEGER,
    )


@scalar("regexp_instr")
def _regexp_instr(call: Call) -> Typed:
    """REGEXP_INSTR(text, pattern [, position [, occurrence [, option [, parameters]]]]): where it is, 0 for nowhere."""
    call.count(2, 6)
    (text,) = Call(call.name, call.nodes[:1], call.scope).take("text")
    pattern, flags = _pattern(call, 1), _flags(call, 5)
    start, occurrence, option = (
        call.argument(place).constant if len(call.nodes) > place else default
        for place, default in ((2, 1), (3, 1), (4, 0))
    )
    if (
        not (isinstance(start, int) and isinstance(occurrence, int) and option in (0, 1))
        or min(start, occurrence) < 1
    ):
        raise unsupported("function regexp_instr with arguments that are not constants of 1 and more")
    words = f"(?s{flags})"
    between = f"(?:.*?(?:{pattern})){{{occurrence - 1}}}.*?" if occurrence > 1 else ".*?"
    before = f"{words}^({between})(?:{pattern})" if option == 0 else f"{words}^({between}(?:{pattern}))"
    subject = f"substring({text.sql}, {start})"
    found = f"regexp_extract({subject}, {quote_text(before)}, 1)"
    return call.result(
        f"CASE WHEN {text.sql} IS NULL THEN NULL WHEN regexp_matches({subject}, {quote_text(before)}) "
        f"THEN CAST(length({found}) + {start} AS INTEGER) ELSE 0 END",
        INTEGER,
    )


@scalar("strtol")
def _strtol(call: Call) -> Typed:
    text, base = call.take("text", "integer")
    if base.constant == 16:
        return call.result(f"CAST(regexp_replace(lower({text.sql}), '^(0x)?', '0x') AS BIGINT)", BIGINT)
    if base.constant == 2:
        return call.result(f"CAST('0b' || {text.sql} AS BIGINT)", BIGINT)
    if base.constant == 10:
        return call.result(f"CAST({text.sql} AS BIGINT)", BIGINT)
    raise unsupported("function strtol with a base other than 2, 10 or 16 in the local Redshift")
