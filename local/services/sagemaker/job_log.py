"""What a job writes: kept in a file, and in CloudWatch Logs when the job's role may write there."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from local.engines.log_delivery import LogDelivery
from local.gateway.identity import Caller

log = logging.getLogger(__name__)


class JobLog:
    """Collects the lines of one job; safe to use from several threads."""

    def __init__(self, caller: Caller, region: str, group: str, stream: str, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a", encoding="utf-8", buffering=1)
        self._lock = threading.Lock()
        self._delivery = LogDelivery(caller, region, group, stream)
        if not self._delivery.allowed:
            log.warning(
                "%s may not write to the log group %s: its lines are only in %s", caller.arn, group, path
            )
        self.lines: list[str] = []

    def write(self, line: str) -> None:
        """Keep a line."""
        with self._lock:
            self.lines.append(line)
            self._file.write(line + "\n")
            self._delivery.put([line])

    def close(self) -> None:
        """Close the file."""
        self._file.close()
