"""What a changed contract may and must do: a breaking change needs a new major version beside the old one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from interline.contracts import Product
from interline.review.changes.change import Change, Spot, highest
from interline.review.changes.contracts import binding
from interline.review.changes.kinds import Level
from interline.review.changes.pair import Side
from interline.review.changes.versions import enough, numbers, raised

Outcome = Literal["fine", "draft", "raise-version", "breaking", "removed"]


@dataclass(frozen=True, slots=True)
class Ruling:
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
    spot: Spot

    @property
    def refused(self) -> bool:
        """Whether the check fails because of it."""
        return self.outcome not in ("fine", "draft")


def rule(old: Side, new: Side, changes: Sequence[Change]) -> Ruling:
    """Return the ruling on a contract that is in the base and now."""
    before, now = old.contract.version, new.contract.version
    address, spot = new.product.address, new.spot(("version",))
    level = highest(change for change in changes if change.spot.path.name == "contract.yaml")

    def ruling(outcome: Outcome, needed: str, message: str, hint: str = "") -> Ruling:
        return Ruling(address, outcome, level, before, now, needed, message, hint, spot)

    if not binding(old.contract.status, before):
        return ruling("draft", now, f"{address} {before} was {old.contract.status}: nothing was promised yet")
    if level is Level.MAJOR:
        breaking = [change for change in changes if change.breaking]
        needed = raised(before, Level.MAJOR) if numbers(before) else "the next major version"
        subject = new.product.contract_id
        return ruling(
            "breaking",
            needed,
            f"{_counted(len(breaking), 'breaking change')} of {address}, whose consumers rely on {before}",
            f"undo {'it' if len(breaking) == 1 else 'them'} here; `./interline new version {subject}` makes {needed} beside it",
        )
    if numbers(before) is None or numbers(now) is None:
        return ruling("fine", now, f"{address} {now}: versions are compared as major.minor.patch only")
    needed = raised(before, level)
    if enough(before, now, level):
        return ruling("fine", needed, f"{address} {before} -> {now}")
    said = "is still" if before == now else "is"
    lower = (numbers(now) or ()) < (numbers(before) or ())
    message = f"the version {said} {now}, {'lower than' if lower else 'as in' if before == now else 'after'} the base's {before}"
    if level is not Level.NONE:
        message = f"{_counted(len(changes), 'compatible change')} of {address}, and the version {said} {now}"
    return ruling("raise-version", needed, message, f"write `version: {needed}`")


def rule_removed(old: Side, readers: Sequence[str], today: date) -> Ruling:
    """Return the ruling on a port that is in the base and no longer there."""
    contract, address = old.contract, old.product.address
    spot = old.spot(())
    ended = contract.end_of_life is not None and contract.end_of_life < today

    def ruling(outcome: Outcome, level: Level, message: str, hint: str = "") -> Ruling:
        return Ruling(address, outcome, level, contract.version, "", "", message, hint, spot)

    if readers:
        return ruling(
            "removed",
            Level.MAJOR,
            f"{address} is removed, and {', '.join(readers)} {'reads' if len(readers) == 1 else 'read'} it",
            "they move to another port first",
        )
    if not binding(contract.status, contract.version):
        return ruling("draft", Level.NONE, f"{address} was {contract.status}: nothing was promised")
    if ended:
        return ruling("fine", Level.NONE, f"{address} ended on {contract.end_of_life}, and nobody reads it")
    if contract.end_of_life is not None:
        return ruling(
            "removed",
            Level.MAJOR,
            f"{address} is removed before its last day, {contract.end_of_life}",
            "keep it until then",
        )
    return ruling(
        "removed",
        Level.MAJOR,
        f"{address} is removed without notice",
        "first `status: deprecated` and a service level `endOfLife` with its last day; after that day it may go",
    )


def rule_added(product: Product, spot: Spot) -> Ruling:
    """Return the ruling on a port that is new: there is nothing it could break."""
    version = product.contract.version
    return Ruling(
        product.address,
        "fine",
        Level.NONE,
        "",
        version,
        version,
        f"{product.address} {version} is new",
        "",
        spot,
    )


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number != 1 else ''}"
