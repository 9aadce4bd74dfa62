"""The values of a YAML text that has nothing doubtful in it, read fast.

Every DAG file reads its product's promises each time Airflow parses it, so files without problems are read without
noting lines; a text with anything doubtful in it is read again by ``yaml_reading``, which tells everything.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

DEEPEST_NESTING = 40
_LONGEST_REMEMBERED = 40
_MOST_REMEMBERED = 10_000

PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

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


_MISSING = object()
_remembered: dict[str, Any] = {}


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
            return int(text) if len(text) < _LONGEST_REMEMBERED else text
        if _DECIMAL.fullmatch(text):
            return float(text)
    elif len(text) > 5:
        return text
    for pattern, reading in _AMBIGUOUS:
        if pattern.fullmatch(text):
            raise Doubtful(reading)
    return text


def values_of(text: str) -> Any:
    """Return the one document of a text as dictionaries, lists, texts, numbers, truth values and None.

    Raises:
        Doubtful: there is something in it that the strict reader may refuse.
        yaml.YAMLError: it is no YAML.
    """
    next_event = PARSER(text).get_event
    documents = 0
    top: Any = None
    container: Any = None
    key: Any = _MISSING
    around: list[tuple[Any, Any]] = []
    while (event := next_event()) is not None:
        kind = type(event)
        if kind is yaml.ScalarEvent:
            if event.anchor is not None or event.tag is not None:
                raise Doubtful
            value: Any = event.value
            if not event.style:
                written = value
                value = _remembered.get(written, _MISSING)
                if value is _MISSING:
                    value = plain_value(written)
                    if len(written) < _LONGEST_REMEMBERED and len(_remembered) < _MOST_REMEMBERED:
                        _remembered[written] = value
            if key is _MISSING and type(container) is dict:
                if type(value) is not str or value in container or value == "<<":
                    raise Doubtful
                key = value
                continue
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            is_key = key is _MISSING and type(container) is dict
            if event.anchor is not None or event.tag is not None or len(around) >= DEEPEST_NESTING or is_key:
                raise Doubtful
            around.append((container, key))
            container = {} if kind is yaml.MappingStartEvent else []
            key = _MISSING
            continue
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            value = container
            container, key = around.pop()
        elif kind is yaml.DocumentStartEvent:
            documents += 1
            if documents > 1 or event.version or event.tags:
                raise Doubtful
            continue
        elif kind is yaml.AliasEvent:
            raise Doubtful
        else:
            continue
        if container is None:
            top = value
        elif type(container) is dict:
            container[key] = value
            key = _MISSING
        else:
            container.append(value)
    return top
