"""What is wrong with a contract or a product is told with file, line, the expected shape and a suggestion."""

from __future__ import annotations

import pytest

from interline.contracts import MeshError, Problem, load_domains, load_mesh, load_product, read_mesh
from interline.contracts.model.row_tests import AtLeast, ExistsIn, OneOf, Present
from interline.contracts.model.rules import BatchRule, Breaking, Limit, RowRule
from tests.mesh_folder import MeshFolder

CONTRACT = "domains/bookings/tickets/contract.yaml"
PRODUCT = "domains/bookings/tickets/product.yaml"


def problems_of(mesh_folder: MeshFolder) -> list[Problem]:
    with pytest.raises(MeshError) as caught:
        load_mesh(mesh_folder.root)
    return caught.value.problems


def test_a_valid_mesh_becomes_typed_objects(mesh_folder: MeshFolder) -> None:
    mesh = load_mesh(mesh_folder.root)
    product = mesh.products["bookings.tickets"]
    contract = product.contract
    assert product.asset_uri == "s3://bookings-curated/tickets"
    assert product.domain.role_arn == "arn:aws:iam::222222222222:role/interline-bookings"
    assert [source.name for source in product.sources] == ["ticket_events"]
    assert contract.column_names == ("ticket_id", "price", "sold_at", "email")
    assert contract.primary_key == ("ticket_id",)
    assert not contract.keeps_history
    assert contract.column("email").personal
    assert contract.readable_by(contract.roles[0]) == ("ticket_id", "price")
    rules = {rule.name: rule.test for rule in contract.row_rules}
    assert rules == {
        "ticket_id_required": Present(),
        "price_required": Present(),
        "price_minimum": AtLeast(0),
    }
    assert [rule.name for rule in contract.batch_rules] == ["primary_key"]


@pytest.mark.parametrize(
    ("old", "new", "line", "message", "hint"),
    [
        ("        required: true\n", "        requierd: true\n", 22, "unknown key 'requierd'", "'required'"),
        ("        required: true\n", "        required: 'yes'\n", 22, "the text 'yes'", ""),
        ("version: 1.0.0\n", "version: 1.0\n", 5, "the number 1.0, expected text", "quotes"),
        ("varchar(13)", "varchar", 15, "no length", ""),
        ("varchar(13)", "varchr(13)", 15, "no Redshift type", ""),
        ("varchar(13)", "smallint", 15, "use integer", ""),
        ("decimal(10,2)", "decimal(2,10)", 20, "the scale among them", ""),
        ("decimal(10,2)", "integer", 19, "logicalType 'number'", "expected integer"),
        ("personal", "persnal", 33, "no classification", "'personal'"),
        ("minimum: 0", "minimun: 0", 24, "no option 'minimun'", "'minimum'"),
        ("minimum: 0", "minimum: zero", 24, "cannot be a value of price", "a number"),
        ("minimum: 0", "multipleOf: 0", 24, "multipleOf is 0", "above 0"),
        ("[ticket_id, price]", "[ticket_id, prise]", 40, "no column 'prise'", "'price'"),
        ("property: columns", "property: column", 39, "custom property 'column'", "'columns'"),
        ("kind: DataContract", "kind: Contract", 2, "kind is 'Contract'", "DataContract"),
        ("apiVersion: v3.2.0", "apiVersion: v3.1.0", 1, "apiVersion is", "v3.2.0"),
        (
            "id: bookings.tickets",
            "id: bookings.ticket",
            3,
            "id is 'bookings.ticket'",
            "expected 'bookings.tickets'",
        ),
        ("  - name: tickets\n", "  - name: ticket\n", 9, "named 'ticket'", "product's name"),
        ("        primaryKey: true\n", "", 9, "no primary key", "primaryKey: true"),
        ("- name: price", "- name: ticket_id", 18, "twice, first on line 13", ""),
        ("- name: price", "- name: Price", 18, "'Price' cannot name a column", "lower-case"),
        ("        description: Number of the ticket.\n", "", 13, "no description", ""),
        ("access: read", "access: write", 36, "access is 'write'", "read"),
        ("role: shopping", "role: bookings", 35, "may read it anyway", "remove"),
    ],
)
def test_a_mistake_in_a_contract(
    mesh_folder: MeshFolder, old: str, new: str, line: int, message: str, hint: str
) -> None:
    path = mesh_folder.change(CONTRACT, old, new)
    problems = problems_of(mesh_folder)
    assert any(
        problem.path == path and problem.line == line and message in problem.message and hint in problem.hint
        for problem in problems
    ), "\n".join(map(str, problems))


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("metric: rowCont\n        mustBe: 0", "unknown metric 'rowCont'"),
        ("metric: rowCount", "the rule has no comparison"),
        ("metric: rowCount\n        mustBe: 0\n        mustNotBe: 1", "the rule has 2 comparisons"),
        ("metric: rowCount\n        mustBe: many", "expected a number"),
        ("metric: nullValues\n        mustBe: 0", "measured on a column"),
        (
            "metric: duplicateValues\n        arguments: {properties: [prise]}\n        mustBe: 0",
            "no column 'prise'",
        ),
        ("metric: duplicateValues\n        mustBe: 0", "duplicateValues of a table"),
        ("type: sql\n        mustBe: 0", "no query"),
        ("type: custom\n        engine: redshift", "no implementation"),
        ("type: regex", "unknown type of quality rule"),
        ("metric: rowCount\n        mustBe: 0\n        severity: fatal", "severity is 'fatal'"),
        ("metric: rowCount\n        mustBe: 0\n        dimension: size", "unknown dimension"),
        ("metric: rowCount\n        mustBeLess: 0", "unknown key 'mustBeLess'"),
    ],
)
def test_a_mistake_in_a_quality_rule(mesh_folder: MeshFolder, rule: str, message: str) -> None:
    mesh_folder.change(CONTRACT, "roles:\n", f"    quality:\n      - {rule}\nroles:\n")
    problems = problems_of(mesh_folder)
    assert any(message in str(problem) and problem.line >= 35 for problem in problems), problems


@pytest.mark.parametrize(
    ("level", "message"),
    [
        ("property: freshnes\n    value: 1", "unknown service level"),
        (
            "property: freshness\n    value: 1\n    unit: d\n    element: tickets.price",
            "no date or timestamp",
        ),
        (
            "property: freshness\n    value: soon\n    unit: d\n    element: tickets.sold_at",
            "'soon' is no amount of time",
        ),
        (
            "property: freshness\n    value: 1\n    unit: fortnight\n    element: tickets.sold_at",
            "'fortnight' is no unit of time",
        ),
        ("property: latency", "has no value"),
    ],
)
def test_a_mistake_in_a_service_level(mesh_folder: MeshFolder, level: str, message: str) -> None:
    path = mesh_folder.path(CONTRACT)
    mesh_folder.write(CONTRACT, path.read_text() + f"  - {level}\n")
    assert any(message in str(problem) for problem in problems_of(mesh_folder))


def test_rules_of_rows_and_of_batches(mesh_folder: MeshFolder) -> None:
    mesh_folder.change(
        CONTRACT,
        "          minimum: 0\n",
        "          minimum: 0\n"
        "        enum:\n          - value: 1\n          - value: 2.5\n"
        "        relationships:\n          - type: foreignKey\n            to: ticket_events.price\n"
        "        quality:\n"
        "          - metric: nullValues\n            name: few without a price\n            unit: percent\n"
        "            mustBeLessThan: 5\n            severity: warning\n",
    )
    contract = load_mesh(mesh_folder.root).products["bookings.tickets"].contract
    rules = {rule.name: rule for rule in contract.row_rules}
    assert rules["price_values"].test == OneOf((1, 2.5))
    assert rules["price_in_ticket_events"].test == ExistsIn("ticket_events", "price", is_source=True)
    [percent] = [rule for rule in contract.batch_rules if rule.percent]
    assert percent.measure == Breaking("price", Present())
    assert percent.limit == Limit("<", 5)
    assert not percent.fails


def test_a_whole_column_metric_of_none_is_a_row_rule(mesh_folder: MeshFolder) -> None:
    mesh_folder.change(
        CONTRACT,
        "        description: When it was sold, UTC.\n",
        "        description: When it was sold, UTC.\n        quality:\n"
        "          - {metric: nullValues, mustBe: 0, description: a ticket without a sale}\n",
    )
    contract = load_mesh(mesh_folder.root).products["bookings.tickets"].contract
    [rule] = [rule for rule in contract.row_rules if rule.column == "sold_at"]
    assert isinstance(rule, RowRule)
    assert rule.reason == "a ticket without a sale"


def test_freshness_is_also_a_batch_rule(mesh_folder: MeshFolder) -> None:
    path = mesh_folder.path(CONTRACT)
    level = "  - property: freshness\n    value: 2\n    unit: d\n    element: tickets.sold_at\n"
    mesh_folder.write(CONTRACT, path.read_text() + level)
    contract = load_mesh(mesh_folder.root).products["bookings.tickets"].contract
    freshness = contract.batch_rules[-1]
    assert isinstance(freshness, BatchRule)
    assert freshness.limit == Limit("<=", 48)


@pytest.mark.parametrize(
    ("old", "new", "line", "message", "hint"),
    [
        ("apiVersion: v1.0.0", "apiVersion: v0.9.0", 1, "apiVersion", ""),
        ("status: active", "status: activ", 5, "status is 'activ'", "'active'"),
        ("format: json", "format: jsonl", 18, "format of 'ticket_events' is 'jsonl'", "'json'"),
        ("        format: json", "        fromat: json", 18, "unknown key 'fromat'", "'format'"),
        ("property: sources", "property: source", 15, "custom property 'source'", "'sources'"),
        ("outputPorts:", "outputPort:", 9, "unknown key 'outputPort'", "'outputPorts'"),
        ("name: ticket_events", "name: Ticket-Events", 17, "cannot name a source", ""),
        ("    contractId: bookings.tickets", "    contractId: bookings.ticket", 13, "contractId is", ""),
        ("id: bookings.tickets\nname", "id: bookings.tickts\nname", 3, "the folder's address", ""),
    ],
)
def test_a_mistake_in_a_product(
    mesh_folder: MeshFolder, old: str, new: str, line: int, message: str, hint: str
) -> None:
    path = mesh_folder.change(PRODUCT, old, new)
    problems = problems_of(mesh_folder)
    assert any(
        problem.path == path and problem.line == line and message in problem.message and hint in problem.hint
        for problem in problems
    ), "\n".join(map(str, problems))


def test_a_product_without_anything_to_read(mesh_folder: MeshFolder) -> None:
    text = mesh_folder.path(PRODUCT).read_text().split("customProperties:")[0]
    mesh_folder.write(PRODUCT, text)
    assert any("neither input ports nor sources" in str(problem) for problem in problems_of(mesh_folder))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"222222222222"', "222222222222", "the number 222222222222, expected text"),
        ('"222222222222"', '"2222"', "no AWS account"),
        ('"222222222222"', '"333333333333"', "belongs to the domain 'bookings'"),
        ("us-east-1", "useast1", "no AWS Region"),
        ("name: bookings\n", "name: booking\n", "in the folder 'bookings'"),
        ("bookings@example.com", "nobody", "no e-mail address"),
        ("region:", "regoin:", "unknown key 'regoin'"),
        (
            "team:\n  name: Bookings team\n  email: bookings@example.com\n",
            "team: bookings\n",
            "team is the text",
        ),
    ],
)
def test_a_mistake_in_a_domain(mesh_folder: MeshFolder, old: str, new: str, message: str) -> None:
    mesh_folder.change("domains/bookings/domain.yaml", old, new)
    assert any(message in str(problem) for problem in problems_of(mesh_folder))


def test_one_product_s_mistake_hides_no_other_product(mesh_folder: MeshFolder) -> None:
    mesh_folder.add_consumer()
    mesh_folder.write("domains/shopping/offers/contract.yaml", "id: [\n")
    mesh, problems = read_mesh(mesh_folder.root)
    assert list(mesh.products) == ["bookings.tickets"]
    assert {problem.path.parent.name for problem in problems} == {"offers"}
    assert set(load_domains(mesh_folder.root)) == {"bookings", "shopping"}
    assert load_product(mesh_folder.root, "bookings.tickets").name == "tickets"


def test_an_unknown_product_is_reported_with_its_neighbour(mesh_folder: MeshFolder) -> None:
    with pytest.raises(MeshError, match=r"no product 'bookings\.tickts' .did you mean 'bookings\.tickets'"):
        load_product(mesh_folder.root, "bookings.tickts")


def test_a_product_is_read_again_when_its_file_changes(mesh_folder: MeshFolder) -> None:
    first = load_product(mesh_folder.root, "bookings.tickets")
    assert load_product(mesh_folder.root, "bookings.tickets").contract is first.contract
    mesh_folder.change(CONTRACT, "One ticket.", "One ticket, sold or not.")
    assert load_product(mesh_folder.root, "bookings.tickets").contract.table_description.endswith("or not.")


def test_an_empty_root_is_no_mesh(tmp_path: object) -> None:
    with pytest.raises(MeshError, match="domains: is missing"):
        load_mesh(tmp_path)  # type: ignore[arg-type]
