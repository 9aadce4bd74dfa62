"""Options that several commands share."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import typer

Home = Annotated[
    Path | None,
    typer.Option(
        "--home", help="Keep the mesh in this folder instead of .interline/mesh.", show_default=False
    ),
]
Port = Annotated[
    int | None,
    typer.Option(
        "--port", min=1, max=65535, help="Port of Airflow's UI; a free one if left out.", show_default=False
    ),
]

PortAddress = Annotated[
    str, typer.Argument(metavar="PORT", help="Address of a product's output port, such as bookings.revenue.")
]
Form = Annotated[
    Literal["text", "json"], typer.Option("--format", help="For people, or for machines.", show_default=True)
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def confirmed(yes: bool, question: str) -> bool:
    """Whether the person agrees to a plan that was shown; without a terminal only ``--yes`` does."""
    if yes:
        return True
    if not sys.stdin.isatty():
        typer.echo("interline: nothing was done: add --yes to do it without being asked", err=True)
        return False
    return typer.confirm(question)


def day(text: str, example: str = "2027-01-31") -> date:
    """A day of the calendar as YYYY-MM-DD."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day: write YYYY-MM-DD, for example {example}") from None


def data_day(text: str) -> date:
    """A data day as YYYY-MM-DD."""
    return day(text, "2013-01-05")
