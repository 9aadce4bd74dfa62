"""The table: every fault injected into an apply, whether it was survived or reported, and what was left."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

from local.mesh import aws, processes
from local.mesh.home import Home
from testkit.access_faults.faults import FAULTS
from testkit.access_faults.outcome import apply_under
from testkit.access_faults.proxy import proxy_of
from testkit.access_faults.scene import Scene

ROOT = Path(__file__).resolve().parents[1]


def measure(console: Console) -> bool:
    """Print what every fault does to an apply; return whether each was survived or reported as it should."""
    table = Table(
        "fault", "met", "outcome", "left", title="an apply of access under faults", title_justify="left"
    )
    wrong = 0
    with _scene() as scene, proxy_of(scene.endpoint) as proxy:
        for fault in FAULTS:
            outcome = apply_under(scene, proxy, fault)
            wrong += not outcome.as_expected
            said = "survived" if outcome.complete else f"reported: {outcome.reported[:44]}"
            met = "stub" if outcome.fired < 0 else str(outcome.fired)
            table.add_row(
                fault.name, met, said + ("" if outcome.as_expected else "  WRONG"), str(outcome.left)
            )
    console.print(table)
    survived = sum(fault.survived for fault in FAULTS)
    console.print(
        f"{len(FAULTS)} faults: {survived} to be survived, {len(FAULTS) - survived} to be reported and finished by the next"
        f" apply; {wrong or 'none'} otherwise"
    )
    return not wrong


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
