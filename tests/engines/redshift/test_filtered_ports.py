"""Row filters of Lake Formation in external schemas: rows that a role may not read do not exist for its queries."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

OWNER, OTHER = "bookings", "shopping"
DENIED = "permission denied"


@pytest.fixture(scope="module")
def reader(local_aws: Any, data_api: Any) -> Any:
    """The Data API of another domain's cluster, with a resource link and an external schema of the owner's ports."""
    glue = local_aws.client("glue", OTHER)
    target = {"CatalogId": local_aws.account(OWNER), "DatabaseName": "bookings_curated"}
    try:
        glue.create_database(DatabaseInput={"Name": "bookings_curated", "TargetDatabase": target})
    except glue.exceptions.AlreadyExistsException:
        linked = glue.get_database(Name="bookings_curated")["Database"]["TargetDatabase"]
        assert target.items() <= linked.items()
    api = type(data_api)(local_aws.client("redshift-data", OTHER), OTHER)
    schema = (
        "create external schema if not exists {name} from data catalog database '{name}' iam_role '{role}'"
    )
    api.must(schema.format(name="bookings_curated", role=local_aws.role_arn(OTHER)))
    data_api.must(schema.format(name="bookings_curated", role=local_aws.role_arn(OWNER)))
    return api


@pytest.fixture
def table(local_aws: Any, data_api: Any, reader: Any) -> Iterator[str]:
    """A port with four rows, of which the other domain may read two, without `secret`."""
    name = f"filtered_{uuid.uuid4().hex[:8]}"
    place = f"bookings_curated.{name}"
    data_api.must(
        f"create table {place} (id integer, market varchar(4), seats integer, secret varchar(10)) "
        f"using iceberg location 's3://bookings-curated/{name}/'"
    )
    data_api.must(
        f"insert into {place} values (1, 'US', 3, 'a'), (2, 'GB', 0, 'b'), (3, null, 7, 'c'), (4, 'US', 5, 'd')"
    )
    lake = local_aws.client("lakeformation", OWNER)
    key = {
        "TableCatalogId": local_aws.account(OWNER),
        "DatabaseName": "bookings_curated",
        "TableName": name,
        "Name": "some",
    }
    lake.create_data_cells_filter(
        TableData={
            **key,
            "RowFilter": {"FilterExpression": "market = 'US'"},
            "ColumnNames": ["id", "market", "seats"],
        }
    )
    grant(local_aws, {"DataCellsFilter": key}, "SELECT")
    yield place
    data_api.must(f"drop table {place}")


def grant(aws: Any, resource: dict[str, Any], *permissions: str) -> None:
    aws.client("lakeformation", OWNER).grant_permissions(
        Principal={"DataLakePrincipalIdentifier": aws.role_arn(OTHER)},
        Resource=resource,
        Permissions=list(permissions),
    )


def test_rows_columns_counts_and_joins(reader: Any, table: str) -> None:
    assert reader.rows(f"select * from {table} order by id") == [(1, "US", 3), (4, "US", 5)]
    assert reader.rows(f"select count(*) from {table}") == [(2,)]
    assert reader.rows(f"select max(seats) from {table} where id < 4") == [(3,)]
    joined = (
        f"select a.id from {table} a left join {table} b on a.id = b.id + 1 where b.id is null order by 1"
    )
    assert reader.rows(joined) == [(1,), (4,)]
    assert "secret" in reader.run(f"select secret from {table}")["Error"]


def test_a_condition_is_never_computed_on_hidden_rows(reader: Any, table: str) -> None:
    assert reader.rows(f"select id from {table} where 10 / seats > 0 order by id") == [(1,), (4,)]


def test_a_view_of_it_shows_no_more(reader: Any, table: str) -> None:
    view = f"seen_{uuid.uuid4().hex[:8]}"
    reader.must(f"create view {view} as select id from {table} with no schema binding")
    assert reader.rows(f"select count(*) from {view}") == [(2,)]
    reader.must(f"create table {view}_copy as select * from {table}")
    assert reader.rows(f"select count(*) from {view}_copy") == [(2,)]


def test_a_row_filter_allows_inserts_but_no_updates_or_deletes(
    local_aws: Any, data_api: Any, reader: Any, table: str
) -> None:
    place = {
        "CatalogId": local_aws.account(OWNER),
        "DatabaseName": "bookings_curated",
        "Name": table.split(".")[1],
    }
    grant(local_aws, {"Table": place}, "INSERT", "DELETE")
    for statement in (
        f"delete from {table} where market = 'GB'",
        f"update {table} set seats = 1 where id = 2",
        f"merge into {table} using (select 2 as id) s on {table}.id = s.id when matched then delete",
    ):
        assert DENIED in reader.run(statement)["Error"]
    assert data_api.rows(f"select count(*) from {table}") == [(4,)]
    assert reader.must(f"insert into {table} values (5, 'GB', 1, 'e')")
    assert data_api.rows(f"select count(*) from {table}") == [(5,)]
    assert reader.rows(f"select count(*) from {table}") == [(2,)]


def test_a_transaction_reads_its_own_rows_through_the_filter(local_aws: Any, reader: Any, table: str) -> None:
    place = {
        "CatalogId": local_aws.account(OWNER),
        "DatabaseName": "bookings_curated",
        "Name": table.split(".")[1],
    }
    grant(local_aws, {"Table": place}, "INSERT")
    described = reader.client.batch_execute_statement(
        Sqls=[
            f"insert into {table} values (6, 'US', 1, 'f'), (7, 'GB', 1, 'g')",
            f"select id from {table} order by id",
        ],
        **reader.place,
    )
    ended = reader.ended(described["Id"])
    assert ended["Status"] == "FINISHED", ended
    found = reader.client.get_statement_result(Id=ended["SubStatements"][1]["Id"])["Records"]
    assert [record[0]["longValue"] for record in found] == [1, 4, 6]
