"""`./interline quarantine`: rows that broke a rule, looked at and let back in."""

from __future__ import annotations

import getpass
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import exits
from cli.console import console
from cli.errors import error_reporting
from cli.mesh_connection import connect_to_mesh
from cli.options import Form, Home, PortAddress, Yes, confirmed, data_day
from cli.quarantine_tables import print_counts, print_preview, print_releases, print_rows
from cli.repository import ROOT
from interline.contracts import load_mesh, load_product
from interline.quarantine.contents_sql import Selection
from interline.quarantine.corrections import read_corrections, read_settings
from interline.quarantine.errors import CorrectionError, QuarantineError
from interline.quarantine.release_sql import Proposal, Signature, TooLarge

if TYPE_CHECKING:
    from interline.aws.redshift_statements import RedshiftStatementsHook
    from interline.contracts import Product
    from interline.quarantine.release_sql import Proposal, Signature

EXAMPLES = """Examples:\n
\b
  ./interline quarantine list                       every port, day and rule
  ./interline quarantine show loyalty.members --day 2013-01-01
  ./interline quarantine release loyalty.members --day 2013-01-01 \\
      --rule born_before_joining --accept --reason "the partner confirmed them"
  ./interline replay loyalty.members --from 2013-01-01 --to 2013-01-01
"""
LIST_EXAMPLES = """Examples:\n
\b
  ./interline quarantine list
  ./interline quarantine list bookings.reservations --day 2013-01-02
  ./interline quarantine list --rule cabin_values --format json
\n
Exit codes: 0 done · 1 no such port, or nothing is up · 2 wrong usage.
"""
SHOW_EXAMPLES = """Examples:\n
\b
  ./interline quarantine show bookings.reservations --day 2013-01-01
  ./interline quarantine show bookings.reservations --rule passengers_maximum
  ./interline quarantine show loyalty.members --row 3fa9c1d2 --clearance personal
  ./interline quarantine show loyalty.members --limit 1000 --format json
\n
Exit codes: 0 done · 1 no such port, not cleared, or nothing is up · 2 wrong usage.
"""
RELEASE_EXAMPLES = """Examples:\n
\b
  accepted as they are, excused from one rule and from nothing else:
  ./interline quarantine release bookings.reservations --day 2013-01-01 \\
      --rule passengers_maximum --accept --reason "a school class"
\n
\b
  corrected, every selected row alike:
  ./interline quarantine release bookings.reservations --day 2013-01-01 \\
      --rule cabin_values --set cabin=premium --reason "the new code W2"
\n
\b
  corrected row by row; CSV: row_key,cabin,… · JSON: [{"row_key": …, "set": {…}}]
  ./interline quarantine release bookings.reservations --day 2013-01-01 \\
      --corrections cabins.csv --reason "ticket 4711"
\n
The rows enter the port when the day is checked and published again: \
./interline replay. Exit codes: 0 on record, or nothing to release · \
1 refused · 2 wrong usage, or not agreed to.
"""
UNDO_EXAMPLES = """Examples:\n
\b
  ./interline quarantine releases bookings.reservations
  ./interline quarantine undo bookings.reservations r-5be2a9f0 --reason "wrong day"
\n
Exit codes: 0 done · 1 no such release, or undone already · 2 not agreed to.
"""
RELEASES_EXAMPLES = """Examples:\n
\b
  ./interline quarantine releases bookings.reservations
  ./interline quarantine releases bookings.reservations --format json
"""

app = typer.Typer(
    no_args_is_help=True,
    help="Rows that broke a rule of their contract, and the way back.",
    epilog=EXAMPLES,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Day = Annotated[
    date | None,
    typer.Option("--day", parser=data_day, metavar="DAY", help="Only this data day.", show_default=False),
]
OneDay = Annotated[
    date,
    typer.Option("--day", parser=data_day, metavar="DAY", help="The data day.", show_default=False),
]
Rule = Annotated[
    str | None,
    typer.Option(
        "--rule",
        metavar="NAME",
        help="Only rows that broke this rule, as `list` names it.",
        show_default=False,
    ),
]
Row = Annotated[
    list[str] | None,
    typer.Option(
        "--row",
        metavar="KEY",
        help="Only this row: its key, or the first 8 or more characters; may be repeated.",
        show_default=False,
    ),
]
Reason = Annotated[
    str, typer.Option("--reason", metavar="TEXT", help="Why; it is put on record.", show_default=False)
]
By = Annotated[
    str | None,
    typer.Option(
        "--by", metavar="WHO", help="Who decides; the user of this machine if left out.", show_default=False
    ),
]


@app.command("list", epilog=LIST_EXAMPLES)
def list_(
    ports: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PORT]...", help="Addresses of ports; all if none.", show_default=False),
    ] = None,
    day: Day = None,
    rule: Rule = None,
    form: Form = "text",
    home: Home = None,
) -> None:
    """Say how many rows are in quarantine, by port, data day and rule."""
    with _acting(home) as domains:
        from interline.quarantine.contents import counts

        chosen = ports or sorted(load_mesh(ROOT).products)
        found = []
        for address in chosen:
            product, hook = _opened(address, domains, required=bool(ports))
            if hook is not None:
                found += counts(product, hook, _selection(day, rule, None))
    if form == "json":
        typer.echo(json.dumps([asdict(entry) for entry in found], indent=1))
    else:
        print_counts(console(), found)


@app.command("show", epilog=SHOW_EXAMPLES)
def show(
    port: PortAddress,
    day: Day = None,
    rule: Rule = None,
    row: Row = None,
    clearance: Annotated[
        str,
        typer.Option(
            "--clearance",
            help="Show values classified up to this: public, internal, confidential or personal."
            " More than internal is for the domain alone.",
        ),
    ] = "internal",
    limit: Annotated[int, typer.Option("--limit", min=1, max=100_000, help="At most so many rows.")] = 20,
    form: Form = "text",
    home: Home = None,
) -> None:
    """Show rows with the rules they broke; values above the clearance are masked and never leave Redshift."""
    with _acting(home) as domains:
        from interline.quarantine.contents import rows
        from interline.quarantine.release import require_rule

        product, hook = _opened(port, domains)
        found = rows(product, hook, _selection(day, rule, row), clearance=clearance, limit=limit + 1)
        if not found:
            require_rule(product, rule)
    more, found = len(found) > limit, found[:limit]
    if form == "json":
        typer.echo(json.dumps([asdict(entry) for entry in found], indent=1))
    else:
        print_rows(console(), found, more)


@app.command("release", epilog=RELEASE_EXAMPLES)
def release(
    port: PortAddress,
    day: OneDay,
    reason: Reason,
    rule: Rule = None,
    row: Row = None,
    accept: Annotated[
        bool,
        typer.Option(
            "--accept", help="As they are, excused from --rule, or from what they broke without it."
        ),
    ] = False,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="COLUMN=VALUE", help="Corrected: may be repeated.", show_default=False),
    ] = None,
    nulls: Annotated[
        list[str] | None,
        typer.Option(
            "--null", metavar="COLUMN", help="Corrected: no value; may be repeated.", show_default=False
        ),
    ] = None,
    corrections: Annotated[
        Path | None,
        typer.Option(
            "--corrections", metavar="FILE", help="Corrected: a CSV or JSON file.", show_default=False
        ),
    ] = None,
    by: By = None,
    yes: Yes = False,
    form: Form = "text",
    home: Home = None,
) -> None:
    """Put on record that rows of a data day may come in: accepted as they are, or corrected.

    The next check of the day applies it: a corrected row has to keep every rule, an accepted one is excused only from the rules named.
    """
    ways = [bool(accept), bool(settings or nulls), corrections is not None]
    if sum(ways) != 1:
        raise typer.BadParameter("say one way: --accept, or --set and --null, or --corrections FILE")
    with _acting(home) as domains:
        from interline.quarantine import release

        product, hook = _opened(port, domains)
        proposal = _proposal(product, day, rule, row, accept, settings, nulls, corrections)
        preview = release.preview(product, hook, proposal)
        if form == "text":
            print_preview(console(), product.address, proposal, preview)
        corrected_badly = bool(proposal.columns) and bool(preview.still_broken)
        number, release_id = 0, None
        if preview.decided and not corrected_badly:
            if not confirmed(yes, "Put this release on record?"):
                raise typer.Exit(exits.USAGE)
            signature = _signature(hook, by, reason)
            number = release.release(product, hook, proposal, signature)
            release_id = signature.release_id
    if form == "json":
        answer = {"release_id": release_id, "rows": number, **asdict(preview)}
        typer.echo(json.dumps(answer, indent=1))
    screen = console(stderr=form == "json")
    if corrected_badly:
        screen.print("Nothing was put on record: a corrected row has to keep every rule.", soft_wrap=True)
        raise typer.Exit(exits.FAILED)
    if release_id is None:
        screen.print("Nothing to release: no such row, or it is decided already.", soft_wrap=True)
        if preview.selected:
            screen.print(
                f"What was decided: ./interline quarantine releases {port} --day {day} (undo takes one back, also one"
                " that no longer fits the contract and is not applied)",
                soft_wrap=True,
                markup=False,
            )
        return
    screen.print(f"On record as {release_id}: {number} rows of {port}, {day}.", soft_wrap=True)
    _say_next(screen, port, day.isoformat())


@app.command("undo", epilog=UNDO_EXAMPLES)
def undo(
    port: PortAddress,
    release_id: Annotated[str, typer.Argument(metavar="RELEASE", help="As `releases` lists it.")],
    reason: Reason,
    by: By = None,
    yes: Yes = False,
    home: Home = None,
) -> None:
    """Undo a release: the next check of its day judges its rows as they were built. The record keeps both."""
    with _acting(home) as domains:
        from interline.quarantine import release

        product, hook = _opened(port, domains)
        if not confirmed(yes, f"Undo release {release_id} of {port}?"):
            raise typer.Exit(exits.USAGE)
        undone = release.undo(product, hook, release_id, _signature(hook, by, reason))
    screen = console()
    screen.print(f"Undone: {release_id}, {undone.rows} rows of {port}, {undone.data_day}.", soft_wrap=True)
    if not product.contract.keeps_history:
        screen.print(
            "The port is a current state: what the release brought in stays there until its key is published "
            "again; to take it out now, also go back to an earlier version: ./interline rollback",
            soft_wrap=True,
        )
    _say_next(screen, port, undone.data_day)


@app.command("releases", epilog=RELEASES_EXAMPLES)
def releases(port: PortAddress, day: Day = None, form: Form = "text", home: Home = None) -> None:
    """List the record: who released what, when and why, and what was undone."""
    with _acting(home) as domains:
        from interline.quarantine import release

        product, hook = _opened(port, domains)
        found = release.releases(product, hook, day.isoformat() if day else None)
    if form == "json":
        typer.echo(json.dumps([asdict(entry) for entry in found], indent=1))
    else:
        print_releases(console(), found)


@contextmanager
def _acting(home: Path | None) -> Iterator[frozenset[str]]:
    """Reach the mesh; what Redshift refuses is told without a traceback."""
    with error_reporting(), connect_to_mesh(home) as connection:
        from interline.aws.redshift_statements import RedshiftStatementError

        try:
            yield connection.domains
        except TooLarge as error:
            raise CorrectionError([str(error)]) from error
        except RedshiftStatementError as error:
            raise QuarantineError(f"Redshift refused: {error.reason}") from error


def _opened(address: str, domains: frozenset[str], *, required: bool = True) -> Any:
    """Return the product and its domain's hook; None for the hook if the domain cannot be acted as."""
    from interline.quarantine.connection import hook_of

    product = load_product(ROOT, address)
    if product.domain.name in domains:
        return product, hook_of(product)
    if required:
        raise QuarantineError(
            f"there is no connection {product.domain.connection}: set AIRFLOW_CONN_AWS_{product.domain.name.upper()}"
        )
    return product, None


def _selection(day: date | None, rule: str | None, row_keys: list[str] | None) -> Any:
    try:
        return Selection(day.isoformat() if day else None, rule, tuple(row_keys or ()))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def _proposal(
    product: Product,
    day: date,
    rule: str | None,
    row: list[str] | None,
    accept: bool,
    settings: list[str] | None,
    nulls: list[str] | None,
    corrections: Path | None,
) -> Proposal:
    from interline.quarantine.release import accepted_rules, require_rule

    selection = _selection(day, rule, row)
    if accept:
        return Proposal(selection, rules=accepted_rules(product, rule))
    require_rule(product, rule)
    if corrections is not None:
        return Proposal(selection, corrections=read_corrections(corrections, product.contract))
    return Proposal(selection, values=read_settings(settings or (), nulls or (), product.contract))


def _signature(hook: RedshiftStatementsHook, by: str | None, reason: str) -> Signature:
    from interline.quarantine.connection import caller_of

    return Signature(
        release_id=f"r-{secrets.token_hex(4)}",
        decided_by=by or getpass.getuser(),
        decided_as=caller_of(hook),
        decided_at=f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}",
        reason=reason,
    )


def _say_next(screen: Any, port: str, day: str) -> None:
    screen.print("It takes effect when the day is checked and published again:")
    screen.print(f"  ./interline replay {port} --from {day} --to {day}", soft_wrap=True)
