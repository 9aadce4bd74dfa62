"""Values that people write, as texts that Redshift is sure to read as a column's type."""

from __future__ import annotations

import re
from datetime import date, datetime

from interline.contracts.model.column_types import base_type
from interline.contracts.model.contract import Column

_WHOLE = re.compile(r"[+-]?[0-9]{1,38}")
_NUMBER = re.compile(r"[+-]?([0-9]{1,38}(\.[0-9]{0,38})?|\.[0-9]{1,38})")
_FLOAT = re.compile(r"[+-]?([0-9]{1,40}(\.[0-9]{0,40})?|\.[0-9]{1,40})([eE][+-]?[0-9]{1,3})?")
_BITS = {"integer": 31, "bigint": 63}
_LARGEST_REAL = 3.4e38
_TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?"
_ZONE = r"(Z|[+-][0-9]{2}:[0-9]{2})"


def value_problem(text: str, column: Column) -> str | None:
    """Return why a text is no value of a column, as the end of a sentence that begins with it, or None."""
    if "\0" in text:
        return "holds a NUL character"
    base = base_type(column.physical_type)
    if base == "varchar":
        bytes_of_text = len(text.encode("utf-8", "surrogatepass"))
        longest = int(column.physical_type[len("varchar(") : -1])
        if any("\ud800" <= character <= "\udfff" for character in text):
            return "is no valid Unicode"
        return f"has {bytes_of_text} bytes, more than {longest}" if bytes_of_text > longest else None
    expected = f"is no {column.physical_type}"
    if base in _BITS:
        whole = _WHOLE.fullmatch(text)
        fits = whole is not None and -(2 ** _BITS[base]) <= int(text) < 2 ** _BITS[base]
        return None if fits else f"{expected} (a whole number)"
    if base == "decimal":
        return None if _is_decimal(text, column.physical_type) else f"{expected} (a number such as 12.50)"
    if base in ("real", "double precision"):
        fits = _FLOAT.fullmatch(text) is not None
        fits = fits and abs(float(text)) <= (_LARGEST_REAL if base == "real" else 1.7e308)
        return None if fits else f"{expected} (a number)"
    if base == "boolean":
        return None if text in ("true", "false") else f"{expected} (true or false)"
    if base == "date":
        return None if _is_day(text) else f"{expected} (YYYY-MM-DD)"
    zone = _ZONE if base == "timestamptz" else ""
    if re.fullmatch(_TIME + zone, text) and _is_moment(text):
        return None
    return f"{expected} (YYYY-MM-DD hh:mm:ss{'+00:00' if zone else ''})"


def _is_decimal(text: str, physical_type: str) -> bool:
    if not _NUMBER.fullmatch(text):
        return False
    digits, scale = (int(number) for number in physical_type[len("decimal(") : -1].split(","))
    whole, _, decimals = text.lstrip("+-").partition(".")
    # rounding would change what was decided, so what has too many decimals is refused
    return len(whole.lstrip("0")) <= digits - scale and len(decimals.rstrip("0")) <= scale


def _is_day(text: str) -> bool:
    if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_moment(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
