"""YAML that people wrote, edited: the edit is there, and every other character is as it was."""

from __future__ import annotations

import pytest

from interline.contracts.yaml.editor import CannotEdit, DoubleQuoted, YamlText

FILE = """\
# a contract
version: 1.0.0   # raised by hand
description: >-
  Two
  lines.
levels:
- property: latency
  value: 8
# when it ends
- {property: endOfLife,  value: "2027-03-31"}
- property: retention
  value: 2


roles: []
"""


def test_a_value_is_set_and_nothing_else_changes() -> None:
    edited = YamlText(FILE)
    edited.set(("version",), "2.0.0")
    edited.set(("levels", 0, "value"), "9 h")
    assert edited.text == FILE.replace("1.0.0", "2.0.0").replace("value: 8", "value: 9 h")


def test_a_key_that_is_missing_is_added_to_its_mapping() -> None:
    edited = YamlText(FILE)
    edited.set(("levels", 2, "unit"), "y")
    assert edited.text == FILE.replace("  value: 2\n", "  value: 2\n  unit: y\n")


def test_an_item_goes_with_the_comment_right_above_it() -> None:
    edited = YamlText(FILE)
    edited.remove(("levels", 1))
    gone = '# when it ends\n- {property: endOfLife,  value: "2027-03-31"}\n'
    assert edited.text == FILE.replace(gone, "")


def test_a_list_that_loses_its_last_item_is_empty() -> None:
    edited = YamlText("a:  # so\n  - x: >-\n      one\n\n      two\n\nb: 2\n")
    edited.remove(("a", 0))
    assert edited.text == "a: []  # so\n\nb: 2\n"


def test_a_list_in_brackets_is_not_taken_apart() -> None:
    with pytest.raises(CannotEdit, match="line 2: the list is written in brackets"):
        YamlText("a: 1\nb: [1, 2]\n").remove(("b", 0))


def test_what_is_not_there_is_not_taken_out() -> None:
    with pytest.raises(CannotEdit, match=r"there is nothing at levels\.7"):
        YamlText(FILE).remove(("levels", 7))


def test_a_text_between_double_quotes() -> None:
    edited = YamlText(FILE)
    edited.append(("levels",), {"property": "endOfSupport", "value": DoubleQuoted("2028-01-01")})
    added = '- property: endOfSupport\n  value: "2028-01-01"\n'
    assert edited.text == FILE.replace("  value: 2\n", "  value: 2\n" + added)
