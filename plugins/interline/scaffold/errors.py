"""What keeps files from being made."""

from __future__ import annotations


class ScaffoldError(RuntimeError):
    """The files cannot be made; the message says why and what to do."""
