"""Lines that a service writes to CloudWatch Logs on behalf of a role, if the role may."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from moto.logs.models import logs_backends

from local.gateway.iam.authorization import is_allowed
from local.gateway.identity import Caller

_creating = threading.Lock()


class LogDelivery:
    """One log stream, made with its group where they are missing; `allowed` tells whether the role may write there."""

    def __init__(self, caller: Caller, region: str, group: str, stream: str) -> None:
        self._group, self._stream = group, stream
        self._backend = logs_backends[caller.account][region]
        arn = f"arn:aws:logs:{region}:{caller.account}:log-group:{group}"
        self.allowed = all(
            is_allowed(caller, f"logs:{action}", resource)
            for action, resource in (
                ("CreateLogGroup", arn),
                ("CreateLogStream", arn),
                ("PutLogEvents", f"{arn}:log-stream:{stream}"),
            )
        )
        if not self.allowed:
            return
        with _creating:
            if group not in self._backend.groups:
                self._backend.create_log_group(group, {})
            if stream not in self._backend.groups[group].streams:
                self._backend.create_log_stream(group, stream)

    def put(self, messages: Sequence[str]) -> None:
        """Deliver messages, none of them empty, if the role may."""
        if self.allowed and messages:
            moment = int(time.time() * 1000)
            self._backend.put_log_events(
                self._group,
                self._stream,
                [{"timestamp": moment, "message": message or " "} for message in messages],
            )
