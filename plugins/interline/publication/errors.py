"""Why a port cannot be published, rolled back, replayed or expired, as far as a person can do something about it."""

from __future__ import annotations


class PublicationError(RuntimeError):
    """A port cannot be read or changed that way; the message says why and what to do."""


class NoSuchPort(PublicationError):
    """The catalog has no Iceberg table of the name: nothing was published yet."""


class RollbackError(PublicationError):
    """There is no such snapshot, or the port is not as the plan found it."""


class ReplayError(PublicationError):
    """These days of this product cannot be run again."""
