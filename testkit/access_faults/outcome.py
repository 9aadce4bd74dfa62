"""What comes of an apply of access under a fault."""

from __future__ import annotations

from dataclasses import dataclass

from interline.access.reconcile import plan_changes, reconcile
from testkit.access_faults.faults import Fault
from testkit.access_faults.proxy import Proxy
from testkit.access_faults.scene import Scene, after, before


@dataclass(frozen=True)
class Outcome:
    """What came of an apply under a fault."""

    fault: Fault
    fired: int
    """Requests that met the fault; of a stub, entries cannot be counted and it is -1."""
    complete: bool
    reported: str
    """The first thing that was reported as not done."""
    left: int
    """Changes left after it; the apply after that, without the fault, must leave none."""
    mended: bool

    @property
    def as_expected(self) -> bool:
        """Survived without anything left, or reported and finished by the next apply."""
        if self.fault.survived:
            return self.complete and self.left == 0 and self.fired != 0
        return not self.complete and bool(self.reported) and self.mended and self.fired != 0


def apply_under(scene: Scene, proxy: Proxy, fault: Fault) -> Outcome:
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
    reported = [f"{failure.code}: {failure.what}" for failure in result.failures]
    reported += result.remaining.unseen.values()
    return Outcome(fault, fired, result.complete, reported[0] if reported else "", left, mended)
