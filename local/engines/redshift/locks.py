"""Write locks of tables and names, held until the transaction ends, with deadlocks found.

Redshift lets one transaction at a time write to a table ("Managing concurrent write operations"); readers never wait.
"""

from __future__ import annotations

import threading
from collections.abc import Hashable

from local.engines.redshift.errors import DEADLOCK, QUERY_CANCELED, SqlError

_WAKE_SECONDS = 0.2


class Locks:
    """The locks of one cluster. An owner is any object, compared by identity."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._owners: dict[Hashable, object] = {}
        self._waiting: dict[int, tuple[object, Hashable]] = {}

    def acquire(self, owner: object, key: Hashable, cancelled: threading.Event) -> None:
        """Take a lock, waiting for whoever holds it.

        Raises:
            SqlError: 40P01 when the holders wait for each other, 57014 when the wait is cancelled.
        """
        with self._changed:
            while True:
                holder = self._owners.get(key)
                if holder is None or holder is owner:
                    self._owners[key] = owner
                    self._waiting.pop(id(owner), None)
                    return
                self._waiting[id(owner)] = (owner, key)
                if self._circular(owner):
                    del self._waiting[id(owner)]
                    raise SqlError(DEADLOCK, "deadlock detected")
                if cancelled.is_set():
                    del self._waiting[id(owner)]
                    raise SqlError(QUERY_CANCELED, "Query cancelled on user's request")
                self._changed.wait(_WAKE_SECONDS)

    def _circular(self, owner: object) -> bool:
        current, seen = owner, set()
        while id(current) in self._waiting and id(current) not in seen:
            seen.add(id(current))
            holder = self._owners.get(self._waiting[id(current)][1])
            if holder is owner:
                return True
            if holder is None:
                return False
            current = holder
        return False

    def release(self, owner: object) -> None:
        """Give up every lock of an owner."""
        with self._changed:
            released = [key for key, holder in self._owners.items() if holder is owner]
            for key in released:
                del self._owners[key]
            if released:
                self._changed.notify_all()
