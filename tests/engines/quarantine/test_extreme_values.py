"""A row test has an answer for every value that a column's type can hold: one row never fails the whole check.

The judge of what a multiple is is Python's ``fractions``, of what a number is IEEE 754 through Python's ``math``.
"""

from __future__ import annotations

import math
import operator
from fractions import Fraction
from typing import Any

import pytest

from interline.contracts import load_mesh
from tests.engines.quarantine.checked_product import CheckedProduct
from tests.mesh_folder import MeshFolder

DAY = "2013-01-01"
CONTRACT = "domains/bookings/tickets/contract.yaml"
SIZE = """\
      - name: size
        logicalType: {logical}
        physicalType: {physical}
        description: What is tested.
        logicalTypeOptions: {{{options}}}
"""
FLOATS: list[str | None] = [
    "NaN", "Infinity", "-Infinity", "1e29", "-1e29", "1.7e308", "-0.0", "0", "0.5", "0.75", "7", "-7.5", "5e-324", "1e15", None,
]  # fmt: skip
WHOLE = [-(2**31), -1, 0, 1, 2, 3, 6, 999_999_999, 2**31 - 1, None]
LONG = [-(2**63), -1, 0, 6, 2**53 + 1, 2**63 - 1, None]
DECIMALS: list[str | None] = [
    "0", "-0.00", "0.05", "12.30", "99999999.99", "-99999999.99", "0.01", "12.34", None,
]  # fmt: skip


def quarantined(
    mesh_folder: MeshFolder, logical: str, physical: str, options: str, values: list[Any]
) -> set[int]:
    """Check one row a value; return the places of those that were set aside."""
    mesh_folder.change(
        CONTRACT, "roles:\n", SIZE.format(logical=logical, physical=physical, options=options) + "roles:\n"
    )
    assert load_mesh(mesh_folder.root)
    product = CheckedProduct(mesh_folder.root, "bookings.tickets")
    product.batch(
        {"ticket_id": str(place), "price": 1, "sold_at": None, "email": None, "size": value}
        for place, value in enumerate(values)
    )
    numbers = product.check(DAY)
    found = {int(str(place)) for (place,) in product.quarantined(DAY, "ticket_id")}
    assert numbers["rows_quarantined"] == len(found)
    return found


def breaks_multiple(value: str | int | None, divisor: str) -> bool:
    if value is None:
        return False
    if isinstance(value, str) and not math.isfinite(float(value)):
        return True
    exact = Fraction(str(value))
    return exact % Fraction(divisor) != 0


@pytest.mark.parametrize("divisor", ["0.5", "7", "1000000", "0.0000000000005"])
def test_a_multiple_among_doubles(mesh_folder: MeshFolder, divisor: str) -> None:
    """What has no room beside the decimals that count (10, or the divisor's) is not told from what is no multiple."""
    room = Fraction(10) ** (27 if Fraction(divisor) >= Fraction(1, 10**10) else 24)
    expected = {
        place
        for place, value in enumerate(FLOATS)
        if breaks_multiple(value, divisor) or (value is not None and abs(Fraction(value)) >= room)
        if value != "5e-324"  # nothing at ten decimals
    }
    assert (
        quarantined(mesh_folder, "number", "double precision", f"multipleOf: {divisor}", FLOATS) == expected
    )


@pytest.mark.parametrize("divisor", ["2", "3", "1.5", "0.5", "99999999999999999999999999999999999999"])
@pytest.mark.parametrize(("physical", "values"), [("integer", WHOLE), ("bigint", LONG)])
def test_a_multiple_among_whole_numbers(
    mesh_folder: MeshFolder, physical: str, values: list[int | None], divisor: str
) -> None:
    expected = {place for place, value in enumerate(values) if breaks_multiple(value, divisor)}
    assert quarantined(mesh_folder, "integer", physical, f"multipleOf: {divisor}", list(values)) == expected


@pytest.mark.parametrize("divisor", ["0.05", "0.1", "3", "0.000000000001", "12.3", "1000000000000", "0.015"])
def test_a_multiple_among_decimals(mesh_folder: MeshFolder, divisor: str) -> None:
    expected = {place for place, value in enumerate(DECIMALS) if breaks_multiple(value, divisor)}
    assert (
        quarantined(mesh_folder, "number", "decimal(10,2)", f"multipleOf: {divisor}", list(DECIMALS))
        == expected
    )


def test_a_multiple_among_the_longest_decimals(mesh_folder: MeshFolder) -> None:
    values = ["9" * 38, "-" + "9" * 38, "0", "7", None]
    expected = {place for place, value in enumerate(values) if breaks_multiple(value, "7")}
    assert quarantined(mesh_folder, "number", "decimal(38,0)", "multipleOf: 7", list(values)) == expected


@pytest.mark.parametrize("option", ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"])
@pytest.mark.parametrize("physical", ["double precision", "real"])
def test_what_is_no_number_is_beyond_every_bound(mesh_folder: MeshFolder, physical: str, option: str) -> None:
    values = ["NaN", "Infinity", "-Infinity", "-0.0", "1", None]
    compare = {
        "minimum": operator.lt,
        "maximum": operator.gt,
        "exclusiveMinimum": operator.le,
        "exclusiveMaximum": operator.ge,
    }[option]
    expected = {
        place
        for place, value in enumerate(values)
        if value is not None and (math.isnan(float(value)) or compare(float(value), 0))
    }
    assert quarantined(mesh_folder, "number", physical, f"{option}: 0", list(values)) == expected
