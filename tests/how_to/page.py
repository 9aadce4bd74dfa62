"""A how-to page of docs/, followed word by word on a copy of the repository.

A page is followed from its first line to its last: a code block below a line with nothing but a file's name is that file,
a `diff` block below one is an edit of it, and an `sh` block is run. Anything else is for reading.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PYTHON = ".interline/environments/airflow/bin/python"
"""How a page names the Python that `./interline` sets up; here the one that runs the tests."""
_BLOCK = re.compile(r"(?:^`([^`\n]+)`\n\n)?^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """One code block of a page."""

    file: str
    """The file that it is or edits; empty for commands and what is only to be read."""
    language: str
    text: str


class Copy:
    """The repository's files, tracked or new, in a folder and git repository of their own, on a branch beside `main`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        listed = _run(REPOSITORY, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
        for name in filter(None, listed.split("\0")):
            if (REPOSITORY / name).is_file():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(REPOSITORY / name, root / name)
        self.git("init", "-q", "-b", "main", "--template=")
        self.commit()
        self.git("checkout", "-q", "-b", "change")

    def git(self, *arguments: str) -> str:
        """Run git in the copy, with nobody's configuration."""
        names = ("-c", "user.name=somebody", "-c", "user.email=somebody@interline.example")
        return _run(self.root, "git", *names, *arguments)

    def commit(self) -> None:
        """Commit everything."""
        self.git("add", "--all")
        self.git("commit", "-q", "-m", "everything")

    def changed(self) -> dict[str, str]:
        """Return git's letter (`M`, `A` …) for every file that is not as on `main`, by its path."""
        self.git("add", "--all")
        lines = self.git("diff", "--cached", "--name-status", "main").splitlines()
        return {path: letter for letter, path in (line.split("\t") for line in lines)}

    def run(self, line: str) -> str:
        """Run one command of a page to its end and return what it printed.

        Raises:
            AssertionError: it is neither the launcher nor the repository's Python, or it failed.
        """
        program, *arguments = shlex.split(line)
        assert program in ("./interline", PYTHON), f"what is {program}?"
        words = [sys.executable, *(["-P", "-m", "cli"] if program == "./interline" else []), *arguments]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        paths = os.pathsep.join((str(self.root), str(self.root / "plugins")))
        environment |= {"PYTHONPATH": paths, "COLUMNS": "200", "PYTHONDONTWRITEBYTECODE": "1"}
        ended = subprocess.run(
            words, cwd=self.root, env=environment, capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, f"{line}\n{ended.stdout}{ended.stderr}"
        return ended.stdout


def blocks(page: str) -> Iterator[Block]:
    """Yield the code blocks of a page of docs/, by its name."""
    text = (REPOSITORY / "docs" / page).read_text(encoding="utf-8")
    for found in _BLOCK.finditer(text):
        yield Block(found[1] or "", found[2], found[3])


def follow(page: str, copy: Copy) -> dict[str, str]:
    """Do what a page says, in its order; return what each command printed."""
    printed: dict[str, str] = {}
    for block in blocks(page):
        path = copy.root / block.file
        if block.language == "sh":
            printed |= {line: copy.run(line) for line in block.text.splitlines()}
        elif block.file and block.language == "diff":
            path.write_text(edited(path.read_text(encoding="utf-8"), block.text), encoding="utf-8")
        elif block.file:
            assert not path.exists(), f"{block.file} is there already, and the page writes it anew"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
    return printed


def edited(text: str, diff: str) -> str:
    """Return a text after an edit that shows lines as they were (` `, `-`) and as they are to be (` `, `+`).

    Raises:
        AssertionError: the lines as they were are not in the text, or not once.
    """
    lines = diff.splitlines(keepends=True)
    before = "".join(line.removeprefix(line[0].strip("\n")) for line in lines if line[0] != "+")
    after = "".join(line.removeprefix(line[0].strip("\n")) for line in lines if line[0] != "-")
    assert text.count(before) == 1, f"these lines are {text.count(before)} times in the file:\n{before}"
    return text.replace(before, after)


def _run(folder: Path, *words: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return subprocess.run(
        words, cwd=folder, env=environment, capture_output=True, text=True, check=True
    ).stdout
