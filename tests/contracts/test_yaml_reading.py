"""Strict YAML: every way in which a file can mean two things is refused, with its line and what to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from interline.contracts.problems import MeshError, Problem
from interline.contracts.yaml.reader import DEEPEST_NESTING, parse, read
from interline.contracts.yaml.text import LARGEST_FILE

HERE = Path("contract.yaml")


def refusals(text: str) -> list[Problem]:
    with pytest.raises(MeshError) as caught:
        parse(text, HERE)
    return caught.value.problems


def test_plain_values_keep_their_types_and_lines() -> None:
    document = parse('a: text\nb: 1\nc: 1.5\nd: true\ne: "NO"\nf:\ng: [1, x]\nh:\n  - i: -3\n', HERE)
    assert document.value == {
        "a": "text",
        "b": 1,
        "c": 1.5,
        "d": True,
        "e": "NO",
        "f": None,
        "g": [1, "x"],
        "h": [{"i": -3}],
    }
    assert document.line(("h", 0, "i")) == 9
    assert document.line(("g", 1)) == 7
    assert document.line(("h", 0, "missing")) == 9


def test_block_text_and_quoted_numbers_are_text() -> None:
    document = parse("a: >-\n  two\n  lines\nb: '010'\nc: 1.0.0\nd: 12 apples\ne: no smoking\n", HERE)
    assert document.value == {"a": "two lines", "b": "010", "c": "1.0.0", "d": "12 apples", "e": "no smoking"}


@pytest.mark.parametrize(
    "value",
    [
        "NO",
        "no",
        "Yes",
        "on",
        "OFF",
        "True",
        "FALSE",
        "~",
        "Null",
        "12:30:00",
        "1:30",
        "010",
        "-007",
        "0x1F",
        "0o17",
        "0b11",
        "1_000",
        ".inf",
        "-.INF",
        ".nan",
        "2013-01-01",
        "2013-1-1",
        "2013-01-01 12:00:00",
        ".5",
        "1.",
        "+1",
        "0_1",
        "190:20:30",
    ],
)
def test_values_that_readers_read_differently_are_refused(value: str) -> None:
    [problem] = refusals(f"fine: text\nkey: {value}\n")
    assert problem.line == 2
    assert value in problem.message
    assert f'"{value}"' in problem.hint


@pytest.mark.parametrize("value", ["NO", "12:30:00", "010", "2013-01-01", "~", "true", "1"])
def test_the_same_values_in_quotes_are_text(value: str) -> None:
    assert parse(f'key: "{value}"\n', HERE).value == {"key": value}


def test_a_key_twice_names_both_lines() -> None:
    [problem] = refusals("a: 1\nb: 2\na: 3\n")
    assert problem.line == 3
    assert "first on line 1" in problem.message


def test_a_key_twice_deep_inside() -> None:
    [problem] = refusals("a:\n  - b: 1\n    b: 2\n  - b: 3\n")
    assert (problem.line, "'b' is there twice" in problem.message) == (3, True)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: &x 1\nb: *x\n", 1, "anchor"),
        ("a: 1\nb: *x\n", 2, "alias"),
        ("a:\n  <<: {b: 1}\n", 2, "merges"),
        ("a: !!python/object:os.system x\n", 1, "tag"),
        ("a: !secret x\n", 1, "tag"),
        ("a: 1\n---\nb: 2\n", 2, "second document"),
        ("%YAML 1.1\n---\na: 1\n", 1, "directive"),
        ("? [a, b]\n: 1\n", 1, "as a key"),
        ("1: a\n", 1, "not text"),
        ("yes: a\n", 1, "truth value"),
        ("true: a\n", 1, "not text"),
        ("a: b: c\n", 1, "no YAML"),
        ("a: [1, 2\n", 2, "no YAML"),
        ("a:\n\tb: 1\n", 2, "tab"),
        ("- a\n- b\n", 1, "key: value"),
        ("just text\n", 1, "key: value"),
        ("a: 'unclosed\n", 2, "no YAML"),
    ],
)
def test_what_is_refused_is_reported_with_its_line(text: str, line: int, words: str) -> None:
    problems = refusals(text)
    assert any(problem.line == line and words in problem.message for problem in problems), problems


def test_an_alias_bomb_is_refused_without_being_unfolded() -> None:
    levels = "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 20))
    problems = refusals(f"a0: &a0 [x]\n{levels}\n")
    assert "anchor &a0" in problems[0].message


@pytest.mark.parametrize(
    "nested", ["a: " + "[" * 100_000, "a: " + "{b: " * 60 + "1" + "}" * 60, "a:\n" + "- " * 5_000]
)
def test_deep_nesting_is_refused_at_a_limit(nested: str) -> None:
    [problem] = refusals(nested)
    assert str(DEEPEST_NESTING) in problem.message


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    path.write_text("a: " + "x" * LARGEST_FILE)
    with pytest.raises(MeshError, match="bytes; at most"):
        read(path)


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b"\xef\xbb\xbfa: 1\n", 1, "byte order mark"),
        (b"\xff\xfea\x00", 1, "byte order mark"),
        (b"a: 1\nb: \xe9t\xe9\n", 2, "UTF-8"),
        (b"a: 1\nb: x\x00y\n", 2, "NUL"),
        (b"", 0, "empty"),
        (b"# only a comment\n", 0, "empty"),
    ],
)
def test_bytes_that_are_no_text(tmp_path: Path, content: bytes, line: int, words: str) -> None:
    path = tmp_path / "file.yaml"
    path.write_bytes(content)
    with pytest.raises(MeshError) as caught:
        read(path)
    [problem] = caught.value.problems
    assert problem.line == line
    assert words in problem.message


def test_a_missing_file_suggests_its_neighbour(tmp_path: Path) -> None:
    (tmp_path / "contracts.yaml").write_text("a: 1\n")
    with pytest.raises(MeshError, match=r"is missing .did you mean 'contracts.yaml'"):
        read(tmp_path / "contract.yaml")


def test_a_folder_in_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "contract.yaml").mkdir()
    with pytest.raises(MeshError, match="cannot be read"):
        read(tmp_path / "contract.yaml")


def test_all_problems_are_reported_at_once_and_in_order() -> None:
    problems = refusals("b: NO\na: 010\nb: 1\n")
    assert [problem.line for problem in problems] == [1, 2, 3]
