"""Contracts as Redshift SQL, run on rows: what is set aside, what is measured, what is published."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
import sqlglot

from interline.build.built_day import begin_build, built_query
from interline.contracts import Contract, load_mesh
from interline.publication.commit import current_batch, publish_statements
from interline.publication.declare import declare_port
from interline.quarantine.batch_check import (
    passing_statement,
    plan_check,
    schema_differences,
)
from interline.quarantine.table import quarantine_columns
from interline.sql.predicates import checked_expression, checked_query
from interline.sql.quoting import day_literal, identifier, literal
from interline.sql.tables import Tables
from tests.mesh_folder import MeshFolder

CONTRACT = "domains/bookings/tickets/contract.yaml"
DAY = "2013-01-01"
COLUMNS = {"price": "decimal(10,2)", "email": "varchar(100)"}
TABLES = Tables("bookings", "tickets")
BATCH = """
create schema bookings; create schema bookings_landing; create schema bookings_curated;
create table bookings.tickets (ticket_id varchar, price decimal(10,2), sold_at timestamp, email varchar);
create table bookings_landing.airports (iata varchar, dt varchar);
insert into bookings_landing.airports values ('JFK', '2013-01-01'), ('LHR', '2012-12-31');
"""


@pytest.fixture
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute(BATCH)
        yield connection


def run(database: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    """Run Redshift SQL; its result sets are the only thing compared, never the SQL's text."""
    translated = sqlglot.transpile(sql, read="redshift", write="duckdb")[0]
    return database.execute(translated).fetchall()


def insert(database: duckdb.DuckDBPyConnection, *rows: tuple[Any, ...]) -> None:
    database.executemany("insert into bookings.tickets values (?, ?, ?, ?)", list(rows))


def check(
    database: duckdb.DuckDBPyConnection, contract: Contract, columns: dict[str, str] | None = None
) -> tuple[list[Any], dict[str, int]]:
    """Check the batch as the operator does and return the numbers and how many rows broke which rules."""
    database.execute("drop table if exists checked_rows")
    existing = {} if columns is None else {TABLES.quarantine: columns}
    plan = plan_check(contract, TABLES, DAY, existing)
    results = [run(database, statement) for statement in (*plan.preparing, *plan.statements)]
    return list(results[-2][0]), dict(results[-1])


def contract_with(mesh_folder: MeshFolder, *, column: str = "", table: str = "", keys: str = "") -> Contract:
    """The contract of bookings.tickets with more keys under ``price``, more columns, or more table rules."""
    if keys:
        mesh_folder.change(CONTRACT, "        logicalTypeOptions:\n          minimum: 0\n", keys)
    if column:
        mesh_folder.change(CONTRACT, "roles:\n", f"{column}roles:\n")
    if table:
        mesh_folder.change(CONTRACT, "roles:\n", f"    quality:\n{table}roles:\n")
    return load_mesh(mesh_folder.root).products["bookings.tickets"].contract


GOOD = ("A", 10, "2013-01-01 10:00:00", "a@b.cd")


def test_bad_rows_go_to_quarantine_with_every_reason(
    mesh_folder: MeshFolder, database: duckdb.DuckDBPyConnection
) -> None:
    insert(database, GOOD, (None, -5, None, None), ("C", None, None, None))
    numbers, broken = check(database, contract_with(mesh_folder))
    assert numbers[:3] == [3, 1, 2]
    assert broken == {"ticket_id_required,price_minimum": 1, "price_required": 1}
    quarantined = run(
        database, "select data_day, reason, price from bookings.tickets__quarantine order by reason"
    )
    assert [(str(day), reason) for day, reason, _ in quarantined] == [
        (DAY, "price is missing"),
        (DAY, "ticket_id is missing; price is below 0"),
    ]
    assert run(database, "select ticket_id from bookings.tickets__checked") == [("A",)]


def test_checking_twice_is_checking_once(
    mesh_folder: MeshFolder, database: duckdb.DuckDBPyConnection
) -> None:
    insert(database, GOOD, ("B", -1, None, None))
    contract = contract_with(mesh_folder)
    first = check(database, contract)
    assert check(database, contract, dict(quarantine_columns(contract))) == first
    assert run(database, "select count(*) from bookings.tickets__quarantine") == [(1,)]
    assert run(database, "select count(*) from bookings.tickets__checks") == [(1,)]


def test_an_older_day_s_quarantine_stays(
    mesh_folder: MeshFolder, database: duckdb.DuckDBPyConnection
) -> None:
    contract = contract_with(mesh_folder)
    insert(database, ("B", -1, None, None))
    for statement in plan_check(contract, TABLES, "2012-12-31", {}).statements:
        run(database, statement)
    check(database, contract)
    days = run(database, "select data_day from bookings.tickets__quarantine order by data_day")
    assert [str(day) for (day,) in days] == ["2012-12-31", DAY]
    assert run(database, current_batch(TABLES)) == [(DAY, 1, 0, 1, False, 0)]
    run(database, passing_statement(TABLES, "2012-12-31"))
    assert run(database, current_batch(TABLES))[0][4] is False
    run(database, passing_statement(TABLES, DAY))
    assert run(database, current_batch(TABLES))[0][4] is True


def test_a_batch_fails_when_another_day_was_built_meanwhile(
    mesh_folder: MeshFolder, database: duckdb.DuckDBPyConnection
) -> None:
    insert(database, GOOD)
    for day in (DAY, "2013-01-02"):
        for statement in begin_build(TABLES, day_literal(day)):
            run(database, statement)
        check(database, contract_with(mesh_folder))
        run(database, passing_statement(TABLES, DAY, is_noted=True))
        assert run(database, current_batch(TABLES))[0][4] is (day == DAY)
        assert run(database, built_query(TABLES)) == [(day,)]


def test_many_new_columns_are_checked_in_one_transaction(
    mesh_folder: MeshFolder, database: duckdb.DuckDBPyConnection
) -> None:
    """A transaction of the Data API has at most 40 statements (BatchExecuteStatement, Redshift Data API reference)."""
    before = contract_with(mesh_folder)
    check(database, before)
    names = [f"extra_{number}" for number in range(60)]
    lines = (
        f"      - name: {name}\n        logicalType: integer\n        physicalType: integer\n"
        "        description: One of many.\n"
        for name in names
    )
    contract = contract_with(mesh_folder, column="".join(lines))
    for name in names:
        database.execute(f"alter table bookings.tickets add column {name} integer")
    columns = dict(quarantine_columns(before))
    assert len(plan_check(contract, TABLES, DAY, {TABLES.quarantine: columns}).statements) <= 40
    database.execute("insert into bookings.tickets (ticket_id, price, extra_59) values ('A', -1, 7)")
    check(database, contract, columns)
    assert run(database, "select extra_0, extra_59 from bookings.tickets__quarantine") == [(None, 7)]


def test_a_new_column_of_the_contract_is_added_to_the_quarantine(
    mesh_folder: MeshFolder, database: duckdb.DuckDBPyConnection
) -> None:
    insert(database, ("B", -1, None, None))
    contract = contract_with(mesh_folder)
    check(database, contract)
    database.execute("alter table bookings.tickets__quarantine drop column email")
    check(database, contract, {k: v for k, v in quarantine_columns(contract) if k != "email"})
    assert run(database, "select email from bookings.tickets__quarantine") == [(None,)]


@pytest.mark.parametrize(
    ("keys", "good", "broken"),
    [
        ("        logicalTypeOptions: {minimum: 5}\n", [5, 6], [4.99]),
        ("        logicalTypeOptions: {maximum: 5}\n", [5, -1], [5.01]),
        ("        logicalTypeOptions: {exclusiveMinimum: 5}\n", [5.01], [5]),
        ("        logicalTypeOptions: {exclusiveMaximum: 5}\n", [4.99], [5]),
        ("        logicalTypeOptions: {multipleOf: 0.25}\n", [0, 0.75, -2], [0.8]),
        ("        enum:\n          - value: 1\n          - value: 2.5\n", [1, 2.5], [2]),
    ],
)
def test_rules_about_numbers(
    mesh_folder: MeshFolder,
    database: duckdb.DuckDBPyConnection,
    keys: str,
    good: list[float],
    broken: list[float],
) -> None:
    contract = contract_with(mesh_folder, keys=keys)
    insert(database, *((f"T{n}", value, None, None) for n, value in enumerate([*good, *broken])))
    numbers, _ = check(database, contract)
    assert numbers[:3] == [len(good) + len(broken), len(good), len(broken)]


CODE = """\
      - name: email
        logicalType: string
        physicalType: varchar(100)
        description: Where it was sent.
        classification: personal
"""


@pytest.mark.parametrize(
    ("rule", "good", "broken"),
    [
        ("logicalTypeOptions: {minLength: 3}", ["abc", None, "äöü"], ["ab"]),
        ("logicalTypeOptions: {maxLength: 3}", ["abc", None, "äöü"], ["abcd"]),
        ('logicalTypeOptions: {pattern: "^[A-Z]{3}$"}', ["JFK", None], ["jfk", "JFKX", ""]),
        ('logicalTypeOptions: {pattern: "^[0-9]+\\\\.[0-9]$"}', ["1.5"], ["1x5"]),
        ("enum: [{value: it's}, {value: back\\slash}]", ["it's", "back\\slash", None], ["its", "backslash"]),
        (
            "quality: [{metric: missingValues, arguments: {missingValues: [N/A]}, mustBe: 0}]",
            ["x"],
            ["", " N/A ", None],
        ),
        (
            "quality: [{metric: invalidValues, arguments: {validValues: [a, b]}, mustBe: 0}]",
            ["a", None],
            ["c"],
        ),
        ('quality: [{metric: invalidValues, arguments: {pattern: "^a"}, mustBe: 0}]', ["ab", None], ["ba"]),
    ],
)
def test_rules_about_text(
    mesh_folder: MeshFolder,
    database: duckdb.DuckDBPyConnection,
    rule: str,
    good: list[str | None],
    broken: list[str | None],
) -> None:
    mesh_folder.change(CONTRACT, CODE, f"{CODE}        {rule}\n")
    insert(database, *((f"T{n}", 1, None, value) for n, value in enumerate([*good, *broken])))
    numbers, _ = check(database, load_mesh(mesh_folder.root).products["bookings.tickets"].contract)
    assert numbers[:3] == [len(good) + len(broken), len(good), len(broken)]


def test_a_bound_of_a_timestamp(mesh_folder: MeshFolder, database: duckdb.DuckDBPyConnection) -> None:
    mesh_folder.change(
        CONTRACT,
        "        description: When it was sold, UTC.\n",
        "        description: When it was sold, UTC.\n        logicalTypeOptions:\n"
        '          minimum: "2013-01-01 00:00:00"\n',
    )
    insert(
        database,
        ("A", 1, "2012-12-31 23:59:59", None),
        ("B", 1, "2013-01-01 00:00:00", None),
        ("C", 1, None, None),
    )
    numbers, _ = check(database, load_mesh(mesh_folder.root).products["bookings.tickets"].contract)
    assert numbers[:3] == [3, 2, 1]


def test_a_reference_to_a_source_looks_at_what_landed_on_the_day(
    mesh_folder: MeshFolder, database: duckdb.DuckDBPyConnection
) -> None:
    relationship = f"{CODE}        relationships:\n          - to: airports.iata\n"
    mesh_folder.change(CONTRACT, CODE, relationship)
    insert(
        database, ("A", 1, None, "JFK"), ("B", 1, None, "LHR"), ("C", 1, None, None), ("D", 1, None, "JFK")
    )
    _, broken = check(database, load_mesh(mesh_folder.root).products["bookings.tickets"].contract)
    assert broken == {"email_in_airports": 1}


def test_a_reference_to_a_port_looks_at_all_it_holds(
    mesh_folder: MeshFolder, database: duckdb.DuckDBPyConnection
) -> None:
    mesh_folder.change(
        CONTRACT, CODE, f"{CODE}        relationships:\n          - to: bookings.agents.mail\n"
    )
    database.execute("create table bookings_curated.agents (mail varchar)")
    database.execute("insert into bookings_curated.agents values ('a'), ('a'), (null)")
    insert(database, ("A", 1, None, "a"), ("B", 1, None, "b"))
    numbers, broken = check(database, load_mesh(mesh_folder.root).products["bookings.tickets"].contract)
    assert numbers[:3] == [2, 1, 1]
    assert broken == {"email_in_bookings_agents": 1}


def test_an_expression_that_is_null_breaks_the_rule(
    mesh_folder: MeshFolder, database: duckdb.DuckDBPyConnection
) -> None:
    rule = "      - {name: cheap mail, type: custom, engine: redshift, implementation: price < 5 or email = 'x'}\n"
    contract = contract_with(mesh_folder, table=rule)
    insert(database, ("A", 1, None, None), ("B", 9, None, "x"), ("C", 9, None, "y"), ("D", 9, None, None))
    _, broken = check(database, contract)
    assert broken == {"cheap_mail": 2}


def test_every_blank_of_a_text_in_a_rule_counts(
    mesh_folder: MeshFolder, database: duckdb.DuckDBPyConnection
) -> None:
    rule = "      - name: two blanks\n        type: custom\n        engine: redshift\n        implementation: |\n"
    contract = contract_with(mesh_folder, table=rule + "          email\n            = 'x  y';\n")
    insert(database, ("A", 1, None, "x  y"), ("B", 1, None, "x y"))
    _, broken = check(database, contract)
    assert broken == {"two_blanks": 1}


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ("metric: rowCount\n        mustBeGreaterThan: 1", 4),
        ("metric: duplicateValues\n        arguments: {properties: [price, email]}\n        mustBe: 0", 1),
        ("type: sql\n        query: select sum(price) from ${object}\n        mustBe: 0", 40),
        (
            "type: sql\n        query: select max(n) from (select count(*) as n from ${object} group by email) x\n"
            "        mustBe: 0",
            3,
        ),
    ],
)
def test_numbers_about_the_batch(
    mesh_folder: MeshFolder, database: duckdb.DuckDBPyConnection, rule: str, value: float
) -> None:
    contract = contract_with(mesh_folder, table=f"      - {rule}\n")
    insert(database, ("A", 10, None, "m"), ("B", 10, None, "m"), ("C", 20, None, None), ("D", 0, None, "m"))
    insert(database, ("bad", -1, None, "m"))
    numbers, _ = check(database, contract)
    assert float(numbers[3 + 1]) == value


def test_shares_are_percent_of_what_was_checked(
    mesh_folder: MeshFolder, database: duckdb.DuckDBPyConnection
) -> None:
    keys = (
        "        quality:\n          - metric: nullValues\n            name: few\n            unit: percent\n"
        "            mustBeLessThan: 5\n"
    )
    mesh_folder.change(CONTRACT, CODE, CODE + keys)
    insert(database, ("A", 1, None, None), ("B", 1, None, "m"), ("C", 1, None, "m"), ("D", 1, None, "m"))
    insert(database, ("bad", -1, None, None))
    numbers, _ = check(database, load_mesh(mesh_folder.root).products["bookings.tickets"].contract)
    assert float(numbers[4]) == 25


def test_freshness_is_measured_to_the_end_of_the_data_day(
    mesh_folder: MeshFolder, database: duckdb.DuckDBPyConnection
) -> None:
    path = mesh_folder.path(CONTRACT)
    level = "  - property: freshness\n    value: 2\n    unit: h\n    element: tickets.sold_at\n"
    mesh_folder.write(CONTRACT, path.read_text() + level)
    contract = load_mesh(mesh_folder.root).products["bookings.tickets"].contract
    numbers, _ = check(database, contract)
    assert numbers[4] is None
    insert(database, ("A", 1, "2013-01-01 21:30:00", None))
    numbers, _ = check(database, contract)
    assert float(numbers[4]) == 2.5
    assert not contract.batch_rules[-1].limit.holds(2.5)


def test_the_primary_key_is_measured_after_bad_rows_are_gone(
    mesh_folder: MeshFolder, database: duckdb.DuckDBPyConnection
) -> None:
    insert(database, GOOD, ("A", -1, None, None))
    numbers, _ = check(database, contract_with(mesh_folder))
    assert numbers[3] == 0
    insert(database, ("A", 2, None, None))
    numbers, _ = check(database, contract_with(mesh_folder))
    assert numbers[3] == 1


def published(database: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    return database.execute("select * from bookings_curated.tickets order by all").fetchall()


def test_a_current_state_is_updated_by_key_once(
    mesh_folder: MeshFolder, database: duckdb.DuckDBPyConnection
) -> None:
    contract = contract_with(mesh_folder)
    database.execute("create table bookings_curated.tickets as select * from bookings.tickets")
    database.execute(
        "insert into bookings_curated.tickets values ('A', 1, null, null), ('Z', 26, null, null)"
    )
    insert(database, GOOD, ("B", 2, None, None))
    check(database, contract)
    for _ in range(2):
        for statement in publish_statements(contract, TABLES, DAY):
            run(database, statement)
    assert [row[:2] for row in published(database)] == [("A", 10), ("B", 2), ("Z", 26)]


def test_a_history_has_its_day_replaced_and_other_days_kept(
    mesh_folder: MeshFolder, database: duckdb.DuckDBPyConnection
) -> None:
    column = (
        "      - name: data_day\n        logicalType: date\n        physicalType: date\n"
        "        description: Data day.\n        partitioned: true\n"
    )
    contract = contract_with(mesh_folder, column=column)
    assert contract.keeps_history
    database.execute("alter table bookings.tickets add column data_day date")
    database.execute("create table bookings_curated.tickets as select * from bookings.tickets")
    for day, key in (("2012-12-31", "old"), (DAY, "replaced")):
        database.execute("insert into bookings_curated.tickets values (?, 1, null, null, ?)", [key, day])
    database.execute("insert into bookings.tickets values ('new', 1, null, null, ?)", [DAY])
    check(database, contract)
    for _ in range(2):
        for statement in publish_statements(contract, TABLES, DAY):
            run(database, statement)
    assert [(row[0], str(row[4])) for row in published(database)] == [("new", DAY), ("old", "2012-12-31")]
    quarantine = database.execute("describe bookings.tickets__quarantine").fetchall()
    assert [row[0] for row in quarantine][:3] == ["data_day", "rule", "reason"]
    assert quarantine[-1][0] == "batch_data_day"


def test_a_port_is_declared_as_iceberg_knows_types(mesh_folder: MeshFolder) -> None:
    contract = contract_with(mesh_folder)
    assert declare_port(contract, TABLES, "s3://bookings-curated/tickets/") == (
        'create table if not exists "bookings_curated"."tickets" ("ticket_id" varchar, "price" decimal(10,2),'
        ' "sold_at" timestamp, "email" varchar) using iceberg location \'s3://bookings-curated/tickets/\''
    )


def test_differences_between_what_was_built_and_the_contract(mesh_folder: MeshFolder) -> None:
    contract = contract_with(mesh_folder)
    same = {
        "ticket_id": "varchar(13)",
        "price": "numeric(10,2)",
        "sold_at": "timestamp",
        "email": "varchar(100)",
    }
    assert schema_differences(contract, same) == []
    other = {"ticket_id": "varchar(13)", "price": "float8", "sold_att": "timestamp", "email": "varchar(100)"}
    assert schema_differences(contract, other) == [
        "the column price is float8, the contract says decimal(10,2)",
        "the column sold_at is missing (did you mean 'sold_att'?)",
        "the column sold_att is not in the contract",
    ]


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("prise > 0", "did you mean 'price'"),
        ("price > 0; drop table x", "statements; expected one"),
        ("price > 0 -- always", "has a comment"),
        ("price > (select 1)", "beyond its own row"),
        ("sum(price) > 0", "beyond its own row"),
        ("price >", "is no SQL"),
        ("price > 0 limit 1", "more than one expression"),
        ("1 = 1 union select 2", "no SQL|more than one|SELECT|statements|beyond"),
        ("other.price > 0", "which is no column"),
    ],
)
def test_an_expression_that_is_refused(expression: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        checked_expression(expression, COLUMNS, "batch")


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("select 1", "does not read"),
        ("delete from ${object}", "no SELECT|does more"),
        ("select 1 from ${object}; select 2", "2 statements"),
        ("select min(price), min(email) from ${object}", "gives 2 columns"),
        ("select 1 into x from ${object}", "does more"),
        ("select count(*) from ${object} -- x", "comment"),
    ],
)
def test_a_query_that_is_refused(query: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        checked_query(query, '"a"."b"', COLUMNS)


@pytest.mark.parametrize("name", ['x"', "x;y", "X", "", "a b", "x" * 128, "1a", "a.b"])
def test_a_name_that_cannot_be_quoted(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be a name"):
        identifier(name)


def test_literals() -> None:
    assert literal("it's \\d") == "'it''s \\\\d'"
    assert literal(True) == "true"
    assert literal(-3) == "-3"
    assert literal(1e-7) == "0.0000001"
    with pytest.raises(ValueError, match="NUL"):
        literal("\0")
    with pytest.raises(ValueError, match="no number"):
        literal(float("nan"))
    with pytest.raises(ValueError, match=r"Invalid|no data day"):
        day_literal("2013-1-1")


def test_nothing_in_a_contract_reaches_sql_unquoted(
    mesh_folder: MeshFolder, database: duckdb.DuckDBPyConnection
) -> None:
    attack = "'; drop table bookings.tickets; --"
    mesh_folder.change(CONTRACT, CODE, f'{CODE}        enum:\n          - value: "{attack}"\n')
    insert(database, ("A", 1, None, attack), ("B", 1, None, "x"))
    numbers, _ = check(database, load_mesh(mesh_folder.root).products["bookings.tickets"].contract)
    assert numbers[:3] == [2, 1, 1]
