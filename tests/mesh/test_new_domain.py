"""A fifth domain with one product and a source of input, by following two pages word by word, while the local AWS runs."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from interline.contracts import load_domain
from local.mesh import aws
from local.mesh.home import Home
from tests.mesh.conftest import REPOSITORY, Ended, Mesh
from tests.mesh.copies import copy_repository, files_of, interline

PAGE = (REPOSITORY / "docs" / "adding-a-domain.md").read_text(encoding="utf-8")
SOURCE_PAGE = (REPOSITORY / "docs" / "adding-a-source.md").read_text(encoding="utf-8")
MADE = {
    "domains/stays/domain.yaml", "domains/stays/rooms/product.yaml", "domains/stays/rooms/contract.yaml",
    "dags/stays/rooms.py", "dbt/models/stays/rooms.sql",
}  # fmt: skip


def blocks(page: str) -> Iterator[tuple[str, str, str]]:
    """Every code block of a page: the file it is of (from the line before it), its language, its text."""
    for found in re.finditer(r"(?:^`([^`\n]+)`\n\n)?^```(\w+)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL):
        yield found[1] or "", found[2], found[3]


@pytest.fixture
def copied(tmp_path: Path, own_home: Home) -> Iterator[Mesh]:
    root = tmp_path / "repository"
    copy_repository(root)
    mesh = Mesh(own_home, root)
    try:
        # the mesh that the domain is added to is up: its AWS is, which is all of it that this needs
        aws.wait(mesh.home, aws.launch(root, mesh.home))
        yield mesh
    finally:
        mesh.end()


def follow(page: str, mesh: Mesh) -> tuple[list[str], Ended]:
    """Do what a page says; returns the commands it has one run, and the outcome of its run of the mesh."""
    commands = []
    for file, language, text in blocks(page):
        if language == "sh":
            for line in text.splitlines():
                launcher, *words = shlex.split(line)
                assert launcher == "./interline"
                commands.append(words[0])
                if words[0] == "run":
                    run = mesh.interline(*words)
                    assert run.code == 0, run.output
                else:
                    ended = interline(mesh.root, *words)
                    assert ended.returncode == 0, ended.stdout + ended.stderr
        elif file:
            (mesh.root / file).parent.mkdir(parents=True, exist_ok=True)
            (mesh.root / file).write_text(text, encoding="utf-8")
    return commands, run


def test_the_pages_word_by_word(copied: Mesh, monkeypatch: pytest.MonkeyPatch) -> None:
    root = copied.root
    monkeypatch.chdir(root)
    before = files_of(root)
    commands, run = follow(PAGE, copied)
    assert commands == ["new", "new", "check", "run"]

    assert "platform.onboard: prepared stays" in run.output
    row = run.table["stays.rooms"]
    assert (row.domain, row.rows, row.quarantined) == ("stays", "2", "1")
    assert [(sale, nights) for _day, sale, _hotel, nights in copied.content("stays.rooms")] == [
        ("S-1", "2"), ("S-2", "1"),
    ]  # fmt: skip
    after = files_of(root)
    assert set(after) - set(before) == MADE
    assert [name for name in before if after[name] != before[name]] == ["CODEOWNERS"]
    assert after["CODEOWNERS"].startswith(before["CODEOWNERS"])
    assert load_domain(root, "stays").account == "555555555555"

    commands, run = follow(SOURCE_PAGE, copied)
    assert commands == ["run"]
    row = run.table["stays.rooms"]
    assert int(row.rows) + int(row.quarantined) == 500
    assert int(row.quarantined) > 0


def test_the_page_shows_every_file_and_no_more() -> None:
    shown = {file for file, _language, _text in blocks(PAGE) if file}
    assert shown == (MADE - {"domains/stays/domain.yaml"}) | {
        "mine/stays/room_sales/dt=2013-01-01/sales.jsonl"
    }
