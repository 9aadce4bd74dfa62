"""What a step found in the account and what it made of it."""

from __future__ import annotations

from dataclasses import dataclass


class Conflict(RuntimeError):
    """Something of the same name is there and is not ours to change; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One thing of the account after its step: what was found, and what was made (nothing, if it was as it should be)."""

    what: str
    found: str
    made: str = ""

    @property
    def changed(self) -> bool:
        """Whether the step changed anything."""
        return bool(self.made)

    def __str__(self) -> str:
        return f"{self.what}: {self.found}" + (f"; {self.made}" if self.made else "")
