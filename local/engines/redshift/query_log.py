"""What a cluster remembers of its statements, for the system views of monitoring: the newest of them, in memory."""

from __future__ import annotations

import datetime
from collections import deque
from dataclasses import dataclass

_REMEMBERED = 10_000


@dataclass(frozen=True)
class LoggedQuery:
    """A statement that has ended.

    Attributes:
        verb: its first word.
        written: (object identifier, name) of the tables whose rows it added or changed.
        rows: returned or touched; -1 when that means nothing.
        error: the message of its failure, or empty.
    """

    identifier: int
    user: str
    pid: int
    label: str
    text: str
    verb: str
    started: datetime.datetime
    ended: datetime.datetime
    rows: int
    written: tuple[tuple[int, str], ...] = ()
    error: str = ""

    @property
    def kind(self) -> str:
        """query_type of SYS_QUERY_HISTORY."""
        if self.verb in ("SELECT", "INSERT", "UPDATE", "DELETE", "COPY", "UNLOAD"):
            return self.verb
        return {"WITH": "SELECT", "CREATE": "DDL", "ALTER": "DDL", "DROP": "DDL"}.get(self.verb, "UTILITY")


@dataclass(frozen=True)
class LoadError:
    """A load that failed: of which statement, in which object, and why."""

    query: int
    user: str
    pid: int
    table: int
    started: datetime.datetime
    file: str
    line: int | None
    message: str


class QueryLog:
    """The log of one cluster. Any thread may add to it and read it."""

    def __init__(self) -> None:
        self._queries: deque[LoggedQuery] = deque(maxlen=_REMEMBERED)
        self._load_errors: deque[LoadError] = deque(maxlen=_REMEMBERED)

    def add(self, query: LoggedQuery) -> None:
        """Remember a statement."""
        self._queries.append(query)

    def add_load_error(self, error: LoadError) -> None:
        """Remember a load that failed."""
        self._load_errors.append(error)

    def queries(self) -> list[LoggedQuery]:
        """Oldest first."""
        return list(self._queries)

    def load_errors(self) -> list[LoadError]:
        """Oldest first."""
        return list(self._load_errors)
