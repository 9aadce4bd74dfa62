"""The log a person reads: who called what, and how it ended. One line per call, no secrets.

10:31:07.412 bookings     interline-bookings/bookings.reservations   glue:StartCrawler  crawler/booking_events  ok  4ms
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from local.gateway.identity import Caller

DENIED_CODES = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "UnrecognizedClientException",
        "InvalidClientTokenId",
        "InvalidAccessKeyId",
        "InvalidToken",
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
    }
)
_XML_CODE = re.compile(rb"<Code>([^<]+)</Code>")
_JSON_CODE = re.compile(rb'"(?:__type|code|Code)"\s*:\s*"([^"]+)"')


@dataclass
class Call:
    """One call and how it ended. `account` and `principal` stay `-` when nobody could be identified."""

    account: str = "-"
    principal: str = "-"
    action: str = "?"
    resource: str = "-"
    outcome: str = "ok"
    detail: str = ""
    milliseconds: float = 0.0

    def note_credential(self, access_key: str) -> None:
        """Before the caller is known: at least which key came (an access key id is no secret)."""
        self.principal = f"key {access_key[:20]}"

    def note_caller(self, caller: Caller) -> None:
        """Who it is."""
        self.account = caller.account
        self.principal = caller.arn.split(":", 5)[5].removeprefix("assumed-role/")

    def finish(self, status: str, headers: list[tuple[str, str]], body: list[bytes]) -> None:
        """Take the outcome from the answer."""
        if int(status[:3]) < 400:
            return
        named = {name.lower(): value for name, value in headers}.get("x-amzn-errortype")
        start = b"".join(body)[:2000]
        found = _XML_CODE.search(start) or _JSON_CODE.search(start)
        code = named or (found[1].decode("utf-8", "replace") if found else status)
        self.fail(code.rpartition("#")[2].split(":")[0])

    def fail(self, code: str, detail: str = "") -> None:
        """The call was denied or failed with an error code."""
        self.outcome = f"{'DENIED' if code in DENIED_CODES else 'failed'} {code}"
        self.detail = detail


class AccessLog:
    """Writes calls to a file; safe to use from several threads."""

    def __init__(self, path: Path, account_names: Mapping[str, str]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file: TextIO = path.open("a", encoding="utf-8", buffering=1)
        self._lock = threading.Lock()
        self._names = account_names

    def write(self, call: Call) -> None:
        """Append one line."""
        now = datetime.now(UTC).strftime("%H:%M:%S.%f")[:-3]
        who = self._names.get(call.account, call.account)
        line = (
            f"{now} {who:<12} {call.principal:<44} {call.action:<34} {call.resource}  "
            f"{call.outcome}  {call.milliseconds:.0f}ms"
        )
        if call.detail:
            line += f"  {call.detail}"
        with self._lock:
            self._file.write(_one_line(line) + "\n")

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class LogFileHandler(logging.Handler):
    """Puts the process's own messages and tracebacks between the calls they belong to."""

    def __init__(self, calls: AccessLog) -> None:
        super().__init__(level=logging.INFO)
        self._calls = calls

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record; a traceback keeps its lines, indented."""
        text = self.format(record).replace("\n", "\n    | ")
        with self._calls._lock:
            if not self._calls._file.closed:
                self._calls._file.write(text + "\n")


def _one_line(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)
