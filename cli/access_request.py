"""`./interline access request`: asking for access, as the two edits of a pull request."""

from __future__ import annotations

import difflib
import json
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import typer

from cli import exits
from cli.console import console
from cli.errors import error_reporting
from cli.options import Form, PortAddress, day
from cli.repository import ROOT
from interline.contracts.model.names import split_version

EXAMPLES = """Examples:\n
\b
  ./interline access request bookings.revenue --as shopping --for route_demand \\
      --purpose "sets the price of deals by what routes bring in"
  ./interline access request loyalty.members --as bookings --for revenue \\
      --columns member_id,home_airport --expires 2027-01-31 \\
      --purpose "which airports our members fly from, for one quarter"
  ./interline access request bookings.revenue --as loyalty --for segments \\
      --rows "channel = 'web'" --purpose "what members spend online" --dry-run
\n
Exit codes: 0 the files say it now · 1 a file is wrong already · 2 it cannot be
asked for so; nothing was written.
"""


def request(
    port: PortAddress,
    consumer: Annotated[
        str, typer.Option("--as", metavar="DOMAIN", help="The domain that asks.", show_default=False)
    ],
    purpose: Annotated[
        str, typer.Option("--purpose", help="What it is needed for, in a sentence.", show_default=False)
    ],
    product: Annotated[
        str | None,
        typer.Option(
            "--for",
            metavar="PRODUCT",
            help="The domain's product that will read it; may be left out if it has only one.",
            show_default=False,
        ),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(
            "--columns",
            metavar="A,B,…",
            help="Only these columns; every column that the clearance covers if left out.",
            show_default=False,
        ),
    ] = None,
    clearance: Annotated[
        Literal["public", "internal", "confidential", "personal"] | None,
        typer.Option(
            "--clearance",
            help="The highest classification to be seen; what the columns need if left out.",
            show_default=False,
        ),
    ] = None,
    rows: Annotated[
        str | None,
        typer.Option(
            "--rows", metavar="CONDITION", help="Only rows for which this holds.", show_default=False
        ),
    ] = None,
    expires: Annotated[
        date | None,
        typer.Option(
            "--expires",
            parser=day,
            metavar="YYYY-MM-DD",
            help="The last day of the access.",
            show_default=False,
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the edit and write nothing.")] = False,
    form: Form = "text",
) -> None:
    """Write a role into the producer's contract and an input port into your product.

    Nothing is granted by that: the producer reviews the pull request, and what is merged is granted by platform.access.
    """
    with error_reporting():
        from interline.scaffold.access_request import AccessRequest, InvalidRequest, edits_for

        if not purpose.strip():
            raise typer.BadParameter("say what it is needed for", param_hint="--purpose")
        named = tuple(name.strip() for name in (columns or "").split(",") if name.strip())
        access_request = AccessRequest(
            port,
            consumer,
            " ".join(purpose.split()),
            product,
            tuple(dict.fromkeys(named)),
            clearance,
            rows,
            expires,
        )
        try:
            made = edits_for(ROOT, access_request)
        except InvalidRequest as error:
            console(stderr=True).print(f"interline: {error}", markup=False, soft_wrap=True)
            raise typer.Exit(exits.USAGE) from None
        edits = {path: _difference(path, text) for path, text in made.texts.items()}
        if not dry_run:
            for path, text in made.texts.items():
                draft = path.with_name(f".{path.name}.new")
                draft.write_text(text, encoding="utf-8")
                draft.replace(path)
    steps = _next_steps(port, consumer, made.reader) if made.texts else []
    if form == "json":
        files = {str(path.relative_to(ROOT)): lines for path, lines in edits.items()}
        typer.echo(
            json.dumps({"files": files, "said": made.notes, "next": steps, "written": not dry_run}, indent=1)
        )
        return
    screen = console()
    for lines in edits.values():
        for line in lines:
            style = {"+": "green", "-": "red"}.get(line[:1])
            screen.print(line, markup=False, soft_wrap=True, style=style)
    for line in [*made.notes, *(["Next:"] if steps else []), *(f"  {step}" for step in steps)]:
        screen.print(line, markup=False, soft_wrap=True)


def _difference(path: Path, text: str) -> list[str]:
    name = str(path.relative_to(ROOT))
    before = path.read_text(encoding="utf-8").splitlines()
    return list(difflib.unified_diff(before, text.splitlines(), name, name, n=1, lineterm=""))


def _next_steps(port: str, consumer: str, reader: str) -> list[str]:
    producer, _, name = port.partition(".")
    name = split_version(name)[0]
    own = reader.partition(".")[2]
    return [
        f"read it: {{{{ source('{producer}', '{name}') }}}} in dbt/models/{consumer}/{own}.sql",
        "see what it changes, and for whom: ./interline check --base main",
        f"open a pull request: {producer} owns domains/{producer}/ (CODEOWNERS) and reviews it",
        "when it is merged, platform.access grants it: ./interline access plan shows when",
    ]
