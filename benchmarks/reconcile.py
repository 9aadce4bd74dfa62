"""Access of a large mesh made what the contracts say: 10,000 grants on 300 products, of which 10 have changed."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.figures import BenchmarkError, Promise, show, verdicts
from interline.access import desired_state, summary
from interline.contracts import PLATFORM, Domain, Mesh, Product, Role, load_mesh
from interline.contracts.disk_cache import Lazy
from local.mesh import aws, processes
from local.mesh.configuration import plain_environment
from local.mesh.home import Home
from testkit.products import product_with, table_input

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 10.0
WRITES = 40
GRANTS = 10_000
PRODUCTS = 300
PRODUCERS = 10
DOMAINS = 35
CHANGES = 10
TODAY = date(2027, 1, 31)
_LEVELS = ("public", "internal", "confidential", "personal")
COLUMNS = {f"column_{number}": _LEVELS[number % 4] for number in range(12)}


def measure(console: Console) -> bool:
    """Print seconds and calls of the first apply, of a plan without changes, and of plan and apply of 10 changes."""
    with tempfile.TemporaryDirectory(prefix="interline-reconcile-") as folder:
        root = Path(folder) / "mesh"
        _write_domains(root)
        with _local_aws(root, Path(folder) / "home") as environment, _acting(environment):
            from interline.access.reconcile import plan_changes, reconcile
            from interline.access.targets import AccountTarget
            from interline.aws.administrator import AdministratorHook

            domains = {
                name: domain for name, domain in load_mesh(root).domains.items() if not domain.is_platform
            }
            first, changed = _mesh(root, domains), _changed(_mesh(root, domains))
            _make_tables(domains, first)

            def accounts() -> list[AccountTarget]:
                hook = AdministratorHook(aws_conn_id="aws_platform")
                return [AccountTarget(domain, hook.retrying_session(domain)) for domain in domains.values()]

            rows: list[tuple[str, float, int, int, str]] = []

            def timed(name: str, work: Any) -> Any:
                using = accounts()
                began = time.monotonic()
                result = work(using)
                seconds = time.monotonic() - began
                reads, writes = (
                    sum(getattr(each.session, kind) for each in using) for kind in ("reads", "writes")
                )
                rows.append((name, seconds, reads, writes, ""))
                return result

            begun = timed("first apply", lambda using: reconcile(using, desired_state(first, TODAY)))
            if not begun.complete:
                raise BenchmarkError("; ".join(map(str, begun.failures[:3])) or summary(begun.remaining))
            if timed("plan, nothing changed", lambda using: plan_changes(using, desired_state(first, TODAY))):
                raise BenchmarkError("the plan after the first apply is not empty")
            result = timed(
                f"plan and apply, {CHANGES} changed",
                lambda using: reconcile(using, desired_state(changed, TODAY)),
            )
            if not result.complete:
                raise BenchmarkError("; ".join(map(str, result.failures[:3])) or summary(result.remaining))
            if len(result.plan.changes) != CHANGES:
                raise BenchmarkError(f"{len(result.plan.changes)} changes were planned, expected {CHANGES}")
            if timed("plan after it", lambda using: plan_changes(using, desired_state(changed, TODAY))):
                raise BenchmarkError("the plan after the apply is not empty")
    show(
        console,
        f"access: {GRANTS:,} grants on {PRODUCTS} products, {DOMAINS} accounts",
        ("step", "seconds", "calls that look", "calls that write"),
        [(name, f"{seconds:.1f}", f"{reads:,}", f"{writes:,}") for name, seconds, reads, writes, _ in rows],
        "seconds of the local AWS on this machine, sessions of all accounts included; contracts are in memory",
    )
    _, seconds, _, writes, _ = rows[2]
    return verdicts(
        console,
        [
            Promise("plan and apply of 10 changed grants of 10,000:", seconds, SECONDS, " s"),
            Promise("Lake Formation and Glue calls that write:", writes, WRITES, ""),
        ],
    )


def _write_domains(root: Path) -> None:
    for number, name in enumerate([PLATFORM, *(f"domain{number:02}" for number in range(DOMAINS))]):
        folder = root / "domains" / name
        folder.mkdir(parents=True)
        (folder / "domain.yaml").write_text(
            f'name: {name}\naccount: "{100_000_000_000 + number}"\nregion: us-east-1\ndescription: One of many.\n'
            f"team:\n  name: {name}\n  email: {name}@interline.example\n",
            encoding="utf-8",
        )


def _mesh(root: Path, domains: Mapping[str, Domain]) -> Mesh:
    """Return products of which every one may be read by 33 other domains, and as many as are needed by one more."""
    names = sorted(domains)
    products: dict[str, Product] = {}
    more = GRANTS - PRODUCTS * (DOMAINS - 2)
    for number in range(PRODUCTS):
        owner = names[number % PRODUCERS]
        others = [name for name in names if name != owner]
        readers = others if number < more else others[:-1]
        roles = tuple(_role(consumer, number + place) for place, consumer in enumerate(readers))
        product = product_with(domains[owner], f"product{number:03}", COLUMNS, roles)
        products[product.address] = product
    return Mesh(root, domains, products)


def _role(consumer: str, number: int) -> Role:
    """Return a role: most by columns, some by clearance, a few by rows."""
    if number % 10 == 0:
        return Role(consumer, "", columns=("column_0", "column_1"), rows=f"column_0 = '{number}'")
    if number % 10 < 3:
        return Role(consumer, "", clearance="confidential")
    chosen = tuple(name for place, name in enumerate(COLUMNS) if (place + number) % 3)
    return Role(consumer, "", columns=chosen, clearance="personal")


def _changed(mesh: Mesh) -> Mesh:
    """Return the mesh with one role changed in each of ten products: of every kind, in every way, one of them gone."""
    products = dict(mesh.products)
    for number, address in enumerate(sorted(products)[:: PRODUCTS // CHANGES][:CHANGES]):
        contract = products[address].contract
        role, *others = contract.roles
        becomes = (
            [],
            [replace(role, columns=("column_0",), rows="column_0 = 'changed'", clearance="internal")],
            [replace(role, columns=None, rows=None, clearance="public")],
            [replace(role, columns=("column_4", "column_5"), rows=None, clearance="personal")],
        )[number % 4]
        products[address] = replace(
            products[address], lazy_contract=Lazy(replace(contract, roles=(*becomes, *others)))
        )
    return replace(mesh, products=products)


def _make_tables(domains: Mapping[str, Domain], mesh: Mesh) -> None:
    from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook

    clients: dict[str, Any] = {}
    for product in mesh.products.values():
        name = product.domain.name
        if name not in clients:
            clients[name] = AwsBaseHook(aws_conn_id=domains[name].connection, client_type="glue").conn
        clients[name].create_table(
            DatabaseName=product.domain.curated_database, TableInput=table_input(name, product.name, COLUMNS)
        )


@contextmanager
def _local_aws(root: Path, folder: Path) -> Iterator[Mapping[str, str]]:
    home = Home(folder)
    home.make()
    command = [sys.executable, "-m", "local.server", "--home", str(folder), "--root", str(root)]
    server = processes.start(home, aws.NAME, command, plain_environment(ROOT))
    try:
        yield aws.wait(home, server).environment
    finally:
        processes.stop(home, [server])


@contextmanager
def _acting(environment: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    for name in [name for name in before if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(environment)
    logging.disable(logging.INFO)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
        os.environ.clear()
        os.environ.update(before)
