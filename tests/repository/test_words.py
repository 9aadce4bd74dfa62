"""Names are made of the field's words: what a private dialect called asked, told or wanted has a name that says what it is.

Read are the names that somebody chose: of modules, functions, classes, arguments, variables and attributes. `docs/glossary.md`
lists the words to use.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

TREES = ("plugins/interline", "cli", "local", "dags", "tests", "testkit", "benchmarks", "docs")
INSTEAD = {
    "asked": "request, query, argument",
    "told": "message, text, reported, expected",
    "wanted": "desired, expected, chosen",
    "kept": "cached, stored, retained, previous",
    "held": "permissions, current",
    "settle": "reconcile",
    "settled": "reconciled, result",
    "settling": "reconcile",
    "door": "gateway",
    "need": "required permission",
    "needs": "required permissions, dependencies",
    "stray": "orphan",
    "strays": "orphans",
    "spreading": "parallel",
    "judge": "check",
    "judged": "checked",
    "judging": "batch check",
    "judgement": "check plan",
    "ruling": "verdict",
    "rulings": "version policy",
    "endings": "end of life",
    "spot": "location",
    "spots": "locations",
}
"""Words of the dialect, and what to say instead."""
IN_A_SENTENCE = frozenset({"kept", "need", "needs", "held"})
"""Plain English in the name of a test, which is a sentence."""
LONGEST_TEST_NAME = 65
"""Characters, `test_` among them."""


def words(name: str) -> list[str]:
    """The words of a name, in small letters: `TookAway_it` is took, away, it."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]


def chosen_names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """The names that a file gives, with their lines; names that it only uses were given elsewhere."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.lineno, node.name
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.attr
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from ((node.lineno, alias.asname) for alias in node.names if alias.asname)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            yield node.lineno, node.name


def dialect_in(names: list[tuple[int, str]]) -> list[tuple[int, str, str]]:
    """Line, name and word for every name that holds a word of the dialect."""
    return [
        (line, name, word)
        for line, name in names
        for word in words(name)
        if word in INSTEAD and not (name.startswith("test_") and word in IN_A_SENTENCE)
    ]


def room_of(file: Path) -> str:
    """The folder that a file is counted for."""
    return "/".join(file.parts[: 3 if file.parts[0] == "plugins" else 2][: len(file.parts) - 1])


@pytest.fixture(scope="module")
def found(texts: dict[Path, str]) -> dict[str, list[str]]:
    """What is found, by room."""
    rooms: dict[str, list[str]] = {}
    seen = 0
    for file, text in texts.items():
        if file.suffix != ".py" or not file.as_posix().startswith(TREES):
            continue
        names = [(0, file.stem), *chosen_names(ast.parse(text))]
        seen += len(names)
        for line, name, word in dialect_in(names):
            problem = f"{file}:{line}: {name} says {word!r}: rather {INSTEAD[word]}"
            rooms.setdefault(room_of(file), []).append(problem)
    assert seen > 10_000, "hardly any name was read"
    return rooms


def test_no_name_is_of_the_dialect(found: dict[str, list[str]]) -> None:
    assert [problem for problems in found.values() for problem in problems] == []


def test_no_test_has_a_long_name(texts: dict[Path, str]) -> None:
    long_names = [
        f"{file}: {name}"
        for file, text in texts.items()
        if file.parts[0] == "tests" and file.suffix == ".py"
        for name in re.findall(r"^ *def (test_\w+)", text, re.MULTILINE)
        if len(name) > LONGEST_TEST_NAME
    ]
    assert long_names == []


@pytest.mark.parametrize(
    ("text", "words_found"),
    [
        ("def wanted_of_port(): ...", ["wanted"]),
        ("class NotSettled: ...", ["settled"]),
        ("_JUDGED = 1", ["judged"]),
        ("def f(asked): told = 1", ["asked", "told"]),
        ("import x as door", ["door"]),
        ("def test_a_day_is_kept(): ...", []),
        ("def test_it_is_told(): ...", ["told"]),
        ("taskeda = breathold = 1", []),
        ("wanted()", []),
    ],
)
def test_the_dialect_is_found_in_names_only(text: str, words_found: list[str]) -> None:
    assert sorted(word for _, _, word in dialect_in(list(chosen_names(ast.parse(text))))) == words_found
