"""An apply that is killed at any of its calls, before or after AWS has done it, is finished by the next one."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from interline.access import DesiredState, ObservedState
from interline.access.reconcile import plan_changes, reconcile
from testkit.access_faults.scene import Killed, Scene, Trap, after, before

WRITES = {
    "update_lf_tag",
    "add_lf_tags_to_resource",
    "remove_lf_tags_from_resource",
    "create_data_cells_filter",
    "update_data_cells_filter",
    "delete_data_cells_filter",
    "batch_grant_permissions",
    "batch_revoke_permissions",
    "create_database",
    "delete_database",
}


@pytest.fixture(scope="module")
def states(scene: Scene) -> States:
    """Two states, the calls from the first to the second, and what is observed then."""
    found = States(scene, before(scene.domains), after(scene.domains))
    found.begin()
    whole = Trap()
    assert reconcile(scene.accounts("bookings", trap=whole), found.last).complete
    found.expected = scene.observed("bookings")
    found.begin()
    whole = Trap()
    assert reconcile(scene.accounts("bookings", trap=whole), found.last).complete
    assert set(whole.operations) >= WRITES, "the way between the states needs every kind of call"
    found.operations = whole.operations
    return found


@dataclass
class States:
    """Where an apply begins and ends."""

    scene: Scene
    first: DesiredState
    last: DesiredState
    operations: list[str] = field(default_factory=list)
    expected: ObservedState | None = None

    def begin(self) -> None:
        """Go back to the first state, with what people did by hand."""
        assert reconcile(self.scene.accounts("bookings"), self.first).complete
        self.scene.meddle()

    def killed(self, number: int, *, after_it: bool) -> None:
        """Apply, and be killed at one call."""
        trap = Trap(number, after_it)
        with pytest.raises(Killed):
            reconcile(self.scene.accounts("bookings", trap=trap), self.last)
        assert trap.operations == self.operations[:number]

    def finished(self) -> None:
        """Apply again: it ends where an apply that nobody killed ends."""
        assert reconcile(self.scene.accounts("bookings"), self.last).complete
        assert self.scene.observed("bookings") == self.expected


def test_killed_while_it_looks(states: States) -> None:
    states.begin()
    looks = [number for number, name in enumerate(states.operations, start=1) if name not in WRITES]
    for number in looks:
        states.killed(number, after_it=False)
    states.finished()
    assert len(looks) >= 6


@pytest.mark.parametrize("after_it", [False, True], ids=["before-it-is-done", "after-it-is-done"])
def test_killed_at_every_call_that_changes_something(states: States, after_it: bool) -> None:
    changes = [number for number, name in enumerate(states.operations, start=1) if name in WRITES]
    for number in changes:
        states.begin()
        states.killed(number, after_it=after_it)
        states.finished()
    assert len(changes) >= len(WRITES)
    assert not plan_changes(states.scene.accounts("bookings"), states.last)
