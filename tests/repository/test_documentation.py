"""The documents speak of commands, options and files that exist, and the picture is of this repository."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

COMMAND = re.compile(r"(?<![\w/])\./interline((?:[ ]+(?:--?[a-z][\w-]*|[a-z][\w.-]*))*)")
LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#\s]+)")


@pytest.fixture(scope="module")
def commands() -> Any:
    """The command line as a tree: groups have `commands`, each command has `params`."""
    from cli.__main__ import app

    return typer.main.get_command(app)


def documents(texts: dict[Path, str]) -> dict[Path, str]:
    found = {file: text for file, text in texts.items() if file.suffix == ".md"}
    assert Path("README.md") in found
    return found


def problem_with(words: list[str], commands: Any) -> str:
    """What is wrong with the words after `./interline`, or nothing."""
    command = commands
    while words and hasattr(command, "commands") and not words[0].startswith("-"):
        if words[0] not in command.commands:
            return f"there is no command {words[0]!r}"
        command = command.commands[words.pop(0)]
    options = {"--help", "-h"} | {option for parameter in command.params for option in parameter.opts}
    unknown = [word for word in words if word.startswith("-") and word not in options]
    if command.context_settings.get("ignore_unknown_options"):
        return ""
    return f"{command.name} has no option {unknown[0]}" if unknown else ""


def test_a_wrong_command_is_noticed(commands: Any) -> None:
    assert problem_with(["rum"], commands) == "there is no command 'rum'"
    assert problem_with(["new", "prodcut"], commands) == "there is no command 'prodcut'"
    assert problem_with(["run", "--dayz"], commands) == "run has no option --dayz"
    assert problem_with(["run", "--days", "3"], commands) == ""


def test_every_command_in_the_documents_exists(texts: dict[Path, str], commands: Any) -> None:
    wrong = []
    commands_read = 0
    for file, text in documents(texts).items():
        for number, line in enumerate(text.splitlines(), 1):
            for match in COMMAND.finditer(line):
                # a sentence may go on after the command: what counts ends at the code's closing mark
                words = match.group(1).split()
                commands_read += 1
                problem = problem_with(words, commands) if words else ""
                if problem:
                    wrong.append(f"{file}:{number}: {match.group(0)}: {problem}")
    assert commands_read > 5
    assert wrong == []


def test_every_link_between_documents_leads_somewhere(root: Path, texts: dict[Path, str]) -> None:
    broken = [
        f"{file}: {target}"
        for file, text in documents(texts).items()
        for target in LINK.findall(text)
        if not (root / file.parent / target).exists()
    ]
    assert broken == []


def test_every_how_to_page_is_linked_and_followed_by_a_test(texts: dict[Path, str]) -> None:
    pages = {file.name for file in documents(texts) if file.name.startswith("adding-a")}
    assert len(pages) >= 5
    contributing = texts[Path("CONTRIBUTING.md")]
    assert {page for page in pages if f"(docs/{page})" not in contributing} == set()
    followed = "".join(
        text for file, text in texts.items() if file.parts[0] == "tests" and file.suffix == ".py"
    )
    assert {page for page in pages if f'"{page}"' not in followed} == set()


def test_the_house_in_the_readme_lists_every_room(texts: dict[Path, str]) -> None:
    drawn = texts[Path("README.md")].partition("## The house")[2].split("```")[1]
    listed: set[str] = set()
    folder = ""
    for line in drawn.strip().splitlines():
        names = re.findall(r"(\S+)/(?= |$)", line)
        folder = folder if line.startswith(" ") else names[0]
        listed |= {f"{folder}/{name}" for name in names} if line.startswith(" ") else {folder}
    rooms = {
        "/".join(file.parts[:2])
        for file in texts
        if len(file.parts) > 2 and file.parts[0] in ("dags", "local")
    }
    rooms |= {
        "/".join(file.parts[:3])
        for file in texts
        if file.parts[:2] == ("plugins", "interline") and len(file.parts) > 3
    }
    rooms |= {
        file.parts[0] for file in texts if len(file.parts) > 1 and not file.parts[0].startswith(".")
    } - {"plugins"}
    assert listed == rooms | {"plugins/interline"}


def test_the_picture_is_drawn_from_this_repository(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(root / "docs"))
    import draw_architecture

    try:
        drawn = draw_architecture.Drawing(draw_architecture.load_mesh(root)).svg()
    finally:
        del sys.modules["draw_architecture"]
    assert (root / "docs" / "architecture.svg").read_text(encoding="utf-8") == drawn
