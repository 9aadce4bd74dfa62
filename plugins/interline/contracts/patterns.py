"""Regular expressions that Redshift's POSIX operators, the local Redshift and ECMA-262 read alike.

Sources: Amazon Redshift Database Developer Guide, "POSIX operators"; POSIX.1-2017, 9.3.6 and <limits.h>: RE_DUP_MAX, how
often an interval may repeat, is 255; ECMA-262, "Patterns", by which the Open Data Contract Standard means ``pattern``.
"""

from __future__ import annotations

import re
import warnings

MOST_REPEATED = 255
"""How often one interval may repeat: POSIX's RE_DUP_MAX."""
MOST_REPEATED_IN_ALL = 1_000
"""The same for intervals in each other, all told: what they unfold into has to be compiled."""
LONGEST = 2_000
_INTERVAL = re.compile(r"\{([0-9]*)(,?)([0-9]*)\}")
_LACKING = re.compile(r"\(\?|[*+?}][?+]|[(|^][*+?{]")
_ESCAPED = frozenset("dDsSwWtnrfv")


def pattern_mistake(pattern: str) -> tuple[str, str] | None:
    """Return what is wrong with a regular expression, as the end of a sentence that begins with it, and what to do; or None."""
    if len(pattern) > LONGEST:
        return f"has {len(pattern):,} characters", f"at most {LONGEST:,} are read"
    if "\0" in pattern:
        return "holds a NUL character", "a text has none"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(pattern)
    except (re.error, OverflowError) as error:
        return f"is no regular expression: {error}", ""
    except RecursionError:
        return "is nested too deeply", "write it in several rules"
    plain, escapes, classes = _parts(pattern)
    if _LACKING.search(plain) or any(mark.isalnum() and mark not in _ESCAPED for mark in escapes):
        return (
            "uses what POSIX regular expressions lack",
            "no groups with (?…), back references, \\b or lazy quantifiers",
        )
    if any(mark in inner for inner in classes for mark in ("[:", "[=", "[.")):
        return "has a named class such as [:alpha:]", "write its characters out: [A-Za-z]"
    return _repetition_mistake(plain)


def _parts(pattern: str) -> tuple[str, list[str], list[str]]:
    """Return a pattern without its escapes and classes (an ``x`` for each), what was escaped, and what the classes hold."""
    plain, escapes, classes = "", [], []
    place = 0
    while place < len(pattern):
        mark = pattern[place]
        if mark == "\\":
            escapes.append(pattern[place + 1])
            plain += "x"
            place += 2
        elif mark == "[":
            start = end = place + (2 if pattern[place + 1 : place + 2] == "^" else 1)
            while pattern[end] != "]" or end == start:
                if pattern[end] == "\\":
                    escapes.append(pattern[end + 1])
                    end += 1
                end += 1
            classes.append(pattern[place + 1 : end])
            plain += "x"
            place = end + 1
        else:
            plain += mark
            place += 1
    return plain, escapes, classes


def _repetition_mistake(plain: str) -> tuple[str, str] | None:
    """Return what is wrong with the intervals of a pattern: each by itself, and those in each other multiplied."""
    inner = [1]
    last = 1
    place = 0
    while place < len(plain):
        mark = plain[place]
        found = _INTERVAL.match(plain, place)
        if mark == "(":
            inner.append(1)
        elif mark == ")" and len(inner) > 1:
            last = inner.pop()
            inner[-1] = max(inner[-1], last)
        elif found is not None:
            if not found[1]:
                return f"has {found[0]}, which POSIX does not know", f"write {{0{found[0][1:]}"
            most = max(int(found[1]), int(found[3] or 0))
            if most > MOST_REPEATED:
                return (
                    f"repeats something {most:,} times",
                    f"POSIX goes to {MOST_REPEATED}; use maxLength for lengths",
                )
            if most * last > MOST_REPEATED_IN_ALL:
                return (
                    f"repeats within a repetition {most * last:,} times",
                    f"at most {MOST_REPEATED_IN_ALL:,} in all",
                )
            inner[-1] = max(inner[-1], most * last)
            last = 1
        else:
            last = 1
        place = found.end() if found is not None and mark == "{" else place + 1
    return None
