"""`./interline new product`: the files of a new data product."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.console import console
from cli.errors import told
from cli.repository import ROOT

EXAMPLES = """Examples:\n
\b
  ./interline new product bookings.ancillaries --reads bookings.reservations
  ./interline new product bookings.payments     one for which something lands
  ./interline check                             then: what is left to fill in
  ./interline run --domain bookings --days 1    then: build and publish it
"""

app = typer.Typer(no_args_is_help=True, help="Scaffold something new.", epilog=EXAMPLES)


@app.callback()
def _new() -> None:
    """Scaffold something new."""


@app.command("product", epilog=EXAMPLES)
def product(
    address: Annotated[str, typer.Argument(metavar="DOMAIN.PRODUCT", help="The new product's address.")],
    reads: Annotated[
        list[str] | None,
        typer.Option(
            "--reads",
            metavar="ADDRESS",
            help="A product whose port it reads; may be repeated. Without any, something lands for it.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Make the four small files of a new data product; no other file is touched."""
    with told():
        from interline.scaffold import scaffold_product

        made = scaffold_product(ROOT, address, reads=tuple(reads or ()))
    screen = console()
    for path in made:
        screen.print(f"made {path.relative_to(ROOT)}", soft_wrap=True)
    screen.print("What is left to fill in: ./interline check")
