"""Texts that a regular expression matches, made from the expression itself."""

from __future__ import annotations

import re
from random import Random
from re import _constants as codes
from re import _parser as parser
from typing import Any

PRINTABLE = [chr(code) for code in range(33, 127)]
MOST_REPEATS = 4


def sample(pattern: str, random: Random) -> str:
    """Return a text that matches, a different one with every call."""
    text = "".join(_part(node, random) for node in parser.parse(pattern))
    assert re.search(pattern, text), (pattern, text)
    return text


def _part(node: Any, random: Random) -> str:
    kind, value = node
    if kind is codes.LITERAL:
        return chr(value)
    if kind is codes.NOT_LITERAL:
        return random.choice([c for c in PRINTABLE if c != chr(value)])
    if kind is codes.ANY:
        return random.choice(PRINTABLE)
    if kind is codes.IN:
        return random.choice(_members(value))
    if kind in (codes.MAX_REPEAT, codes.MIN_REPEAT):
        least, most, inner = value
        times = random.randint(least, max(least, min(int(most), least + MOST_REPEATS)))
        return "".join(_part(each, random) for _ in range(times) for each in inner)
    if kind is codes.SUBPATTERN:
        return "".join(_part(each, random) for each in value[3])
    if kind is codes.BRANCH:
        return "".join(_part(each, random) for each in random.choice(value[1]))
    if kind is codes.AT:
        return ""
    raise NotImplementedError(f"{kind} in a pattern")


def _members(nodes: Any) -> list[str]:
    negated = nodes[0][0] is codes.NEGATE
    found: set[str] = set()
    for kind, value in nodes[1:] if negated else nodes:
        if kind is codes.LITERAL:
            found.add(chr(value))
        elif kind is codes.RANGE:
            found |= {chr(code) for code in range(value[0], value[1] + 1)}
        elif kind is codes.CATEGORY:
            classes = {
                codes.CATEGORY_DIGIT: r"\d", codes.CATEGORY_NOT_DIGIT: r"\D", codes.CATEGORY_WORD: r"\w",
                codes.CATEGORY_NOT_WORD: r"\W", codes.CATEGORY_SPACE: r"\s", codes.CATEGORY_NOT_SPACE: r"\S",
            }  # fmt: skip
            found |= {character for character in PRINTABLE if re.match(classes[value], character)}
        else:
            raise NotImplementedError(f"{kind} in a set")
    return sorted(set(PRINTABLE) - found) if negated else sorted(found)
