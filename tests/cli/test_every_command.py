"""What holds for every command there is, and every one that is added."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from typer.core import TyperGroup
from typer.main import get_command
from typer.testing import CliRunner

from cli import exits
from cli.__main__ import app


def commands(group: TyperGroup, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command and group below a group, with the words that lead there."""
    for name, command in group.commands.items():
        yield (*path, name), command
        if isinstance(command, TyperGroup):
            yield from commands(command, (*path, name))


ROOT = get_command(app)
assert isinstance(ROOT, TyperGroup)
EVERY = dict(commands(ROOT))
NAMES = [" ".join(path) for path in EVERY]
AT_LEAST = {
    "run", "up", "down", "status", "check", "test", "new", "new product", "new domain", "new account", "versions",
    "rollback", "replay", "quarantine",
}  # fmt: skip


@cache
def helped(*words: str) -> str:
    """A command's help, on a screen of 80 columns that is no terminal."""
    with CliRunner().isolation(env={"COLUMNS": "80"}) as (output, *_):
        with pytest.raises(SystemExit) as ended:
            ROOT.main([*words, "--help"], prog_name="./interline")
        assert ended.value.code == 0
        return output.getvalue().decode()


def examples(command: Any) -> list[str]:
    """The command lines in a command's examples, continued lines joined, without what is said beside them."""
    text = (command.epilog or "").partition("Examples:")[2].replace("\\\n", " ")
    return [
        re.split(r"\s{2,}(?=[^-\s])", line.strip())[0]
        for line in text.splitlines()
        if line.strip().startswith("./interline")
    ]


def test_all_of_them_are_looked_at() -> None:
    assert set(NAMES) >= AT_LEAST


@pytest.mark.parametrize("name", NAMES)
def test_its_plain_help_fits_80_columns_and_says_what_it_does(name: str) -> None:
    output = helped(*name.split())
    assert [line for line in output.splitlines() if len(line) > 80] == []
    assert "\x1b" not in output
    command = EVERY[tuple(name.split())]
    assert (command.help or "").strip().splitlines()[0].rstrip().endswith(".")
    for parameter in command.params:
        if parameter.param_type_name == "option" and parameter.name != "help":
            assert parameter.help, f"{name} {parameter.opts[0]} says nothing of itself"


@pytest.mark.parametrize("name", NAMES)
def test_its_examples_are_shown_unbroken_and_are_right(name: str) -> None:
    output = " ".join(helped(*name.split()).replace("│", " ").split())
    shown = examples(EVERY[tuple(name.split())])
    assert shown, f"./interline {name} --help has no example"
    for line in shown:
        words = shlex.split(line.partition(" > ")[0].partition(" | ")[0])
        assert " ".join(line.split()) in output.replace("\\ ", ""), f"{line!r} is broken up"
        assert words[0] == "./interline"
        understood(words[1:])


def understood(words: list[str]) -> None:
    """See that the command line parses: the command is there, and so are its options and arguments."""
    group: Any = ROOT
    context = ROOT.context_class(ROOT, info_name="./interline")
    while isinstance(group, TyperGroup) and words and not words[0].startswith("-"):
        found = group.get_command(context, words[0])
        assert found is not None, f"no command {words[0]!r}"
        group, words = found, words[1:]
    if not isinstance(group, TyperGroup):
        group.make_context("./interline", list(words), parent=context)


def test_every_exit_code_is_documented() -> None:
    codes = {value for name, value in vars(exits).items() if name.isupper()}
    output = " ".join(helped().split())
    documented = {int(code) for code in re.findall(r"(?:^|·|codes:) ?(\d+) \w", output)}
    assert documented == codes


def test_no_command_is_a_usage_error_and_not_a_traceback() -> None:
    output = CliRunner().invoke(app, ["flie"], prog_name="./interline", env={"COLUMNS": "80"})
    assert output.exit_code == exits.USAGE
    assert "Traceback" not in output.stderr
