"""`./interline new …`: the files of a new data product, of a new domain, the roles of its account."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

import typer

from cli.console import console
from cli.errors import error_reporting
from cli.options import data_day
from cli.repository import ROOT
from interline.contracts import PLATFORM, load_domains, read_mesh
from interline.scaffold.errors import ScaffoldError
from interline.scaffold.major_version import NewMajorVersion, consumers_to_move
from interline.scaffold.product import scaffold_product
from local.aws_accounts.template import account_template

EXAMPLES = """Examples:\n
\b
  ./interline new product bookings.ancillaries --reads bookings.reservations
  ./interline new product bookings.payments     one for which something lands
  ./interline check                             then: what is left to fill in
  ./interline run --domain bookings --days 1    then: build and publish it
"""
DOMAIN_EXAMPLES = """Examples:\n
\b
  ./interline new domain stays --account 555555555555 --owner "Stays data" \\
      --email stays-data@interline.example --channel "#stays-data"
  ./interline new account stays > stays.json  what its account must hold
  ./interline new product stays.offers        its first product
"""
ACCOUNT_EXAMPLES = """Examples:\n
\b
  ./interline new account stays > stays.json
  aws cloudformation deploy --stack-name interline \\
      --template-file stays.json --capabilities CAPABILITY_NAMED_IAM
"""
VERSION_EXAMPLES = """Examples:\n
\b
  ./interline new version bookings.reservations
  ./interline new version bookings.reservations --end-of-life 2027-03-31
  ./interline check                             who has not moved yet
"""
_TIME_TO_MOVE = timedelta(days=90)

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
    with error_reporting():
        made = scaffold_product(ROOT, address, reads=tuple(reads or ()))
    screen = console()
    for path in made:
        screen.print(f"made {path.relative_to(ROOT)}", soft_wrap=True)
    screen.print("What is left to fill in: ./interline check")


@app.command("version", epilog=VERSION_EXAMPLES)
def version(
    address: Annotated[
        str, typer.Argument(metavar="DOMAIN.PRODUCT", help="The port that gets another major version.")
    ],
    end_of_life: Annotated[
        date | None,
        typer.Option(
            "--end-of-life",
            parser=data_day,
            metavar="DAY",
            help="Last day on which the version before may be read; 90 days from today (UTC) if left out.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Make the next major version of a port beside the one that is there, and deprecate that one.

    Both run side by side. Change the new one's contract and model; each consumer then moves by the version of its input port,
    one line in its product.yaml, and no SQL.
    """
    with error_reporting():
        last = end_of_life or datetime.now(UTC).date() + _TIME_TO_MOVE
        new = NewMajorVersion(ROOT, address, end_of_life=last)
        made, changed = new.write()
        mesh, _ = read_mesh(ROOT)
        readers = consumers_to_move(mesh.products.values(), new.old.address)
    screen = console()
    for path in made:
        screen.print(f"made    {path.relative_to(ROOT)}", soft_wrap=True)
    for path in changed:
        screen.print(f"changed {path.relative_to(ROOT)}", soft_wrap=True)
    for reader in readers:
        where = (reader.folder / "product.yaml").relative_to(ROOT)
        screen.print(f"{reader.address} moves by `version: {new.version}` in {where}", soft_wrap=True)
    screen.print(f"{new.old.address} may be read until {last}. What has not moved by then: ./interline check")


@app.command("domain", epilog=DOMAIN_EXAMPLES)
def domain(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The new domain's name.")],
    account: Annotated[str, typer.Option("--account", metavar="NUMBER", help="Its AWS account, 12 digits.")],
    owner: Annotated[str, typer.Option("--owner", metavar="TEXT", help="The name of its team.")],
    email: Annotated[str, typer.Option("--email", metavar="ADDRESS", help="Where its team is reached.")],
    channel: Annotated[
        str | None,
        typer.Option("--channel", metavar="TEXT", help="Where its team talks.", show_default=False),
    ] = None,
    region: Annotated[
        str | None,
        typer.Option("--region", help="Its AWS Region; the platform's if left out.", show_default=False),
    ] = None,
    description: Annotated[
        str | None,
        typer.Option("--description", help="What it does, in a sentence.", show_default=False),
    ] = None,
) -> None:
    """Make a domain: its folders, domain.yaml and CODEOWNERS lines; nothing else is edited.

    Given again it makes what is missing, and refuses what differs from the domain that is there.
    """
    with error_reporting():
        from interline.scaffold.domain import scaffold_domain

        files = scaffold_domain(
            ROOT, name, account=account, owner=owner, email=email, channel=channel, region=region,
            description=description,
        )  # fmt: skip
    screen = console()
    for path in files.made:
        screen.print(f"made {path.relative_to(ROOT)}{'/' if path.is_dir() else ''}", soft_wrap=True)
    for path in files.changed:
        screen.print(f"added to {path.relative_to(ROOT)}", soft_wrap=True)
    if not files.made and not files.changed:
        screen.print(f"The domain {name} is all there; nothing to do.")
    screen.print(
        f"Its first product: ./interline new product {name}.<product>\n"
        f"On AWS: ./interline new account {name} prints what its account must hold, then the DAG\n"
        "platform.onboard prepares it; docs/adding-a-domain.md says how.",
        soft_wrap=True,
    )


@app.command("account", epilog=ACCOUNT_EXAMPLES)
def account(
    name: Annotated[str, typer.Argument(metavar="DOMAIN", help="Whose account.")],
) -> None:
    """Print a CloudFormation template of what a domain's AWS account must hold before it is onboarded.

    Roles with their trust and policies, the data lake's settings, the Redshift cluster: what the local AWS makes, too.
    """
    with error_reporting():
        domains = load_domains(ROOT)
        if name not in domains or domains[name].is_platform:
            known = ", ".join(sorted(set(domains) - {PLATFORM}))
            raise ScaffoldError(f"there is no domain {name!r}: known are {known}")
        text = json.dumps(account_template(domains[name], domains[PLATFORM].account), indent=2)
    typer.echo(text)
