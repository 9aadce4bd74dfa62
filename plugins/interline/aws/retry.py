"""Calls of AWS that outlive what passes: throttling, somebody else's change, a lost connection, an expired session."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from botocore.exceptions import ClientError, HTTPClientError, IncompleteReadError
from botocore.exceptions import ConnectionError as BotocoreConnectionError
from botocore.parsers import ResponseParserError

ATTEMPTS = 8
CONCURRENT = "ConcurrentModificationException"
PASSING = frozenset(
    {
        CONCURRENT,
        "InternalFailure",
        "InternalServerError",
        "InternalServiceException",
        "OperationTimeoutException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "SlowDown",
        "Throttling",
        "ThrottledException",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
"""Codes of errors that pass by themselves; botocore does not retry all of them, ConcurrentModification not at all."""
EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"})
"""Codes that say the session has ended."""
_BROKEN = (BotocoreConnectionError, HTTPClientError, IncompleteReadError, ResponseParserError)
"""Errors that leave open whether AWS did what it was asked to."""

Item = TypeVar("Item")
Clients = Callable[[str], Any]
"""From a service's name to a boto3 client."""


@dataclass
class Calls:
    """Calls of one account's AWS, in one session at a time.

    ``connect`` opens a new session; the clients of a session are kept for as long as it lasts.
    """

    connect: Callable[[], Clients]
    pause: Callable[[float], None] = time.sleep
    say: Callable[[str], None] = lambda _line: None
    reads: int = 0
    writes: int = 0
    """Requests that changed something, or were to; repeated ones count again."""
    broken: int = 0
    """Requests to which no answer came: they may have been done."""
    _clients: Clients | None = field(default=None, repr=False)

    def read(self, service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        """Call an operation that changes nothing.

        Raises:
            botocore.exceptions.ClientError: AWS refused, or the trouble did not pass.
            botocore.exceptions.BotoCoreError: no connection, again and again.
        """
        return self._call(service, operation, arguments, writes=False)

    def write(self, service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        """Call an operation that changes something and may be repeated; raises as ``read`` does."""
        return self._call(service, operation, arguments, writes=True)

    def pages(self, service: str, operation: str, key: str, **arguments: Any) -> Iterator[dict[str, Any]]:
        """Yield what is listed under ``key`` of every page."""
        token: dict[str, str] = {}
        while True:
            page = self.read(service, operation, **arguments, **token)
            yield from page.get(key) or ()
            if not page.get("NextToken"):
                return
            token = {"NextToken": page["NextToken"]}

    def wait(self, attempt: int, why: str) -> None:
        """Wait before the next attempt: longer each time, and never as long as somebody who was refused with us."""
        seconds = random.uniform(0, min(0.1 * 2**attempt, 5))  # noqa: S311 - spreads writers, keeps no secret
        self.say(f"{why}; trying again in {seconds:.1f} s")
        self.pause(seconds)

    def _call(
        self, service: str, operation: str, arguments: dict[str, Any], *, writes: bool
    ) -> dict[str, Any]:
        for attempt in range(1, ATTEMPTS + 1):
            if writes:
                self.writes += 1
            else:
                self.reads += 1
            try:
                if self._clients is None:
                    self._clients = self.connect()
                return getattr(self._clients(service), operation)(**arguments)
            except ClientError as error:
                code = error.response.get("Error", {}).get("Code", "")
                if code in EXPIRED:
                    self._clients = None
                elif code not in PASSING and _status(error) < 500:
                    raise
                if attempt == ATTEMPTS:
                    raise
                self.wait(attempt, f"{operation}: {code}")
            except _BROKEN as error:
                self.broken += writes
                if attempt == ATTEMPTS:
                    raise
                self.wait(attempt, f"{operation}: {type(error).__name__}")
        raise AssertionError("the last attempt returns or raises")


def whole_answers(client: Any) -> Any:
    """Return a client of a JSON service that takes half an answer for a broken one.

    botocore takes text that is no JSON for an answer without content: a list that was cut would look empty, and what is
    not listed is not revoked.
    """
    client.meta.events.register("before-parse", _require_whole, unique_id="interline-whole-answers")
    return client


def _require_whole(response_dict: dict[str, Any], **_: Any) -> None:
    body = response_dict.get("body")
    if isinstance(body, bytes) and body.lstrip()[:1] == b"{" and body.rstrip()[-1:] != b"}":
        raise ResponseParserError("the answer was cut")


def slices(items: Sequence[Item], size: int) -> Iterator[list[Item]]:
    """Yield items in lists of at most ``size``."""
    for start in range(0, len(items), size):
        yield list(items[start : start + size])


def _status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
