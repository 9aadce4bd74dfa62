"""A contract's ``slaProperties``: freshness as a rule of the batch, periods and days for whoever acts on them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from open_data_contract_standard.model import ServiceLevelAgreementProperty

from interline.contracts.model.contract import Column, ServiceLevel, is_data_day
from interline.contracts.model.periods import Period, period_of
from interline.contracts.model.rules import BatchRule, HoursOld, Limit
from interline.contracts.model.yaml_path import YamlPath
from interline.contracts.odcs.context import ReadingContext
from interline.contracts.problems import did_you_mean, one_of

PERIODS = ("freshness", "latency", "frequency", "retention")
DAYS = ("generalAvailability", "endOfSupport", "endOfLife")
FOR_PEOPLE_ONLY = ("availability", "throughput", "errorRate", "timeToDetect", "timeToNotify", "timeToRepair")
"""Promises about the work of people and of AWS: no run of a DAG can measure or keep them."""
SERVICE_LEVELS = (*PERIODS, *DAYS, *FOR_PEOPLE_ONLY)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass
class ServiceLevels:
    """What the list says: the service levels, and the rules that check some of them."""

    levels: list[ServiceLevel] = field(default_factory=list)
    rules: list[BatchRule] = field(default_factory=list)

    def day(self, name: str) -> date | None:
        """Return the day of a promise, or None."""
        return next((level.day for level in self.levels if level.property == name), None)


def service_levels_of(
    context: ReadingContext,
    standard: Sequence[ServiceLevelAgreementProperty],
    columns: tuple[Column, ...],
    table: str,
    default_element: str | None,
) -> ServiceLevels:
    """Return the promises about service of the port ``table``; note what is wrong with them."""
    found = ServiceLevels()
    first: dict[str, YamlPath] = {}
    for position, level in enumerate(standard):
        place: YamlPath = ("slaProperties", position)
        name = level.property or ""
        if name not in SERVICE_LEVELS:
            hint = did_you_mean(name, SERVICE_LEVELS) or f"known are {', '.join(SERVICE_LEVELS)}"
            context.refuse((*place, "property"), f"unknown service level {name!r}", hint)
            continue
        if level.value is None:
            context.refuse(place, f"{name} has no value", "for example `value: 1` and `unit: d`")
            continue
        if name in first and name != "freshness":
            context.refuse(place, f"{name} is there twice, first on line {context.line(first[name])}")
        first.setdefault(name, place)
        period = _period(context, place, level) if name in PERIODS else None
        day = _day(context, (*place, "value"), name, level.value) if name in DAYS else None
        if name == "freshness" and period is not None:
            element = level.element or default_element or ""
            rule = _freshness_rule(context, place, element, period, columns, table, found.rules)
            if rule is not None:
                found.rules.append(rule)
        if name in FOR_PEOPLE_ONLY:
            context.note_unexecuted(place, f"{name} is for people; nothing here measures it")
        if name in ("generalAvailability", "endOfSupport"):
            context.note_unexecuted(place, f"{name} is for people; what ends a port is its endOfLife")
        if name == "retention" and not any(is_data_day(column) for column in columns):
            context.note_unexecuted(
                place,
                "retention deletes no rows of a current state, only versions of it that have been replaced",
                "a history has a partitioned column data_day; its days go when their time is over",
            )
        if name == "frequency" and period is not None and period.duration < timedelta(days=1):
            context.note_unexecuted(
                place, f"a port changes once a data day, not every {period}", "`1` and `d`"
            )
        if level.scheduler or level.schedule:
            context.note_unexecuted(
                (*place, "schedule" if level.schedule else "scheduler"),
                f"{name} has a schedule of its own",
                "every service level is checked with each run of the product",
            )
        found.levels.append(
            ServiceLevel(
                property=name,
                value=str(level.value),
                unit=level.unit or "",
                description=(level.description or "").strip(),
                element=((level.element or "").rpartition(".")[2]),
                period=period,
                day=day,
                place=place,
            )
        )
    return found


def _period(context: ReadingContext, place: YamlPath, level: ServiceLevelAgreementProperty) -> Period | None:
    try:
        return period_of(level.value, level.unit)
    except ValueError as error:
        context.refuse(place, f"{level.property}: {error}", "for example `value: 1` and `unit: d`")
        return None


def _day(context: ReadingContext, place: YamlPath, name: str, value: Any) -> date | None:
    try:
        if isinstance(value, str) and _DAY.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    context.refuse(place, f"{name} is {value!r}, which is no day", 'expected a day in quotes, "2027-01-31"')
    return None


def _freshness_rule(
    context: ReadingContext,
    place: YamlPath,
    element: str,
    period: Period,
    columns: tuple[Column, ...],
    table: str,
    others: list[BatchRule],
) -> BatchRule | None:
    """Return the rule that the newest value of a column is young enough at the end of the data day."""
    of_table, _, name = element.rpartition(".")
    moments = [column.name for column in columns if column.logical_type in ("date", "timestamp")]
    if name not in moments or of_table not in ("", table):
        context.refuse(
            (*place, "element"),
            f"freshness is measured on {element!r}, which is no date or timestamp column",
            did_you_mean(name, moments) or f"expected {one_of(moments) or 'such a column'}",
        )
        return None
    described = f"the newest {name} is at most {period} older than the data day's end"
    limit = Limit("<=", period.duration.total_seconds() / 3_600)
    rule = "freshness" if not others else f"{name}_freshness"
    return BatchRule(rule, HoursOld(name), limit, described, place=place)
