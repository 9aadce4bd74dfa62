"""microburst between the clients and the local AWS: faults by rule, an HTTP proxy as far as boto3 knows."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from local.mesh.ports import free_port

_START_SECONDS = 30
Rule = dict[str, Any]
"""A rule as microburst takes it: what it matches, and what it does to it."""


class ProxyError(RuntimeError):
    """microburst does not start."""


@dataclass(frozen=True)
class Proxy:
    """A running microburst."""

    url: str

    def inject(self, rules: Sequence[Rule]) -> None:
        """Put these rules in the place of all others."""
        self._ask("POST", "rules", list(rules))

    def fired(self) -> int:
        """Say how many requests met a rule since the rules were given."""
        return sum(rule["fired_count"] for rule in self._ask("GET", "rules"))

    def _ask(self, method: str, path: str, content: Any = None) -> Any:
        body = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(  # noqa: S310 - an address of this machine
            f"{self.url}/_microburst/{path}",
            data=body,
            method=method,
            headers={"Content-Type": "application/json"},
        )
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with direct.open(request, timeout=10) as answer:
            return json.load(answer)


@contextmanager
def proxy_of(endpoint: str) -> Iterator[Proxy]:
    """Run microburst before an AWS for as long as the block lasts.

    Raises:
        ProxyError: it does not start.
    """
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "microburst", "--upstream", endpoint, "--port", str(port), "--no-resign"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    found = Proxy(f"http://127.0.0.1:{port}")
    try:
        _wait(found, process)
        yield found
    finally:
        # it keeps nothing, and would wait for clients that keep their connections
        process.kill()
        process.wait()


def _wait(found: Proxy, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < end:
        try:
            found.fired()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise ProxyError("microburst did not start")
