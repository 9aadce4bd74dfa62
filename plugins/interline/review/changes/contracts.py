"""Everything that changed between two versions of one contract."""

from __future__ import annotations

from datetime import date

from interline.review.changes.change import Change
from interline.review.changes.columns import compare_columns
from interline.review.changes.metadata import compare_metadata
from interline.review.changes.pair import Pair, Side
from interline.review.changes.quality import compare_quality
from interline.review.changes.roles import compare_roles
from interline.review.changes.rules import compare_rules
from interline.review.changes.service_levels import compare_service_levels

_PROMISING = ("active", "deprecated")
"""Statuses of a contract on which consumers may rely."""
_DESCRIBED = {
    "title": ("name",),
    "purpose": ("description", "purpose"),
    "usage": ("description", "usage"),
    "limitations": ("description", "limitations"),
    "table_description": ("schema", 0, "description"),
}


def compare_contracts(old: Side, new: Side, today: date) -> list[Change]:
    """Return every change of a contract, those that break first, each part in the order of the new file."""
    pair = Pair(old, new)
    compare_columns(pair)
    compare_rules(pair)
    compare_quality(pair)
    compare_service_levels(pair)
    compare_roles(pair, today)
    _status(pair, today)
    _words(pair)
    compare_metadata(pair)
    if not pair.changes and pair.old.version != pair.new.version:
        message = f"the version was {pair.old.version} and is {pair.new.version}; nothing else changed"
        pair.record("contract-version-raised", "version", message, ("version",))
    return sorted(pair.changes, key=lambda change: (-change.level, change.near or change.location))


def _status(pair: Pair, today: date) -> None:
    before, after = pair.old.status, pair.new.status
    if before == after:
        return
    if after == "retired":
        ended = pair.old.end_of_life is not None and pair.old.end_of_life < today
        kind = "contract-retired" if before in _PROMISING and not ended else "status-changed"
    elif before in _PROMISING and after not in _PROMISING:
        kind = "contract-withdrawn"
    elif after == "deprecated" and before == "active":
        kind = "contract-deprecated"
    elif after in _PROMISING and before not in _PROMISING:
        kind = "contract-activated"
    else:
        kind = "status-changed"
    pair.record(kind, "status", f"the status was {before} and is {after}", ("status",))


def _words(pair: Pair) -> None:
    for attribute, place in _DESCRIBED.items():
        if getattr(pair.old, attribute) != getattr(pair.new, attribute):
            message = (
                f"{'.'.join(str(step) for step in place if step not in (0, 'schema'))} reads differently"
            )
            pair.record("contract-described", str(place[-1]), message, place)


def binding(status: str, version: str) -> bool:
    """Say whether consumers may rely on a contract: drafts and versions 0.x promise nothing yet (semver.org, 4)."""
    return status in _PROMISING and not version.startswith("0.")
