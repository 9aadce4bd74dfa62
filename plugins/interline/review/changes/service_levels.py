"""What changed in a contract's service levels, and its announced end."""

from __future__ import annotations

from interline.contracts import Contract, ServiceLevel
from interline.contracts.model.row_tests import Direction
from interline.review.changes.pair import Pair

_NAMED = ("freshness", "latency", "frequency", "retention", "availability")
_LESS_IS_BETTER = (
    "freshness",
    "latency",
    "frequency",
    "timeToDetect",
    "timeToNotify",
    "timeToRepair",
    "errorRate",
    "generalAvailability",
)
_MORE_IS_BETTER = ("retention", "availability", "throughput", "endOfSupport")


def compare_service_levels(pair: Pair) -> None:
    """Record every service level that is new, gone, or promises more, less or something else."""
    old, new = _by_property(pair.old), _by_property(pair.new)
    for key, after in new.items():
        kind = after.property if after.property in _NAMED else "service-level"
        if after.property == "endOfLife":
            continue
        if key not in old:
            message = f"{after.property} of {after} is promised"
            pair.record(f"{kind}-added", after.property, message, after.place)
            continue
        before = old[key]
        moved = _direction(pair, before, after)
        if moved != "same":
            elsewhere = before.element != after.element
            was, now = (f" of {before.element}", f" of {after.element}") if elsewhere else ("", "")
            message = f"{after.property} was {before}{was} and is {after}{now}"
            pair.record(f"{kind}-{moved}", after.property, message, after.place)
        elif (before.description, str(before)) != (after.description, str(after)):
            message = f"{after.property} is described differently"
            pair.record("service-level-described", after.property, message, after.place)
    for key, before in old.items():
        if key not in new and before.property != "endOfLife":
            kind = before.property if before.property in _NAMED else "service-level"
            message = f"{before.property} of {before} is no longer promised"
            pair.record_removal(f"{kind}-removed", before.property, message, before.place, ("slaProperties",))
    _end_of_life(pair)


def _by_property(contract: Contract) -> dict[tuple[str, int], ServiceLevel]:
    """Levels by their property and which of that property they are."""
    found: dict[tuple[str, int], ServiceLevel] = {}
    for level in contract.service_levels:
        earlier = sum(1 for name, _ in found if name == level.property)
        found[(level.property, earlier)] = level
    return found


def _direction(pair: Pair, old: ServiceLevel, new: ServiceLevel) -> Direction:
    if pair.names.get(old.element, old.element) != new.element:
        return "changed"
    before, after = _amount(old), _amount(new)
    if before is None or after is None:
        return "same" if str(old) == str(new) else "changed"
    if before == after:
        return "same"
    if old.property in _LESS_IS_BETTER:
        return "tightened" if after < before else "loosened"
    if old.property in _MORE_IS_BETTER:
        return "tightened" if after > before else "loosened"
    return "changed"


def _amount(level: ServiceLevel) -> float | None:
    """The promise as a number: seconds, a day's number, or the value itself; None if it is none."""
    if level.period is not None:
        return level.period.duration.total_seconds()
    if level.day is not None:
        return float(level.day.toordinal())
    try:
        return float(level.value.rstrip("%"))
    except ValueError:
        return None


def _end_of_life(pair: Pair) -> None:
    before, after = pair.old.end_of_life, pair.new.end_of_life
    if before == after:
        return
    level = next((level for level in pair.new.service_levels if level.property == "endOfLife"), None)
    place = level.place if level else ("slaProperties",)
    if before is None:
        pair.record("end-of-life-announced", "endOfLife", f"the port's last day is {after}", place)
    elif after is not None and after < before:
        message = f"the port's last day was {before} and is {after}"
        pair.record("end-of-life-earlier", "endOfLife", message, place)
    else:
        message = f"the port's last day was {before} and is {after or 'not set any more'}"
        pair.record("end-of-life-later", "endOfLife", message, place)
