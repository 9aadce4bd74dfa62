"""What a changed contract may and must do: a breaking change needs a new major version beside the old one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from interline.contracts import Product
from interline.contracts.model.version_number import version_numbers
from interline.review.changes.change import Change, Location, highest
from interline.review.changes.contracts import binding
from interline.review.changes.kinds import Level
from interline.review.changes.pair import Side
from interline.review.changes.versions import enough, lowest_version

Outcome = Literal["fine", "draft", "raise-version", "breaking", "removed"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the check says of one contract's changes as a whole."""

    address: str
    outcome: Outcome
    """``fine``; ``draft``: nothing was promised yet; the others are refused."""
    level: Level
    before: str
    """The version in the base; empty if the port is new."""
    now: str
    """The version now; empty if the port is gone."""
    needed: str
    """The lowest version that the changes ask for, in this contract or, if they break, beside it."""
    message: str
    hint: str
    location: Location

    @property
    def refused(self) -> bool:
        """Whether the check fails because of it."""
        return self.outcome not in ("fine", "draft")


def verdict_on_change(old: Side, new: Side, changes: Sequence[Change]) -> Verdict:
    """Return the verdict on a contract that is in the base and now."""
    before, now = old.contract.version, new.contract.version
    address, location = new.product.address, new.location(("version",))
    level = highest(change for change in changes if change.location.path.name == "contract.yaml")

    def verdict(outcome: Outcome, needed: str, message: str, hint: str = "") -> Verdict:
        return Verdict(address, outcome, level, before, now, needed, message, hint, location)

    if not binding(old.contract.status, before):
        return verdict(
            "draft", now, f"{address} {before} was {old.contract.status}: nothing was promised yet"
        )
    if level is Level.MAJOR:
        breaking = [change for change in changes if change.breaking]
        needed = lowest_version(before, Level.MAJOR) if version_numbers(before) else "the next major version"
        subject = new.product.contract_id
        return verdict(
            "breaking",
            needed,
            f"{_counted(len(breaking), 'breaking change')} of {address}, whose consumers rely on {before}",
            f"undo {'it' if len(breaking) == 1 else 'them'} here; `./interline new version {subject}` makes {needed} beside it",
        )
    if version_numbers(before) is None or version_numbers(now) is None:
        return verdict("fine", now, f"{address} {now}: versions are compared as major.minor.patch only")
    needed = lowest_version(before, level)
    if enough(before, now, level):
        return verdict("fine", needed, f"{address} {before} -> {now}")
    still = "is still" if before == now else "is"
    lower = (version_numbers(now) or ()) < (version_numbers(before) or ())
    message = f"the version {still} {now}, {'lower than' if lower else 'as in' if before == now else 'after'} the base's {before}"
    if level is not Level.NONE:
        message = f"{_counted(len(changes), 'compatible change')} of {address}, and the version {still} {now}"
    return verdict("raise-version", needed, message, f"write `version: {needed}`")


def verdict_on_removed(old: Side, readers: Sequence[str], today: date) -> Verdict:
    """Return the verdict on a port that is in the base and no longer there."""
    contract, address = old.contract, old.product.address
    location = old.location(())
    ended = contract.end_of_life is not None and contract.end_of_life < today

    def verdict(outcome: Outcome, level: Level, message: str, hint: str = "") -> Verdict:
        return Verdict(address, outcome, level, contract.version, "", "", message, hint, location)

    if readers:
        return verdict(
            "removed",
            Level.MAJOR,
            f"{address} is removed, and {', '.join(readers)} {'reads' if len(readers) == 1 else 'read'} it",
            "they move to another port first",
        )
    if not binding(contract.status, contract.version):
        return verdict("draft", Level.NONE, f"{address} was {contract.status}: nothing was promised")
    if ended:
        return verdict("fine", Level.NONE, f"{address} ended on {contract.end_of_life}, and nobody reads it")
    if contract.end_of_life is not None:
        return verdict(
            "removed",
            Level.MAJOR,
            f"{address} is removed before its last day, {contract.end_of_life}",
            "keep it until then",
        )
    return verdict(
        "removed",
        Level.MAJOR,
        f"{address} is removed without notice",
        "first `status: deprecated` and a service level `endOfLife` with its last day; after that day it may go",
    )


def verdict_on_added(product: Product, location: Location) -> Verdict:
    """Return the verdict on a port that is new: there is nothing it could break."""
    version = product.contract.version
    return Verdict(
        product.address,
        "fine",
        Level.NONE,
        "",
        version,
        version,
        f"{product.address} {version} is new",
        "",
        location,
    )


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number != 1 else ''}"
