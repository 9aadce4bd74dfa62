"""What was submitted to the Data API, how far it is, and who may read it."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from local.engines.redshift.cluster import Cluster
from local.engines.redshift.dialect.typed import Output
from local.engines.redshift.session import Session
from local.gateway.identity import Caller

SUBMITTED, PICKED, STARTED = "SUBMITTED", "PICKED", "STARTED"
FINISHED, FAILED, ABORTED = "FINISHED", "FAILED", "ABORTED"
ENDED = (FINISHED, FAILED, ABORTED)

# Seconds for which statements and results are kept, and how many may be under way on one cluster
# ("Considerations when calling the Amazon Redshift Data API").
RETENTION = 24 * 3600
ACTIVE_LIMIT = 500


@dataclass
class Execution:
    """One SQL statement and what became of it.

    Attributes:
        text: as it was submitted.
        sql, values: with parameters bound.
        rows: None unless the statement gave a result set.
        count: rows returned or touched, -1 when that means nothing.
        size: bytes of the result, -1 without one.
        nanoseconds: how long it ran.
    """

    text: str
    sql: str
    values: Sequence[str] = ()
    status: str = SUBMITTED
    error: str | None = None
    columns: tuple[Output, ...] = ()
    rows: list[tuple[Any, ...]] | None = None
    count: int = -1
    size: int = -1
    nanoseconds: int = 0
    query_id: int = 0
    created: float = field(default_factory=time.time)
    updated: float = field(default_factory=time.time)

    def move(self, status: str, error: str | None = None) -> None:
        """Enter a status."""
        self.status = status
        self.error = error
        self.updated = time.time()


@dataclass
class Submission:
    """One call of ExecuteStatement or BatchExecuteStatement.

    Attributes:
        owner: the principal whose statements these are; nobody else sees them.
        owner_session: the session of the role that submitted it.
        one_transaction: whether its statements stand and fall together.
    """

    cluster: Cluster
    database: str
    user: str
    owner: str
    owner_session: str
    executions: list[Execution]
    batch: bool = False
    one_transaction: bool = False
    parameters: list[dict[str, str]] = field(default_factory=list)
    name: str | None = None
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: str = SUBMITTED
    error: str | None = None
    pid: int = 0
    created: float = field(default_factory=time.time)
    updated: float = field(default_factory=time.time)
    ended: threading.Event = field(default_factory=threading.Event)
    cancelled: threading.Event = field(default_factory=threading.Event)
    session: Session | None = None

    def move(self, status: str, error: str | None = None) -> None:
        """Enter a status; the last one wakes those who wait."""
        self.status = status
        self.error = error
        self.updated = time.time()
        if status in ENDED:
            self.ended.set()

    @property
    def has_result(self) -> bool:
        return any(each.rows is not None for each in self.executions)


class Submissions:
    """All submissions of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: dict[str, Submission] = {}
        self._tokens: dict[tuple[str, str], str] = {}

    def add(self, submission: Submission, token: str | None) -> Submission:
        """Keep a submission; one that was sent twice with the same client token is kept once.

        Returns:
            The submission, or the earlier one with its token.
        """
        key = (submission.owner, token or submission.id)
        with self._lock:
            self._forget_old()
            earlier = self._tokens.get(key)
            if earlier is not None:
                return self._found[earlier]
            self._tokens[key] = submission.id
            self._found[submission.id] = submission
        return submission

    def find(self, identifier: str, caller: Caller) -> Submission | None:
        """A submission of the caller's role or user."""
        found = self._found.get(identifier)
        return found if found is not None and found.owner == caller.principal_arn else None

    def of(self, caller: Caller) -> list[Submission]:
        """The submissions of the caller's role or user, newest first."""
        with self._lock:
            mine = [each for each in self._found.values() if each.owner == caller.principal_arn]
        return mine[::-1]

    def active(self, cluster: Cluster) -> int:
        """How many submissions are under way on a cluster."""
        with self._lock:
            return sum(each.cluster is cluster and not each.ended.is_set() for each in self._found.values())

    def under_way(self) -> list[Submission]:
        with self._lock:
            return [each for each in self._found.values() if not each.ended.is_set()]

    def _forget_old(self) -> None:
        oldest = time.time() - RETENTION
        old = {key for key, each in self._found.items() if each.ended.is_set() and each.updated < oldest}
        if old:
            self._found = {key: each for key, each in self._found.items() if key not in old}
            self._tokens = {key: each for key, each in self._tokens.items() if each not in old}
