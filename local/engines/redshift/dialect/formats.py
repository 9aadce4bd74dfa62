"""Format patterns of TO_CHAR, TO_DATE, TO_TIMESTAMP and TO_NUMBER ("Datetime format strings", "Numeric format strings")."""

from __future__ import annotations

import re
from dataclasses import dataclass

from local.engines.redshift.dialect.typed import Typed, quote_text
from local.engines.redshift.errors import INVALID_PARAMETER, SqlError, unsupported

# Pattern → strftime directive, or SQL over the timestamp ``{0}``. Longest first when matched.
_STRFTIME = {
    "YYYY": "%Y", "YY": "%y", "IYYY": "%G", "MM": "%m", "DD": "%d", "DDD": "%j", "HH24": "%H", "HH12": "%I",
    "HH": "%I", "MI": "%M", "SS": "%S", "MS": "%g", "US": "%f", "AM": "%p", "PM": "%p", "IW": "%V", "Mon": "%b",
    "Dy": "%a", "Y": "",
}  # fmt: skip
_PIECES = {
    "MONTH": "rpad(upper(strftime({0}, '%B')), 9, ' ')", "Month": "rpad(strftime({0}, '%B'), 9, ' ')",
    "month": "rpad(lower(strftime({0}, '%B')), 9, ' ')", "MON": "upper(strftime({0}, '%b'))",
    "mon": "lower(strftime({0}, '%b'))", "DAY": "rpad(upper(strftime({0}, '%A')), 9, ' ')",
    "Day": "rpad(strftime({0}, '%A'), 9, ' ')", "day": "rpad(lower(strftime({0}, '%A')), 9, ' ')",
    "DY": "upper(strftime({0}, '%a'))", "dy": "lower(strftime({0}, '%a'))",
    "ID": "CAST(isodow({0}) AS VARCHAR)", "D": "CAST(dayofweek({0}) + 1 AS VARCHAR)", "Q": "CAST(quarter({0}) AS VARCHAR)",
    "WW": "lpad(CAST((dayofyear({0}) - 1) // 7 + 1 AS VARCHAR), 2, '0')",
    "W": "CAST((day({0}) - 1) // 7 + 1 AS VARCHAR)", "CC": "lpad(CAST(century({0}) AS VARCHAR), 2, '0')",
    "YYY": "right(strftime({0}, '%Y'), 3)", "Y": "right(strftime({0}, '%Y'), 1)",
    "J": "CAST(CAST(julian({0}) AS BIGINT) AS VARCHAR)", "am": "lower(strftime({0}, '%p'))",
    "pm": "lower(strftime({0}, '%p'))", "SSSS": "CAST(hour({0}) * 3600 + minute({0}) * 60 + second({0}) AS VARCHAR)",
    "TZ": "'UTC'", "tz": "'utc'", "OF": "'+00'",
    "RM": "['I','II','III','IV','V','VI','VII','VIII','IX','X','XI','XII'][month({0})]",
}  # fmt: skip
_CASE_SENSITIVE = (
    "MONTH",
    "Month",
    "month",
    "MON",
    "Mon",
    "mon",
    "DAY",
    "Day",
    "day",
    "DY",
    "Dy",
    "dy",
    "am",
    "pm",
    "AM",
    "PM",
)
_UPPER = sorted(
    {each for each in [*_STRFTIME, *_PIECES] if each.isupper() or each.isdigit()} | {"HH24", "HH12"},
    key=len,
    reverse=True,
)


def _tokens(pattern: str) -> list[tuple[str, str]]:
    """(kind, text) pairs: "field" with its canonical name, "fm" or "text"."""
    found: list[tuple[str, str]] = []
    position = 0
    while position < len(pattern):
        rest = pattern[position:]
        if rest.startswith('"'):
            end = rest.find('"', 1)
            end = len(rest) if end < 0 else end
            found.append(("text", rest[1:end]))
            position += end + 1
            continue
        if rest[:2].upper() == "FM":
            found.append(("fm", ""))
            position += 2
            continue
        name = next((each for each in _CASE_SENSITIVE if rest.startswith(each) and len(each) > 2), None)
        if name is None:
            name = next((each for each in _UPPER if rest.upper().startswith(each)), None)
            if name in ("AM", "PM", "DY"):
                name = rest[: len(name)] if rest[: len(name)] in ("am", "pm", "dy", "Dy") else name
        if name is not None:
            found.append(("field", name))
            position += len(name)
            if pattern[position : position + 2] in ("TH", "th"):
                raise unsupported("ordinal suffix TH in a format pattern of the local Redshift")
            continue
        found.append(("text", rest[0]))
        position += 1
    return found


def moment_to_text(sql: str, pattern: str) -> str:
    """DuckDB SQL of TO_CHAR(timestamp, pattern)."""
    parts: list[str] = []
    directives = ""
    bare = False

    def flush() -> None:
        nonlocal directives
        if directives:
            parts.append(f"strftime({sql}, {quote_text(directives)})")
            directives = ""

    for kind, text in _tokens(pattern):
        if kind == "fm":
            bare = True
            continue
        if kind == "text":
            directives += text.replace("%", "%%")
            continue
        directive = _STRFTIME.get(text)
        if directive and not bare:
            directives += directive
            continue
        flush()
        piece = f"strftime({sql}, '{directive}')" if directive else _PIECES[text].format(sql)
        if bare:
            numeric = text not in ("AM", "PM") and bool(directive) and text not in ("Mon", "Dy")
            piece = f"coalesce(nullif(ltrim({piece}, '0'), ''), '0')" if numeric else f"rtrim({piece})"
        parts.append(piece)
        bare = False
    flush()
    return "(" + " || ".join(parts or ["''"]) + ")"


_PARSED = {
    "YYYY": "%Y", "YY": "%y", "MM": "%m", "DD": "%d", "DDD": "%j", "HH24": "%H", "HH12": "%I", "HH": "%I", "MI": "%M",
    "SS": "%S", "MS": "%g", "US": "%f", "AM": "%p", "PM": "%p", "am": "%p", "pm": "%p", "Mon": "%b", "MON": "%b",
    "mon": "%b", "Month": "%B", "MONTH": "%B", "month": "%B", "Day": "%A", "DAY": "%A", "day": "%A", "Dy": "%a",
    "DY": "%a", "dy": "%a",
}  # fmt: skip


def parsing(pattern: str) -> str:
    """The strptime format of a TO_DATE or TO_TIMESTAMP pattern.

    Raises:
        SqlError: 0A000 for a field that cannot be read back here.
    """
    result = ""
    for kind, text in _tokens(pattern):
        if kind == "text":
            result += text.replace("%", "%%")
        elif kind == "field":
            if text not in _PARSED:
                raise unsupported(f"format {text} in TO_DATE of the local Redshift")
            result += _PARSED[text]
    return result


@dataclass(frozen=True)
class DateFields:
    """A pattern of year, month and day in digits: an expression that reads text of it, and its groups' names in order."""

    expression: str
    names: tuple[str, ...]


def numeric_date_fields(pattern: str) -> DateFields | None:
    """The fields of a TO_DATE pattern that has only YYYY, MM and DD, each once; None for any other."""
    digits = {"YYYY": r"(\d{4})", "MM": r"(\d{1,2})", "DD": r"(\d{1,2})"}
    names: list[str] = []
    expression = ""
    for kind, text in _tokens(pattern):
        if kind == "text":
            expression += re.escape(text)
        elif kind == "field" and text in digits and text not in names:
            names.append(text)
            expression += digits[text]
        else:
            return None
    if set(names) != set(digits):
        return None
    return DateFields(rf"^\s*{expression}\s*$", tuple(names))


def number_shape(pattern: str) -> tuple[int, int, str]:
    """(precision, scale, group separators) of a numeric pattern.

    Raises:
        SqlError: 0A000 for fields other than 9 0 . , D G FM S MI L $.
    """
    cleaned = re.sub(r"FM|fm|MI|mi|PL|pl|SG|sg|[SsLl$ ]", "", pattern)
    cleaned = cleaned.replace("D", ".").replace("G", ",")
    if re.search(r"[^90.,]", cleaned) or cleaned.count(".") > 1:
        raise unsupported(f'numeric format "{pattern}" in the local Redshift')
    whole, _, fraction = cleaned.partition(".")
    return len(whole.replace(",", "")) + len(fraction), len(fraction), ","


def number_to_text(value: Typed, pattern: str) -> str:
    """DuckDB SQL of TO_CHAR(number, pattern): 9 blanks leading zeros, 0 keeps them, FM drops the padding.

    Raises:
        SqlError: 0A000 for patterns other than digits with separators, FM, S, MI and $.
    """
    if re.search(r"(?i)PR|RN|TH|EEEE|V|SG|PL", pattern):
        raise unsupported(f'numeric format "{pattern}" in the local Redshift')
    bare = "FM" in pattern.upper()
    core = re.sub(r"(?i)FM", "", pattern)
    leading_sign, trailing_sign = core[:1] in "Ss", core[-1:] in "Ss" and len(core) > 1
    trailing_minus = core.upper().endswith("MI")
    dollar = "$" in core or "L" in core.upper()
    core = re.sub(r"(?i)MI|S|\$|L", "", core).replace("D", ".").replace("G", ",")
    if not core or re.search(r"[^90.,]", core) or core.count(".") > 1:
        raise SqlError(INVALID_PARAMETER, f'"{pattern}" is not a number format')
    whole, _, fraction = core.partition(".")
    groups = whole.split(",")
    if len(groups) > 1 and any(len(each) != 3 for each in groups[1:]):
        raise unsupported(f'numeric format "{pattern}" in the local Redshift')
    digits = whole.replace(",", "")
    least = len(digits) - digits.index("0") if "0" in digits else 0
    places = len(fraction)
    number = f"abs(round(CAST({value.sql} AS DECIMAL(38,{min(max(places, value.type.scale or 0) if value.type.name == 'numeric' else max(places, 10), 18)})), {places}))"
    text = f"CAST(CAST({number} AS DECIMAL(38,{places})) AS VARCHAR)"
    integer = f"split_part({text}, '.', 1)"
    if least == 0 and places:
        integer = f"CASE WHEN {integer} = '0' THEN '' ELSE {integer} END" if "0" not in digits else integer
    padded = (
        f"lpad({integer}, CAST(greatest({least}, length({integer})) AS INTEGER), '0')" if least else integer
    )
    if len(groups) > 1:
        padded = f"ltrim(reverse(regexp_replace(reverse({padded}), '(\\d{{3}})', '\\1,', 'g')), ',')"
    body = padded + (f" || '.' || split_part({text}, '.', 2)" if places else "")
    if bare and places:
        least_places = fraction.rfind("0") + 1
        body = f"rs_trim_fraction({body}, {least_places})" if least_places < places else body
    body = f"('$' || {body})" if dollar else f"({body})"
    negative = f"CAST({value.sql} AS DOUBLE) < 0"
    if trailing_minus:
        signed = f"{body} || CASE WHEN {negative} THEN '-' ELSE ' ' END"
    elif trailing_sign:
        signed = f"{body} || CASE WHEN {negative} THEN '-' ELSE '+' END"
    elif leading_sign:
        signed = f"CASE WHEN {negative} THEN '-' ELSE '+' END || {body}"
    else:
        signed = f"CASE WHEN {negative} THEN '-' ELSE '{'' if bare else ' '}' END || {body}"
    width = len(core) + 1 + dollar
    overflow = "#" * len(digits) + ("." + "#" * places if places else "")
    full = signed if bare else f"lpad({signed}, {width}, ' ')"
    return f"(CASE WHEN {value.sql} IS NULL THEN NULL WHEN length({integer}) > {len(digits)} THEN '{' ' if not bare else ''}{overflow}' ELSE {full} END)"
