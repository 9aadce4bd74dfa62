"""Data cells filters: checked when made, granted, and applied to columns and rows wherever the table is read."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

OWNER, OTHER = "bookings", "shopping"


@pytest.fixture
def table(lake, name) -> str:
    """A curated Iceberg table of the owner with three rows."""
    lake.rows(
        OWNER,
        f"CREATE TABLE {name} (id string, market string, seats int, secret string, day date) "
        f"LOCATION 's3://bookings-curated/{name}/' TBLPROPERTIES ('table_type' = 'ICEBERG')",
    )
    lake.rows(
        OWNER,
        f"INSERT INTO {name} VALUES ('1', 'US', 3, 's1', date '2013-01-01'), "
        "('2', 'GB', 5, 's2', date '2013-01-01'), ('3', NULL, 7, 's3', date '2013-01-02')",
    )
    lake.link(OTHER, OWNER)
    return name


class Filters:
    """The filters of one table, made and granted by its owner."""

    def __init__(self, aws: Any, table: str) -> None:
        self.aws, self.table = aws, table
        self.client = aws.client("lakeformation", OWNER)

    def place(self, name: str) -> dict[str, str]:
        return {
            "TableCatalogId": self.aws.account(OWNER),
            "DatabaseName": "bookings_curated",
            "TableName": self.table,
            "Name": name,
        }

    def define(self, name: str, rows: str | None, *columns: str, **more: Any) -> dict[str, Any]:
        row_filter = {"FilterExpression": rows} if rows is not None else {"AllRowsWildcard": {}}
        chosen = {"ColumnNames": list(columns)} if columns else {"ColumnWildcard": {}}
        return {**self.place(name), "RowFilter": row_filter, **chosen, **more}

    def create(self, name: str, rows: str | None, *columns: str, **more: Any) -> None:
        self.client.create_data_cells_filter(TableData=self.define(name, rows, *columns, **more))

    def permission(self, name: str) -> dict[str, Any]:
        return {
            "Principal": {"DataLakePrincipalIdentifier": self.aws.role_arn(OTHER)},
            "Resource": {"DataCellsFilter": self.place(name)},
            "Permissions": ["SELECT"],
        }

    def grant(self, name: str) -> None:
        self.client.grant_permissions(**self.permission(name))

    def revoke(self, name: str) -> None:
        self.client.revoke_permissions(**self.permission(name))


@pytest.fixture
def filters(local_aws, table) -> Filters:
    return Filters(local_aws, table)


def rows(lake: Any, table: str, columns: str = "*", more: str = "") -> list[tuple[str | None, ...]]:
    return sorted(lake.rows(OTHER, f"SELECT {columns} FROM bookings_curated.{table} {more}"), key=repr)


def test_a_filter_shows_its_columns_of_its_rows(lake, table, filters):
    filters.create("us", "market = 'US' OR seats >= 7", "id", "day")
    assert "Required Select" in lake.refusal(OTHER, f"SELECT id FROM bookings_curated.{table}")
    filters.grant("us")
    assert rows(lake, table) == [("1", "2013-01-01"), ("3", "2013-01-02")]
    assert rows(lake, table, "count(*)") == [("2",)]
    assert rows(lake, table, "id", "WHERE day = date '2013-01-01'") == [("1",)]
    assert "market" in lake.refusal(OTHER, f"SELECT market FROM bookings_curated.{table}")
    filters.revoke("us")
    assert "Required Select" in lake.refusal(OTHER, f"SELECT id FROM bookings_curated.{table}")


def test_a_query_cannot_make_hidden_rows_fail(lake, table, filters):
    filters.create("us", "market = 'US'")
    filters.grant("us")
    found = rows(lake, table, "id", "WHERE 10 / (seats - 5) <> 0 AND cast(id AS integer) > 0")
    assert found == [("1",)]


def test_filters_and_named_grants_are_a_union_cell_by_cell(lake, table, filters):
    filters.create("us", "market = 'US'", "id", "secret")
    filters.create("gb", "market = 'GB'", "id", "seats")
    filters.grant("us")
    filters.grant("gb")
    assert rows(lake, table, "id") == [("1",), ("2",)]
    assert rows(lake, table, "id, secret") == [("1", "s1")]
    assert rows(lake, table, "id, seats") == [("2", "5")]
    assert rows(lake, table, "secret, seats") == []
    lake.grant(OWNER, OTHER, table, ["id"])
    assert rows(lake, table, "id") == [("1",), ("2",), ("3",)]
    assert rows(lake, table, "secret") == [("s1",)]


def test_excluded_columns_and_every_row(lake, table, filters):
    filters.create("all", None, ColumnWildcard={"ExcludedColumnNames": ["secret", "market"]})
    filters.grant("all")
    assert rows(lake, table) == [
        ("1", "3", "2013-01-01"),
        ("2", "5", "2013-01-01"),
        ("3", "7", "2013-01-02"),
    ]


def test_an_update_counts_at_once_and_checks_the_version(lake, table, filters):
    filters.create("us", "market = 'US'", "id")
    filters.grant("us")
    client = filters.client
    first = client.get_data_cells_filter(**filters.place("us"))["DataCellsFilter"]
    assert first["RowFilter"] == {"FilterExpression": "market = 'US'"}
    changed = filters.define("us", "market IS NULL", "id", "seats")
    client.update_data_cells_filter(TableData={**changed, "VersionId": first["VersionId"]})
    assert rows(lake, table) == [("3", "7")]
    with pytest.raises(ClientError, match="ConcurrentModificationException"):
        client.update_data_cells_filter(TableData={**changed, "VersionId": first["VersionId"]})
    with pytest.raises(ClientError, match="EntityNotFoundException"):
        client.update_data_cells_filter(TableData=filters.define("nobody", "market = 'US'", "id"))


def test_a_deleted_filter_takes_its_grants_with_it(lake, table, filters):
    filters.create("us", "market = 'US'", "id")
    filters.grant("us")
    filters.client.delete_data_cells_filter(**filters.place("us"))
    assert "Required Select" in lake.refusal(OTHER, f"SELECT id FROM bookings_curated.{table}")
    filters.create("us", "market = 'US'", "id")
    assert "Required Select" in lake.refusal(OTHER, f"SELECT id FROM bookings_curated.{table}")
    with pytest.raises(ClientError, match="AlreadyExistsException"):
        filters.create("us", "market = 'US'", "id")


@pytest.mark.parametrize(
    "expression",
    [
        "market = 'US'",
        "seats BETWEEN 1 AND 3 AND (market IN ('US', 'GB') OR market LIKE 'U%')",
        "NOT market = 'US'",
        "market NOT IN ('US') AND seats <> -1 AND seats != 2.5",
        "market IS NOT NULL AND \"market\" NOT LIKE 'G_'",
    ],
)
def test_what_a_row_filter_may_say(filters, expression):
    filters.create("f", expression, "id")
    shown = filters.client.get_data_cells_filter(**filters.place("f"))["DataCellsFilter"]
    assert shown["RowFilter"]["FilterExpression"] == expression


@pytest.mark.parametrize(
    "expression",
    [
        "upper(market) = 'US'",
        "market = id",
        "seats + 1 > 2",
        "seats = '3'",
        "market = 3",
        "nobody = 'x'",
        "day = '2013-01-01'",
        "day = DATE '2013-01-01'",
        "market IN (SELECT 'US')",
        "market = 'US'; DROP TABLE x",
        "market = 'US' ORDER BY 1",
        "market = 'US' UNION SELECT 1",
        "market ~ 'U'",
        "EXISTS (SELECT 1)",
        "seats LIKE '3'",
        "market = ",
        "true",
        "market",
        "'US' = market",
        "market = 'US' AND '" + "x" * 2048 + "' = market",
    ],
)
def test_what_a_row_filter_may_not_say(filters, expression):
    with pytest.raises(ClientError, match="InvalidInputException"):
        filters.create("f", expression, "id")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"ColumnNames": ["nobody"]}, "EntityNotFoundException"),
        ({"ColumnNames": ["id"], "ColumnWildcard": {}}, "InvalidInputException"),
        ({"ColumnNames": []}, "InvalidInputException"),
        ({"RowFilter": {}}, "InvalidInputException"),
        ({"RowFilter": {"FilterExpression": "seats = 1", "AllRowsWildcard": {}}}, "InvalidInputException"),
        ({"TableName": "nothing"}, "EntityNotFoundException"),
    ],
)
def test_impossible_filters(filters, change, code):
    with pytest.raises(ClientError, match=code):
        filters.client.create_data_cells_filter(
            TableData={**filters.define("f", "market = 'US'", "id"), **change}
        )


def test_who_may_make_and_grant_filters(local_aws, filters):
    filters.create("us", "market = 'US'", "id")
    other = local_aws.client("lakeformation", OTHER)
    with pytest.raises(ClientError, match="AccessDeniedException"):
        other.create_data_cells_filter(TableData=filters.define("mine", "market = 'US'", "id"))
    with pytest.raises(ClientError, match="AccessDeniedException"):
        other.grant_permissions(**filters.permission("us"))
    with pytest.raises(ClientError, match="InvalidInputException"):
        filters.client.grant_permissions(**{**filters.permission("us"), "Permissions": ["INSERT"]})
    with pytest.raises(ClientError, match="EntityNotFoundException"):
        filters.grant("nobody")
    assert (
        other.list_data_cells_filter(
            Table={
                "CatalogId": local_aws.account(OWNER),
                "DatabaseName": "bookings_curated",
                "Name": filters.table,
            }
        )["DataCellsFilters"]
        == []
    )


def test_filters_and_their_grants_are_listed_in_pages(local_aws, filters):
    names = [f"f{number}" for number in range(5)]
    for name in names:
        filters.create(name, "market = 'US'", "id")
        filters.grant(name)
    place = {"DatabaseName": "bookings_curated", "Name": filters.table}
    pages = filters.client.get_paginator("list_data_cells_filter").paginate(
        Table=place, PaginationConfig={"PageSize": 2}
    )
    assert [[one["Name"] for one in page["DataCellsFilters"]] for page in pages] == [
        ["f0", "f1"],
        ["f2", "f3"],
        ["f4"],
    ]
    resource = {"Table": place}
    plain = filters.client.list_permissions(Resource=resource)["PrincipalResourcePermissions"]
    assert not [entry for entry in plain if "DataCellsFilter" in entry["Resource"]]
    seen: list[str] = []
    token: dict[str, str] = {}
    while True:
        page = filters.client.list_permissions(
            Resource=resource, IncludeRelated="TRUE", MaxResults=3, **token
        )
        assert len(page["PrincipalResourcePermissions"]) <= 3
        seen += [
            entry["Resource"]["DataCellsFilter"]["Name"]
            for entry in page["PrincipalResourcePermissions"]
            if "DataCellsFilter" in entry["Resource"]
        ]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert seen == names


def test_at_most_a_hundred_filters_of_a_table_for_a_principal(local_aws, filters):
    for number in range(101):
        filters.create(f"f{number}", None, "id")
    entries = [{"Id": str(number), **filters.permission(f"f{number}")} for number in range(101)]
    failures = []
    for start in range(0, 101, 20):
        answer = filters.client.batch_grant_permissions(Entries=entries[start : start + 20])
        failures += answer["Failures"]
    assert [failure["RequestEntry"]["Id"] for failure in failures] == ["100"]
    assert failures[0]["Error"]["ErrorCode"] == "ResourceNumberLimitExceededException"
