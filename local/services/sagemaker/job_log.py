"""What a job writes: kept in a file, and in CloudWatch Logs when the job's role may write there."""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path

from moto.logs.models import logs_backends

from local.gateway.iam.authorization import is_allowed
from local.gateway.identity import Caller

log = logging.getLogger(__name__)


class JobLog:
    """Collects the lines of one job; safe to use from several threads."""

    def __init__(self, caller: Caller, region: str, group: str, stream: str, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a", encoding="utf-8", buffering=1)
        self._lock = threading.Lock()
        self._group, self._stream = group, stream
        self._backend = logs_backends[caller.account][region]
        arn = f"arn:aws:logs:{region}:{caller.account}:log-group:{group}"
        self._delivers = all(
            is_allowed(caller, f"logs:{action}", resource)
            for action, resource in (
                ("CreateLogGroup", arn),
                ("CreateLogStream", arn),
                ("PutLogEvents", f"{arn}:log-stream:{stream}"),
            )
        )
        if self._delivers:
            with _groups:
                if group not in self._backend.groups:
                    self._backend.create_log_group(group, {})
            self._backend.create_log_stream(group, stream)
        else:
            log.warning(
                "%s may not write to the log group %s: its lines are only in %s", caller.arn, group, path
            )
        self.lines: list[str] = []

    def write(self, line: str) -> None:
        """Keep a line."""
        moment = int(time.time() * 1000)
        with self._lock:
            self.lines.append(line)
            self._file.write(line + "\n")
            if self._delivers:
                self._backend.put_log_events(
                    self._group, self._stream, [{"timestamp": moment, "message": line or " "}]
                )

    def close(self) -> None:
        """Close the file."""
        self._file.close()


_groups = threading.Lock()
