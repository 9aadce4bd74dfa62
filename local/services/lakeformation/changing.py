"""Two requests that change the permissions of one resource at the same moment: the second is refused, as on AWS."""

from __future__ import annotations

import threading
from collections.abc import Hashable, Iterable, Iterator
from contextlib import contextmanager

from local.engines.errors import ConcurrentModification
from local.engines.lake_permissions.grants import Resource

_busy: set[Hashable] = set()
_lock = threading.Lock()


@contextmanager
def changing(*resources: Hashable) -> Iterator[None]:
    """Hold resources while they change. Raises ConcurrentModification when somebody else holds one of them."""
    changed = set(resources)
    with _lock:
        if changed & _busy:
            raise ConcurrentModification(
                "Concurrent modification of the permissions of this resource; try again"
            )
        _busy.update(changed)
    try:
        yield
    finally:
        with _lock:
            _busy.difference_update(changed)


def places_of(resources: Iterable[Resource]) -> set[Hashable]:
    """What of the resources can only be changed by one request at a time."""
    return {
        (
            each.account,
            each.kind.split()[0] if not each.database else "",
            each.database,
            each.table,
            each.name,
        )
        for each in resources
    }
