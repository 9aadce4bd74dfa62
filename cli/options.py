"""Options that several commands share."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

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


def data_day(text: str) -> date:
    """A data day as YYYY-MM-DD."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day: write YYYY-MM-DD, for example 2013-01-05") from None
