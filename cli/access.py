"""`./interline access`: who may read which port, planned, applied, watched and asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from cli import exits
from cli.access_request import EXAMPLES as REQUEST_EXAMPLES
from cli.access_request import request
from cli.console import console
from cli.errors import error_reporting
from cli.mesh_connection import connect_to_mesh
from cli.options import Form, Home, Yes, confirmed, day
from cli.repository import ROOT
from interline.access import DesiredState, Plan, as_json, as_text
from interline.access.desired_state import load_desired_state
from interline.contracts import did_you_mean

if TYPE_CHECKING:
    from interline.access.targets import AccountTarget

EXAMPLES = """Examples:\n
\b
  ./interline access plan
  ./interline access apply
  ./interline access drift                exit code 1: grants are not as agreed
  ./interline access request bookings.revenue --as shopping \\
      --purpose "sets the price of deals by what routes bring in"
"""
PLAN_EXAMPLES = """Examples:\n
\b
  ./interline access plan
  ./interline access plan --domain bookings
  ./interline access plan --today 2027-02-01        what will have expired
  ./interline access plan --format json
\n
Exit codes: 0 planned, with changes or without · 1 an account could not be looked
at, or nothing is up · 2 wrong usage.
"""
APPLY_EXAMPLES = """Examples:\n
\b
  ./interline access apply                 shows the plan and asks
  ./interline access apply --yes
  ./interline access apply --domain bookings --yes --format json
\n
Exit codes: 0 every account agrees with the contracts · 1 something could not be
changed, or nothing is up · 2 wrong usage, or not agreed to.
"""
DRIFT_EXAMPLES = """Examples:\n
\b
  ./interline access drift
  ./interline access drift --format json
\n
Exit codes: 0 every account is as the contracts say · 1 it is not, an account
could not be looked at, or nothing is up · 2 wrong usage.
"""

app = typer.Typer(
    no_args_is_help=True,
    help="Grants as a plan: what the contracts say, made so in every account.",
    epilog=EXAMPLES,
)


OneDomain = Annotated[
    str | None,
    typer.Option("--domain", metavar="NAME", help="Only this domain's account.", show_default=False),
]
Today = Annotated[
    date | None,
    typer.Option(
        "--today",
        parser=day,
        metavar="YYYY-MM-DD",
        help="The day for which roles are in force or expired; the UTC date if left out.",
        show_default=False,
    ),
]


@app.callback()
def _access() -> None:
    """Grants as a plan: what the contracts say, made so in every account."""


@app.command("plan", epilog=PLAN_EXAMPLES)
def plan(domain: OneDomain = None, today: Today = None, form: Form = "text", home: Home = None) -> None:
    """Say what would have to change so that every account agrees with the contracts."""
    with error_reporting(), _mesh(home, domain, today) as mesh:
        from interline.access.reconcile import plan_changes

        found = plan_changes(mesh.accounts, mesh.desired)
        _show(found, form)
    raise typer.Exit(exits.FAILED if found.unseen else exits.OK)


@app.command("drift", epilog=DRIFT_EXAMPLES)
def drift(domain: OneDomain = None, today: Today = None, form: Form = "text", home: Home = None) -> None:
    """Say whether reality moved: fails when an account is not what the contracts say.

    The same comparison as `plan`. Right after an `apply` nothing differs, so whatever differs later was changed by
    somebody else, has expired, or is merged and not applied yet.
    """
    with error_reporting(), _mesh(home, domain, today) as mesh:
        from interline.access.reconcile import plan_changes

        found = plan_changes(mesh.accounts, mesh.desired)
        _show(found, form)
    raise typer.Exit(exits.FAILED if found or found.unseen else exits.OK)


@app.command("apply", epilog=APPLY_EXAMPLES)
def apply(
    domain: OneDomain = None,
    today: Today = None,
    yes: Yes = False,
    form: Form = "text",
    home: Home = None,
) -> None:
    """Make every account agree with the contracts; shows the plan first and asks.

    Can be stopped anywhere and run again. What AWS refuses is listed at the end; everything else is done.
    """
    with error_reporting(), _mesh(home, domain, today) as mesh:
        from interline.access.reconcile import plan_changes, reconcile

        screen = console(stderr=form == "json")
        found = plan_changes(mesh.accounts, mesh.desired)
        if form == "text":
            _show(found, form)
        if found and not confirmed(yes, "Make these changes?"):
            raise typer.Exit(exits.USAGE)
        result = reconcile(
            mesh.accounts,
            mesh.desired,
            lambda line: screen.print(f"  {line}", markup=False, soft_wrap=True),
        )
        if form == "json":
            said = {
                "plan": as_json(result.plan),
                "done": result.done,
                "failures": [str(failure) for failure in result.failures],
                "left": as_json(result.remaining),
            }
            typer.echo(json.dumps(said, indent=1))
        for failure in result.failures:
            screen.print(f"refused: {failure}", markup=False, soft_wrap=True)
        for domain_name, why in result.remaining.unseen.items():
            screen.print(f"not seen: the account of {domain_name}: {why}", markup=False, soft_wrap=True)
        changes = "1 change" if len(result.done) == 1 else f"{len(result.done)} changes"
        ending = (
            "every account agrees with the contracts"
            if result.complete
            else f"{len(result.remaining.changes)} left: mend the cause, then run this again"
        )
        screen.print(f"{changes} made; {ending}.", markup=False, soft_wrap=True)
    raise typer.Exit(exits.OK if result.complete else exits.FAILED)


app.command("request", epilog=REQUEST_EXAMPLES)(request)


@dataclass(frozen=True)
class _Mesh:
    accounts: list[AccountTarget]
    desired: DesiredState


@contextmanager
def _mesh(home: Home, name: str | None, today: date | None) -> Iterator[_Mesh]:
    """Reach the accounts of all domains, or of one, and read the contracts."""
    with connect_to_mesh(home):
        from interline.access.targets import AccountTarget
        from interline.aws.administrator import AdministratorHook

        desired = load_desired_state(ROOT, today or datetime.now(UTC).date())
        known = [domain.name for domain in desired.domains]
        if name is not None and name not in known:
            hint = did_you_mean(name, known) or f"known are {', '.join(known)}"
            raise typer.BadParameter(f"there is no domain {name!r} ({hint})", param_hint="--domain")
        hook = AdministratorHook(aws_conn_id="aws_platform")
        chosen = [domain for domain in desired.domains if name in (None, domain.name)]
        yield _Mesh([AccountTarget(domain, hook.retrying_session(domain)) for domain in chosen], desired)


def _show(found: Plan, form: str) -> None:
    if form == "json":
        typer.echo(json.dumps(as_json(found), indent=1))
        return
    screen = console()
    styles = {"+": "green", "~": "yellow", "-": "red", "!": "red"}
    for line in as_text(found, min(screen.width, 100)).splitlines():
        # four blanks or none: a heading, or a line that goes on; two: a change, after its sign
        style = styles.get(line[2:3]) if line.startswith("  ") and line[3:4] == " " else None
        screen.print(line, markup=False, soft_wrap=True, style=style)
