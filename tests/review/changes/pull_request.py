"""A git checkout of this repository's own mesh, to be changed by tests as a pull request would."""

from __future__ import annotations

import os
import subprocess
from datetime import date
from pathlib import Path

from interline.contracts import read_mesh
from interline.review.changes.base import base_of
from interline.review.changes.checked import check
from interline.review.changes.comparison import Comparison, compare
from interline.review.changes.report import Report

REPOSITORY = Path(__file__).resolve().parents[3]
TODAY = date(2026, 11, 21)


class Checkout:
    """A checkout on the branch ``change``, made from ``main``."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def git(self, *arguments: str, at: Path | None = None) -> str:
        """Run git in it."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        identity = ("-c", "user.name=Ann", "-c", "user.email=ann@example.com", "-c", "commit.gpgsign=false")
        answer = subprocess.run(
            ["git", *identity, "-C", str(at or self.root), *arguments],  # noqa: S607
            check=True,
            capture_output=True,
            text=True,
            env={**environment, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull},
        )
        return answer.stdout.strip()

    def commit(self) -> None:
        """Commit everything."""
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "change")

    def path(self, name: str) -> Path:
        """A file of the mesh."""
        return self.root / name

    def change(self, name: str, *edits: tuple[str, str]) -> None:
        """Replace texts of a file, each of which occurs exactly once."""
        text = self.path(name).read_text(encoding="utf-8")
        for old, new in edits:
            assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in {name}"
            text = text.replace(old, new)
        self.path(name).write_text(text, encoding="utf-8")

    def remove_column(self, address: str, column: str) -> None:
        """Take a column out of a contract, and out of its roles."""
        path = self.path(f"domains/{address.replace('.', '/')}/contract.yaml")
        text = path.read_text(encoding="utf-8")
        start = text.index(f"      - name: {column}\n")
        following = [
            text.find(mark, start + 1) for mark in ("\n      - name: ", "\n    quality:", "\nroles:")
        ]
        end = min(place for place in following if place > 0) + 1
        text = (text[:start] + text[end:]).replace(f"          - {column}\n", "")
        path.write_text(text, encoding="utf-8")

    def check(self, today: date = TODAY, base: str | None = "main") -> Report:
        """The whole check."""
        return check(self.root, today, base)

    def compare(self, today: date = TODAY, base: str = "main") -> Comparison:
        """What changed, without looking for mistakes."""
        mesh, _ = read_mesh(self.root)
        with base_of(self.root, base) as files:
            return compare(files, mesh, today)
