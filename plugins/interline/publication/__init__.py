"""Versions of ports: which there are, what each changed, going back to one, running days again, and how long they stay.

A version is a snapshot of the port's Iceberg table. Most modules are pure: they know metadata documents, files and
contracts, and neither Airflow nor AWS.
"""

from __future__ import annotations

from interline.publication.snapshots import Published, Version, versions_of

__all__ = ["Published", "Version", "versions_of"]
