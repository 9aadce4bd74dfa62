"""Requests to AWS that are repeated after throttling, another writer's change, a lost connection or an expired session."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError, HTTPClientError, IncompleteReadError
from botocore.exceptions import ConnectionError as BotocoreConnectionError
from botocore.parsers import ResponseParserError

ATTEMPTS = 8
"""How often a request is sent before its error is raised."""
TRANSIENT_ERRORS = frozenset(
    {
        "ConcurrentModificationException",
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
"""Error codes after which the same request may succeed.

botocore retries some of them, ConcurrentModificationException never (boto3 guide, "Retries", standard mode).
"""
EXPIRED_SESSION_ERRORS = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
)
"""Error codes of a session that has ended."""
_NO_ANSWER = (BotocoreConnectionError, HTTPClientError, IncompleteReadError, ResponseParserError)
"""Errors that leave open whether AWS carried the request out."""

Clients = Callable[[str], Any]
"""From a service's name to a boto3 client."""


@dataclass
class RetryingSession:
    """A session in one account whose requests are repeated, and which is opened anew when it has expired.

    Args:
        connect: opens a session; its clients are used for as long as it lasts.
        sleep: waits for so many seconds.
        log: called with a line that says why a request is repeated.
    """

    connect: Callable[[], Clients]
    sleep: Callable[[float], None] = time.sleep
    log: Callable[[str], None] = lambda _line: None
    reads: int = 0
    """Requests that change nothing; repeated ones count again."""
    writes: int = 0
    """Requests that change something, or were to; repeated ones count again."""
    unanswered: int = 0
    """Requests to change something that got no answer: they may have been carried out."""
    _clients: Clients | None = field(default=None, repr=False)

    def read(self, service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        """Send a request that changes nothing.

        Args:
            service: boto3's name of the service, such as ``lakeformation``.
            operation: boto3's name of the operation, such as ``list_permissions``.
            arguments: of the operation.

        Raises:
            botocore.exceptions.ClientError: AWS refused, or the last attempt failed too.
            botocore.exceptions.BotoCoreError: the last attempt got no answer either.
        """
        return self._send(service, operation, arguments, writes=False)

    def write(self, service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        """Send a request that changes something and may be repeated; arguments and errors as of ``read``."""
        return self._send(service, operation, arguments, writes=True)

    def paginate(self, service: str, operation: str, key: str, **arguments: Any) -> Iterator[dict[str, Any]]:
        """Yield what is listed under ``key`` of every page."""
        token: dict[str, str] = {}
        while True:
            page = self.read(service, operation, **arguments, **token)
            yield from page.get(key) or ()
            if not page.get("NextToken"):
                return
            token = {"NextToken": page["NextToken"]}

    def back_off(self, attempt: int, reason: str) -> None:
        """Wait before the next attempt, for a random time whose limit grows with every attempt up to 5 s."""
        seconds = random.uniform(0, min(0.1 * 2**attempt, 5))  # noqa: S311 - spreads writers, keeps no secret
        self.log(f"{reason}; trying again in {seconds:.1f} s")
        self.sleep(seconds)

    def _send(
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
                answer: dict[str, Any] = getattr(self._clients(service), operation)(**arguments)
            except ClientError as error:
                code = error.response.get("Error", {}).get("Code", "")
                if code in EXPIRED_SESSION_ERRORS:
                    self._clients = None
                elif code not in TRANSIENT_ERRORS and _status(error) < 500:
                    raise
                if attempt == ATTEMPTS:
                    raise
                self.back_off(attempt, f"{operation}: {code}")
            except _NO_ANSWER as error:
                self.unanswered += writes
                if attempt == ATTEMPTS:
                    raise
                self.back_off(attempt, f"{operation}: {type(error).__name__}")
            else:
                return answer
        raise AssertionError("the last attempt returns or raises")


def reject_truncated_responses(client: Any) -> Any:
    """Return a client of a JSON service for which an answer that was cut is an error.

    botocore takes text that is no JSON for an answer without content: a list that was cut would look empty, and what is
    not listed is not revoked.
    """
    client.meta.events.register(
        "before-parse", _require_whole_json, unique_id="interline-reject-truncated-responses"
    )
    return client


def _require_whole_json(response_dict: dict[str, Any], **_: Any) -> None:
    body = response_dict.get("body")
    if isinstance(body, bytes) and body.lstrip()[:1] == b"{" and body.rstrip()[-1:] != b"}":
        raise ResponseParserError("the answer was cut")


def _status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
