"""`./interline check`: contracts, products, DAG files, and what they change against a base; in seconds and without AWS."""

from __future__ import annotations

import json
import os
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from cli import exits
from cli.console import console
from cli.options import day
from cli.repository import ROOT
from interline.review.changes.base import BaseError

EXAMPLES = """Examples:\n
\b
  ./interline check
  ./interline check --base main
  ./interline check --base origin/main --format json
  ./interline check --base main --today 2027-01-31
\n
Exit codes: 0 all is well · 1 problems, or changes that may not be merged ·
2 wrong usage, or no such base.
"""


class Format(StrEnum):
    """Whom the result is for."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"


def check(
    base: Annotated[
        str | None,
        typer.Option(
            "--base",
            metavar="REVISION",
            help="Also say what changed since this branch, tag or commit, and for whom.",
            show_default=False,
        ),
    ] = None,
    form: Annotated[
        Format,
        typer.Option("--format", help="For people, for machines, or for a GitHub Actions step."),
    ] = Format.TEXT,
    today: Annotated[
        date | None,
        typer.Option(
            "--today",
            parser=day,
            metavar="YYYY-MM-DD",
            help="Judge what ends on a day as of this one; the UTC date if left out.",
            show_default=False,
        ),
    ] = None,
    root: Annotated[
        Path,
        typer.Option(
            "--root",
            file_okay=False,
            help="Check the mesh in this folder instead of the one this command is in.",
            show_default=False,
        ),
    ] = ROOT,
) -> None:
    """Check contracts, products and DAG files, and what a pull request changes, for whom."""
    from interline.review.changes.checked import check as checked

    root = root.resolve()
    if not (root / "domains").is_dir():
        _refuse(f"{root} holds no mesh: expected domains/, dags/ and dbt/ in it")
    try:
        report = checked(root, today or datetime.now(UTC).date(), base)
    except BaseError as error:
        _refuse(str(error))
    except KeyboardInterrupt:
        raise typer.Exit(exits.INTERRUPTED) from None
    except OSError as error:
        if error.filename is None:
            raise
        _refuse(f"{error.filename}: {error.strerror}", exits.SETUP)
    if form is Format.JSON:
        from interline.review.changes.render_json import json_of

        typer.echo(json.dumps(json_of(report), indent=2))
    elif form is Format.GITHUB:
        from interline.review.changes.render_github import commands, markdown

        for command in commands(report):
            typer.echo(command)
        summary = os.environ.get("GITHUB_STEP_SUMMARY")
        if summary:
            try:
                with Path(summary).open("a", encoding="utf-8") as file:
                    file.write(markdown(report))
            except OSError as error:
                _refuse(f"GITHUB_STEP_SUMMARY names {summary}: {error.strerror}", exits.SETUP)
        typer.echo(f"{'Refused' if report.failed else 'All is well'}: {report.summary}.")
    else:
        from interline.review.changes.render_text import text_of

        typer.echo(text_of(report))
    if report.failed:
        raise typer.Exit(exits.FAILED)


def _refuse(message: str, code: int = exits.USAGE) -> NoReturn:
    console(stderr=True).print(f"interline: {message}", markup=False, soft_wrap=True)
    raise typer.Exit(code)
