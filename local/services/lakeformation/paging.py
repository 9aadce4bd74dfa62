"""Lists in pages: a token names where the last page ended, so changes in between neither repeat nor skip others."""

from __future__ import annotations

import base64
import binascii
import bisect
from collections.abc import Sequence
from typing import Any

from local.engines.errors import InvalidInput

DEFAULT, MOST = 100, 1000


def page(
    found: Sequence[tuple[str, Any]], most: Any, token: str | None, limit: int = MOST
) -> tuple[list[Any], dict[str, str]]:
    """One page of what is sorted by its keys, and {"NextToken": …} when more follows.

    `most` is the request's MaxResults. Raises InvalidInput.
    """
    size = DEFAULT if most in (None, "") else int(most)
    if not 1 <= size <= limit:
        raise InvalidInput(f"MaxResults must be between 1 and {limit}")
    start = bisect.bisect_right([key for key, _ in found], _decoded(token)) if token else 0
    chosen = found[start : start + size]
    rest = {"NextToken": _encoded(chosen[-1][0])} if start + size < len(found) else {}
    return [value for _, value in chosen], rest


def _encoded(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode()


def _decoded(token: str) -> str:
    try:
        return base64.b64decode(token.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError) as error:
        raise InvalidInput("Invalid NextToken") from error
