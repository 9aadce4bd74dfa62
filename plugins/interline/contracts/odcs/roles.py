"""A contract's ``roles``: who may read the port, which columns and rows of it, and until when.

ODCS knows the name of a role and its kind of access. What Lake Formation needs beyond that stands in custom properties
of the role: ``columns``, ``clearance``, ``rows``, ``expires`` and ``purpose``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from open_data_contract_standard.model import Role as StandardRole

from interline.contracts.model.contract import CLASSIFICATIONS, Column, Role, covers
from interline.contracts.model.names import NAME_SHAPE, is_name
from interline.contracts.model.yaml_path import YamlPath
from interline.contracts.odcs.context import ReadingContext
from interline.contracts.problems import did_you_mean, one_of

PROPERTIES = ("columns", "clearance", "rows", "expires", "purpose")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def roles_of(
    context: ReadingContext, standard: Sequence[StandardRole], columns: tuple[Column, ...], address: str
) -> list[Role]:
    """Return the roles of the contract of the product at ``address``; note what is wrong with them."""
    roles: list[Role] = []
    for position, role in enumerate(standard):
        place: YamlPath = ("roles", position)
        name = role.role or ""
        if not is_name(name):
            context.refuse((*place, "role"), f"{name!r} names no domain", f"expected {NAME_SHAPE}")
            continue
        if name == address.partition(".")[0]:
            context.refuse(
                (*place, "role"), f"{name} owns this product and may read it anyway", "remove the role"
            )
        if any(name == other.domain for other in roles):
            context.refuse((*place, "role"), f"the role {name!r} is there twice", "list all its columns once")
        if role.access not in (None, "read"):
            context.refuse(
                (*place, "access"), f"access is {role.access!r}", "a port can only be read: `access: read`"
            )
        roles.append(_role(context, place, role, columns))
    return roles


def _role(
    context: ReadingContext, place: YamlPath, standard: StandardRole, columns: tuple[Column, ...]
) -> Role:
    given: dict[str, tuple[YamlPath, Any]] = {}
    for position, custom in enumerate(standard.customProperties or ()):
        where: YamlPath = (*place, "customProperties", position)
        name = custom.property or ""
        if name not in PROPERTIES:
            hint = did_you_mean(name, PROPERTIES) or f"known are {one_of(PROPERTIES)}"
            context.refuse((*where, "property"), f"unknown custom property {name!r} of a role", hint)
        elif name in given:
            first = context.line(given[name][0])
            context.refuse((*where, "property"), f"{name} is there twice, first on line {first}")
        else:
            given[name] = ((*where, "value"), custom.value)
    clearance = _clearance(context, *given["clearance"]) if "clearance" in given else "internal"
    chosen = _columns(context, *given["columns"], columns, clearance) if "columns" in given else None
    if chosen is None and "columns" not in given and not any(_seen(column, clearance) for column in columns):
        context.refuse(place, f"{standard.role} may read no column: none is {clearance} or less")
    return Role(
        domain=standard.role or "",
        description=(standard.description or "").strip(),
        columns=chosen,
        clearance=clearance,
        rows=_text(context, *given["rows"], "a condition, `status = 'booked'`") if "rows" in given else None,
        expires=_expires(context, *given["expires"]) if "expires" in given else None,
        place=place,
        purpose=(_text(context, *given["purpose"], "a sentence") or "") if "purpose" in given else "",
    )


def _seen(column: Column, clearance: str) -> bool:
    return column.classification in CLASSIFICATIONS and covers(clearance, column.classification)


def _clearance(context: ReadingContext, place: YamlPath, value: Any) -> str:
    if value in CLASSIFICATIONS:
        return str(value)
    hint = did_you_mean(str(value), CLASSIFICATIONS)
    context.refuse(place, f"{value!r} is no clearance, expected {one_of(CLASSIFICATIONS)}", hint)
    return CLASSIFICATIONS[-1]


def _columns(
    context: ReadingContext, place: YamlPath, value: Any, columns: tuple[Column, ...], clearance: str
) -> tuple[str, ...] | None:
    if not isinstance(value, list) or not value:
        context.refuse(place, "columns is no list", "expected `value: [first_column, second_column]`")
        return None
    by_name = {column.name: column for column in columns}
    for number, name in enumerate(value):
        column = by_name.get(str(name))
        if column is None:
            hint = did_you_mean(str(name), by_name)
            context.refuse((*place, number), f"the table has no column {name!r}", hint)
        elif name in value[:number]:
            context.refuse((*place, number), f"the column {name!r} is there twice")
        elif column.classification in CLASSIFICATIONS and not covers(clearance, column.classification):
            context.refuse(
                (*place, number),
                f"the column {name!r} is {column.classification}, above the role's clearance, {clearance}",
                f"leave it out, or give the role `clearance: {column.classification}` as a custom property",
            )
    return tuple(str(name) for name in value)


def _expires(context: ReadingContext, place: YamlPath, value: Any) -> date | None:
    try:
        if isinstance(value, str) and _DAY.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    context.refuse(
        place, f"expires is {value!r}", 'expected the last day of the grant in quotes, "2027-01-31"'
    )
    return None


def _text(context: ReadingContext, place: YamlPath, value: Any, shape: str) -> str | None:
    if isinstance(value, str) and value.strip():
        return value.strip()
    context.refuse(place, f"the value is {value!r}", f"expected {shape} as text")
    return None
