"""When a consumer runs: once for every data day that all of its input ports have published, and never left waiting."""

from __future__ import annotations

ANNOUNCEMENTS_POOL = "platform.announcements"
"""The Airflow pool, of one slot, of every task that sends asset events.

Airflow 3.3.1 decides in the transaction of an event whether its consumer's data day already waits for further inputs, and locks
the producer's port, not the consumer. On PostgreSQL two events of one day that are sent at the same moment do not see
each other: each waits for the other for ever (apache/airflow #71070). An event is committed before its task frees
the slot, so with one slot no two meet. A domain's name has no dot, so no domain's pool has this name.
"""
ANNOUNCEMENTS_DESCRIPTION = "One slot: asset events are sent one after another (docs/scheduling.md)"
