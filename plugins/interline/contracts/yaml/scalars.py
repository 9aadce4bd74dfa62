"""What a YAML scalar without quotes means, as far as YAML 1.1 and YAML 1.2 agree about it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

_LONGEST_INTEGER = 40
"""Characters; what is longer is a text to whoever reads it."""

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_NUMBERLIKE = re.compile(r"[-+.0-9]")
_AMBIGUOUS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(r"(?:yes|no|on|off)", re.IGNORECASE),
        "is a truth value to YAML 1.1 and text to YAML 1.2",
    ),
    (re.compile(r"TRUE|True|FALSE|False"), "is a truth value spelt unusually"),
    (re.compile(r"NULL|Null|~"), "is nothing (null) spelt unusually"),
    (
        re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?"),
        "is a number to base 60 to YAML 1.1 and text to YAML 1.2",
    ),
    (re.compile(r"[-+]?0[0-9_]+"), "is an octal number to YAML 1.1 and a decimal one to YAML 1.2"),
    (re.compile(r"[-+]?0(?:x[0-9a-fA-F_]+|o[0-7]+|b[01_]+)"), "is a number that not every reader knows"),
    (re.compile(r"[-+]?[0-9][0-9]*_[0-9_]*(?:\.[0-9_]*)?"), "is a number to YAML 1.1 and text to YAML 1.2"),
    (re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"), "is no number that can be compared"),
    (
        re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt ].*)?"),
        "is a date to YAML 1.1 and text to YAML 1.2",
    ),
    (
        re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+\.)(?:[eE][-+]?[0-9]+)?|\+[0-9.]+(?:[eE][-+]?[0-9]+)?"),
        "is a number spelt unusually",
    ),
)


class Doubtful(ValueError):
    """A text that readers could read differently; the message says how."""


@lru_cache(maxsize=10_000)
def plain_value(text: str) -> Any:
    """Return the value of a scalar that is written without quotes.

    Raises:
        Doubtful: YAML 1.1 and YAML 1.2 disagree about it, or it is spelt unusually.
    """
    if text == "true":
        return True
    if text == "false":
        return False
    if text in ("", "null"):
        return None
    if _NUMBERLIKE.match(text):
        if _INTEGER.fullmatch(text):
            return int(text) if len(text) < _LONGEST_INTEGER else text
        if _DECIMAL.fullmatch(text):
            return float(text)
    elif len(text) > 5:
        return text
    for pattern, reading in _AMBIGUOUS:
        if pattern.fullmatch(text):
            raise Doubtful(reading)
    return text
