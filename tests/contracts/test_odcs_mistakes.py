"""What a contract cannot mean is refused at its line with what to write; what nothing executes is noted, not refused."""

from __future__ import annotations

import pytest

from interline.contracts import Contract, MeshError, load_mesh
from interline.contracts.model.row_tests import AllOf, AtLeast, AtMost, ExistsIn, Matches, OneOf
from interline.contracts.model.rules import Breaking, Limit, Query
from tests.mesh_folder import MeshFolder

CONTRACT = "domains/bookings/tickets/contract.yaml"
OPTIONS = "        logicalTypeOptions:\n          minimum: 0\n"


def column(mesh_folder: MeshFolder, keys: str) -> Contract:
    """The contract with other keys under ``price``, a decimal."""
    mesh_folder.change(CONTRACT, OPTIONS, "".join(f"        {line}\n" for line in keys.splitlines()))
    return load_mesh(mesh_folder.root).products["bookings.tickets"].contract


def table(mesh_folder: MeshFolder, keys: str) -> Contract:
    """The contract with more keys under its table."""
    mesh_folder.change(
        CONTRACT, "roles:\n", "".join(f"    {line}\n" for line in keys.splitlines()) + "roles:\n"
    )
    return load_mesh(mesh_folder.root).products["bookings.tickets"].contract


@pytest.mark.parametrize(
    ("keys", "line", "message", "hint"),
    [
        ("logicalTypeOptions: {format: f23}", 23, "no format of a number", "'f32'"),
        ("logicalTypeOptions: {minimum: 5, maximum: 4}", 23, "keeps both minimum, 5, and maximum, 4", "exchange"),
        ("logicalTypeOptions: {exclusiveMinimum: 5, exclusiveMaximum: 5}", 23, "keeps both", "exchange"),
        ("logicalTypeOptions: {timezone: true}", 23, "number has no option 'timezone'", "known are"),
        ("enum: []", 23, "enum of price is empty", "value"),
        ("enum: [{value: 1}, {value: 2}, {value: 1}]", 23, "has 1 twice", ""),
        ("enum: [{value: 1}, {value: null}]", 23, "cannot hold null", "take it out"),
        ("enum: [{value: one}]", 23, "'one' cannot be a value of price", "a number"),
        ("logicalTypeOptions: {minimum: 1e400}", 23, "inf cannot be a value", "38 digits"),
        ("logicalTypeOptions: {maximum: 1" + "0" * 38 + "}", 23, "cannot be a value", "38 digits"),
        ("logicalTypeOptions: {multipleOf: 1e400}", 23, "multipleOf is inf", "above 0"),
        ("quality: [{metric: nullValues, mustBe: 1e400}]", 23, "mustBe is inf", "a number"),
        ("quality: [{metric: nullValues, mustBe: 0, name: ✈✈}]", 23, "no letter and no digit", "route_exists"),
        ("quality: [{metric: nullValues, mustBe: 0, name: " + "x" * 121 + "}]", 23, "longer than 120", ""),
        ("semanticType: measure", 23, "a port has columns", "leave it out"),
        ("partitionKeyPosition: 2", 23, "one partition key", "leave it out"),
        ("relationships: [{to: ticket_events}]", 23, "leads to 'ticket_events'", "<domain>.<product>.<column>"),
        ("relationships: [{to: [a.b, a.c]}]", 23, "leads to ['a.b', 'a.c']", "expected"),
        ("relationships: [{to: a.b.c.d}]", 23, "leads to 'a.b.c.d'", "expected"),
        ("relationships: [{from: tickets.price, to: a.b}]", 23, "starts at that column", "take `from` out"),
        ("relationships: [{type: parent, to: a.b}]", 23, "type is 'parent'", "foreignKey"),
        ("quality: [{metric: nullValues, unit: persent, mustBe: 0}]", 23, "unit of nullValues is 'persent'", "'percent'"),
        ("quality: [{metric: rowCount, unit: percent, mustBe: 0}]", 23, "no percentage", "rows"),
        ("quality: [{metric: nullValues, mustBeBetween: [2, 1]}]", 23, "mustBeBetween is [2, 1]", "smaller number"),
        ("quality: [{metric: nullValues, mustBe: []}]", 23, "mustBe is []", "a number"),
        ("quality: [{metric: nullValues, mustNotBe: [1, 2]}]", 23, "mustNotBe is [1, 2]", "a number"),
        ("quality: [{metric: nullValues, mustBe: true}]", 23, "mustBe is True", "a number"),
        ("quality: [{metric: invalidValues, arguments: {validValue: [1]}, mustBe: 0}]", 23, "no argument 'validValue'", "'validValues'"),
        ("quality: [{metric: nullValues, arguments: {a: 1}, mustBe: 0}]", 23, "no argument 'a'", "it has none"),
        ("quality: [{metric: invalidValues, arguments: {pattern: '^1'}, mustBe: 0}]", 23, "price is no text", "validValues"),
        ("quality: [{metric: duplicateValues, arguments: {properties: [email]}, mustBe: 0}]", 23, "under one column", "under the table"),
        ("quality: [{type: custom, engine: redshift, implementation: {a: b}}]", 23, "implementation is no text", "boolean"),
    ],
)  # fmt: skip
def test_a_mistake_under_a_column(
    mesh_folder: MeshFolder, keys: str, line: int, message: str, hint: str
) -> None:
    with pytest.raises(MeshError) as caught:
        column(mesh_folder, keys)
    assert any(
        problem.line == line and message in problem.message and hint in problem.hint
        for problem in caught.value.problems
    ), caught.value.problems


@pytest.mark.parametrize(
    ("keys", "message", "hint"),
    [
        ("relationships: [{from: price, to: [a.b]}]", "from and to are not alike", "both"),
        ("relationships: [{to: a.b}]", "has no `from`", "tickets.<column>"),
        ("relationships: [{from: orders.price, to: a.b}]", "starts at 'orders.price'", "tickets.<column>"),
        ("relationships: [{from: tickets.prise, to: a.b}]", "no column 'prise'", "'price'"),
        ("relationships: [{from: [tickets.price, tickets.email], to: [a.b]}]", "leads to ['a.b']", "2 columns of one table"),
        ("relationships: [{from: [tickets.price, tickets.email], to: [a.b, c.d]}]", "leads to", "of one table"),
        ("relationships: [{from: [tickets.price, tickets.price], to: [a.b, a.c]}]", "leads to", "of one table"),
        ("physicalType: view", "a port is a table", "table"),
        ("quality: [{metric: nullValues, mustBe: 0}]", "measured on a column", "under one"),
        ("quality: [{metric: duplicateValues, arguments: {properties: [prise]}, mustBe: 0}]", "no column 'prise'", "'price'"),
    ],
)  # fmt: skip
def test_a_mistake_under_the_table(mesh_folder: MeshFolder, keys: str, message: str, hint: str) -> None:
    if keys.startswith("physicalType"):
        mesh_folder.change(CONTRACT, "    physicalType: table\n", f"    {keys}\n")
        keys = "dataGranularityDescription: one row per ticket"
    with pytest.raises(MeshError) as caught:
        table(mesh_folder, keys)
    assert any(
        problem.line > 0 and message in problem.message and hint in problem.hint
        for problem in caught.value.problems
    ), caught.value.problems


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("logicalTypeOptions: {format: f64}", "fits into f64"),
        ("quality: [{type: text, description: Looks plausible.}]", "is for people: Looks plausible."),
        ("quality: [{type: custom, engine: greatExpectations, implementation: x}]", "'greatExpectations'"),
        ("quality: [{metric: nullValues, mustBe: 0, schedule: 0 1 * * *}]", "schedule of its own"),
        ("relationships: [{to: schema/tickets/properties/price}]", "by ids; nothing tests it"),
        ("relationships: [{to: tickets.ticket_id}]", "stays inside tickets"),
        ("transformLogic: a + b", "the SQL of the model"),
        ("customProperties: [{property: colour, value: red}]", "'colour'"),
    ],
)
def test_what_nothing_executes_is_noted_with_its_line(
    mesh_folder: MeshFolder, keys: str, message: str
) -> None:
    (note,) = column(mesh_folder, keys).unexecuted
    assert message in note.message
    assert note.place[:4] == ("schema", 0, "properties", 1)


def test_a_text_format_that_nothing_tests_is_noted(mesh_folder: MeshFolder) -> None:
    mesh_folder.change(
        CONTRACT, "        classification: personal\n", "        logicalTypeOptions: {format: emali}\n"
    )
    (note,) = load_mesh(mesh_folder.root).products["bookings.tickets"].contract.unexecuted
    assert note.hint == "did you mean 'email'?"


@pytest.mark.parametrize(
    ("operator", "value", "limit"),
    [
        ("mustBe", "3", Limit("=", 3)),
        ("mustNotBe", "3", Limit("<>", 3)),
        ("mustBeGreaterThan", "3", Limit(">", 3)),
        ("mustBeGreaterOrEqualTo", "3", Limit(">=", 3)),
        ("mustBeLessThan", "3.5", Limit("<", 3.5)),
        ("mustBeLessOrEqualTo", "3", Limit("<=", 3)),
        ("mustBeBetween", "[3, 4]", Limit("between", 3, 4)),
        ("mustNotBeBetween", "[3, 4]", Limit("not between", 3, 4)),
    ],
)
@pytest.mark.parametrize("unit", ["rows", "percent"])
def test_every_operator_in_both_units(
    mesh_folder: MeshFolder, operator: str, value: str, limit: Limit, unit: str
) -> None:
    contract = column(mesh_folder, f"quality: [{{metric: nullValues, unit: {unit}, {operator}: {value}}}]")
    rule = contract.batch_rules[-1]
    assert (rule.name, rule.limit, rule.percent) == ("price_null_values", limit, unit == "percent")


def test_pattern_and_values_are_both_demanded(mesh_folder: MeshFolder) -> None:
    mesh_folder.change(
        CONTRACT,
        "        description: Where it was sent.\n",
        "        description: Where it was sent.\n        quality:\n          - metric: invalidValues\n"
        "            arguments: {pattern: '^a', validValues: [ab, b, null]}\n            mustBeLessThan: 2\n",
    )
    rule = load_mesh(mesh_folder.root).products["bookings.tickets"].contract.batch_rules[-1]
    assert rule.measure == Breaking("email", AllOf((Matches("^a"), OneOf(("ab", "b")))))


@pytest.mark.parametrize("spelling", ["${object}", "{object}", "${table}", "{model}", "${schema}"])
@pytest.mark.parametrize("name", ["${property}", "{column}", "${field}"])
def test_a_query_names_batch_and_column_in_every_spelling(
    mesh_folder: MeshFolder, spelling: str, name: str
) -> None:
    query = f"select count(*) from {spelling} where {name} > 5"
    rule = column(mesh_folder, f'quality: [{{type: sql, query: "{query}", mustBe: 0}}]').batch_rules[-1]
    assert rule.measure == Query("select count(*) from ${object} where price > 5")


@pytest.mark.parametrize(
    ("name", "tests"),
    [
        ("i8", [AtLeast(-128), AtMost(127)]),
        ("u16", [AtLeast(0), AtMost(65_535)]),
        ("i32", []),
        ("u32", [AtLeast(0)]),
        ("i128", []),
    ],
)
def test_an_integer_format_bounds_what_the_type_does_not(
    mesh_folder: MeshFolder, name: str, tests: list[AtLeast | AtMost]
) -> None:
    mesh_folder.change(CONTRACT, "logicalType: number", "logicalType: integer")
    mesh_folder.change(CONTRACT, "decimal(10,2)", "integer")
    contract = column(mesh_folder, f"logicalTypeOptions: {{format: {name}}}")
    assert [rule.test for rule in contract.row_rules if "format" in rule.name] == tests


def test_a_key_of_two_columns_leads_to_one_table(mesh_folder: MeshFolder) -> None:
    contract = table(
        mesh_folder,
        "relationships: [{from: [tickets.price, tickets.email], to: [shopping.fares.price, shopping.fares.mail]}]",
    )
    rule = contract.row_rules[-1]
    assert rule.test == ExistsIn("shopping.fares", "price", is_source=False, more=(("email", "mail"),))
    assert rule.test.columns == ("price", "mail")
    assert rule.reason == "price and email are not in shopping.fares.price, mail"


@pytest.mark.parametrize("day", ["2013-02-30", "2013-1-1", "0000-01-01", "2013-01-01 25:00:00", "yesterday"])
def test_days_that_no_calendar_has(mesh_folder: MeshFolder, day: str) -> None:
    mesh_folder.change(
        CONTRACT,
        "        description: When it was sold, UTC.\n",
        "        description: When it was sold, UTC.\n        logicalTypeOptions:\n"
        f'          minimum: "{day}"\n',
    )
    with pytest.raises(MeshError, match="cannot be a value of sold_at") as caught:
        load_mesh(mesh_folder.root)
    assert caught.value.problems[0].line == 30


def test_ids_tell_two_relationships_of_a_column_apart(mesh_folder: MeshFolder) -> None:
    contract = column(mesh_folder, "relationships: [{id: first-list, to: a.b}, {id: other, to: a.c}]")
    assert [rule.name for rule in contract.row_rules][-2:] == ["first_list", "other"]


def test_a_port_changes_once_a_day(mesh_folder: MeshFolder) -> None:
    mesh_folder.change(CONTRACT, "    unit: d\n", "    unit: h\n")
    (note,) = load_mesh(mesh_folder.root).products["bookings.tickets"].contract.unexecuted
    assert note.message == "a port changes once a data day, not every 1 hour"
