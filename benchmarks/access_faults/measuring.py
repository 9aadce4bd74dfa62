"""The table: every fault injected into an apply, whether it was survived or told, and what was left."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.access_faults.faults import FAULTS, Fault
from benchmarks.access_faults.proxy import Proxy, proxy_of
from benchmarks.access_faults.scene import Scene, after, before
from interline.access.reconcile import plan_changes, reconcile
from local.mesh import aws, processes
from local.mesh.home import Home

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Outcome:
    """What came of an apply under a fault."""

    fault: Fault
    fired: int
    """Requests that met the fault; of a stub, entries cannot be counted and it is -1."""
    complete: bool
    told: str
    """The first thing that was told as not done."""
    left: int
    """Changes left after it; the apply after that, without the fault, must leave none."""
    mended: bool

    @property
    def as_expected(self) -> bool:
        """Survived without anything left, or told and finished by the next apply."""
        if self.fault.survived:
            return self.complete and self.left == 0 and self.fired != 0
        return not self.complete and bool(self.told) and self.mended and self.fired != 0


def measure(console: Console) -> bool:
    """Print what every fault does to an apply; return whether each was survived or told as it should."""
    table = Table(
        "fault", "met", "outcome", "left", title="an apply of access under faults", title_justify="left"
    )
    wrong = 0
    with _scene() as scene, proxy_of(scene.endpoint) as proxy:
        for fault in FAULTS:
            outcome = under(scene, proxy, fault)
            wrong += not outcome.as_expected
            said = "survived" if outcome.complete else f"told: {outcome.told[:44]}"
            met = "stub" if outcome.fired < 0 else str(outcome.fired)
            table.add_row(
                fault.name, met, said + ("" if outcome.as_expected else "  WRONG"), str(outcome.left)
            )
    console.print(table)
    survived = sum(fault.survived for fault in FAULTS)
    console.print(
        f"{len(FAULTS)} faults: {survived} to be survived, {len(FAULTS) - survived} to be told and finished by the next"
        f" apply; {wrong or 'none'} otherwise"
    )
    return not wrong


def under(scene: Scene, proxy: Proxy, fault: Fault) -> Outcome:
    """Apply under a fault, from the same beginning each time, then look without it."""
    first, last = before(scene.domains), after(scene.domains)
    if not reconcile(scene.accounts("bookings"), first).complete:
        raise RuntimeError("the accounts cannot be brought to where every fault begins")
    scene.meddle()
    proxy.inject(fault.rules)
    wrap = fault.wrap or (lambda client: client)
    result = reconcile(scene.accounts("bookings", proxy=proxy.url, wrap=wrap), last)
    fired = -1 if fault.wrap else proxy.fired()
    proxy.inject(())
    left = sum(plan_changes(scene.accounts("bookings"), last).counts.values())
    mended = reconcile(scene.accounts("bookings"), last).complete and not plan_changes(
        scene.accounts("bookings"), last
    )
    told = [f"{failure.code}: {failure.what}" for failure in result.failures]
    told += result.remaining.unseen.values()
    return Outcome(fault, fired, result.complete, told[0] if told else "", left, mended)


@contextmanager
def _scene() -> Iterator[Scene]:
    with tempfile.TemporaryDirectory(prefix="interline-access-faults-") as folder:
        home = Home(Path(folder))
        home.make()
        server = aws.launch(ROOT, home)
        try:
            running = aws.wait(home, server)
            yield Scene(running.endpoint, running.environment, ROOT)
        finally:
            processes.stop(home, [server])
