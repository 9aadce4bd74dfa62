"""Faults between an apply and AWS: survived with nothing left, or reported and finished by the next apply.

`python -m benchmarks faults` prints the whole table; here are one of each sort.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from testkit.access_faults.faults import FAULTS, Fault
from testkit.access_faults.outcome import apply_under
from testkit.access_faults.proxy import Proxy, proxy_of
from testkit.access_faults.scene import Scene

HERE = (
    "throttled, one request in five",
    "ConcurrentModification (400) at BatchGrantPermissions, twice",
    "connection reset, one request in five",
    "answer cut in the middle",
    "session expires at BatchRevokePermissions",
    "acknowledgement lost of CreateDataCellsFilter",
    "acknowledgement lost of BatchRevokePermissions",
    "acknowledgement lost of RemoveLFTagsFromResource",
    "first entry: AccessDenied, once",
    "first entry: AccessDenied, always",
    "every session expired at once",
)


@pytest.fixture(scope="module")
def proxy(scene: Scene) -> Iterator[Proxy]:
    """microburst before the local AWS."""
    with proxy_of(scene.endpoint) as running:
        yield running


def test_all_named_here_are_in_the_table() -> None:
    assert set(HERE) <= {fault.name for fault in FAULTS}


@pytest.mark.parametrize(
    "fault", [fault for fault in FAULTS if fault.name in HERE], ids=lambda fault: fault.name
)
def test_an_apply_under(scene: Scene, proxy: Proxy, fault: Fault) -> None:
    outcome = apply_under(scene, proxy, fault)
    assert outcome.as_expected, outcome
