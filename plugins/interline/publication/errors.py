"""What can keep a version command from its work, as far as a person can do something about it."""

from __future__ import annotations


class VersionsError(RuntimeError):
    """A port's versions cannot be read or changed as asked; the message says why and what to do."""


class NoSuchPort(VersionsError):
    """The catalog has no Iceberg table of the name: nothing was published yet."""


class RollbackError(VersionsError):
    """There is no such version, or the port is not as the plan found it."""


class ReplayError(VersionsError):
    """These days of this product cannot be run again."""
