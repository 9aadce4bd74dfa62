"""Lake Formation's API: who may grant what, batches, lists, and what of the catalog a principal sees."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

OWNER, OTHER = "bookings", "shopping"


@pytest.fixture
def table(lake, name) -> str:
    """A curated Iceberg table of the owner."""
    lake.rows(
        OWNER,
        f"CREATE TABLE {name} (id string, secret string, day date) LOCATION 's3://bookings-curated/{name}/' "
        "TBLPROPERTIES ('table_type' = 'ICEBERG')",
    )
    lake.rows(OWNER, f"INSERT INTO {name} VALUES ('1', 's', date '2013-01-01')")
    return name


def resource(aws: Any, table: str, *columns: str, excluded: tuple[str, ...] = ()) -> dict[str, Any]:
    described: dict[str, Any] = {
        "CatalogId": aws.account(OWNER),
        "DatabaseName": "bookings_curated",
        "Name": table,
    }
    if columns:
        return {"TableWithColumns": {**described, "ColumnNames": list(columns)}}
    if excluded:
        return {"TableWithColumns": {**described, "ColumnWildcard": {"ExcludedColumnNames": list(excluded)}}}
    return {"Table": described}


def principal(aws: Any, domain: str) -> dict[str, str]:
    return {"DataLakePrincipalIdentifier": aws.role_arn(domain)}


def listed(aws: Any, table: str, domain: str) -> list[tuple[str, list[str], list[str]]]:
    """The grants of a domain on a table: kind of resource, permissions, columns."""
    found = aws.client("lakeformation", OWNER).list_permissions(
        CatalogId=aws.account(OWNER), Principal=principal(aws, domain), Resource=resource(aws, table)
    )["PrincipalResourcePermissions"]
    shown = []
    for entry in found:
        ((kind, described),) = entry["Resource"].items()
        shown.append((kind, entry["Permissions"], described.get("ColumnNames", [])))
    return sorted(shown)


def test_the_creator_has_everything_with_grant_option(local_aws, table):
    assert listed(local_aws, table, OWNER) == [
        ("Table", ["ALL", "ALTER", "DELETE", "DESCRIBE", "DROP", "INSERT"], []),
        ("TableWithColumns", ["SELECT"], []),
    ]


def test_grants_are_listed_as_aws_does_and_revoked_by_column(local_aws, table):
    lake = local_aws.client("lakeformation", OWNER)
    lake.grant_permissions(
        Principal=principal(local_aws, OTHER),
        Resource=resource(local_aws, table, "id", "day"),
        Permissions=["SELECT"],
    )
    assert listed(local_aws, table, OTHER) == [("TableWithColumns", ["SELECT"], ["day", "id"])]
    lake.revoke_permissions(
        Principal=principal(local_aws, OTHER),
        Resource=resource(local_aws, table, "day"),
        Permissions=["SELECT"],
    )
    assert listed(local_aws, table, OTHER) == [("TableWithColumns", ["SELECT"], ["id"])]
    with pytest.raises(ClientError, match="InvalidInputException"):
        lake.revoke_permissions(
            Principal=principal(local_aws, OTHER),
            Resource=resource(local_aws, table, "day"),
            Permissions=["SELECT"],
        )


def test_excluded_columns_and_all_tables(lake, local_aws, table):
    client = local_aws.client("lakeformation", OWNER)
    lake.link(OTHER, OWNER)
    client.grant_permissions(
        Principal=principal(local_aws, OTHER),
        Resource=resource(local_aws, table, excluded=("secret",)),
        Permissions=["SELECT"],
    )
    assert lake.query(OTHER, f"SELECT * FROM bookings_curated.{table}").columns == ["id", "day"]
    every = {
        "Table": {
            "CatalogId": local_aws.account(OWNER),
            "DatabaseName": "bookings_curated",
            "TableWildcard": {},
        }
    }
    administrator = local_aws.administrator_client("lakeformation", OWNER)
    administrator.grant_permissions(
        Principal=principal(local_aws, OTHER), Resource=every, Permissions=["SELECT"]
    )
    assert lake.query(OTHER, f"SELECT * FROM bookings_curated.{table}").columns == ["id", "secret", "day"]
    administrator.revoke_permissions(
        Principal=principal(local_aws, OTHER), Resource=every, Permissions=["SELECT"]
    )
    assert lake.query(OTHER, f"SELECT * FROM bookings_curated.{table}").columns == ["id", "day"]


def test_granting_requires_the_grant_option(local_aws, table):
    owner, other = local_aws.client("lakeformation", OWNER), local_aws.client("lakeformation", OTHER)
    onward = {
        "Principal": principal(local_aws, "loyalty"),
        "Resource": resource(local_aws, table, "id"),
        "Permissions": ["SELECT"],
    }
    with pytest.raises(ClientError, match="AccessDeniedException"):
        other.grant_permissions(**onward)
    owner.grant_permissions(**{**onward, "Principal": principal(local_aws, OTHER)})
    with pytest.raises(ClientError, match="AccessDeniedException"):
        other.grant_permissions(**onward)
    owner.grant_permissions(
        **{**onward, "Principal": principal(local_aws, OTHER), "PermissionsWithGrantOption": ["SELECT"]}
    )
    other.grant_permissions(**onward)
    with pytest.raises(ClientError, match="AccessDeniedException"):
        other.grant_permissions(**{**onward, "Resource": resource(local_aws, table, "secret")})
    assert listed(local_aws, table, "loyalty") == [("TableWithColumns", ["SELECT"], ["id"])]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"Permissions": ["CREATE_TABLE"]}, "InvalidInputException"),
        ({"Permissions": []}, "InvalidInputException"),
        ({"Principal": {"DataLakePrincipalIdentifier": "somebody"}}, "InvalidInputException"),
        ({"Principal": {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}}, "InvalidInputException"),
        (
            {"Principal": {"DataLakePrincipalIdentifier": "arn:aws:iam::222222222222:role/nobody"}},
            "InvalidInputException",
        ),
        (
            {"Resource": {"Table": {"DatabaseName": "bookings_curated", "Name": "nothing"}}},
            "EntityNotFoundException",
        ),
        (
            {"Resource": {"Database": {"Name": "nothing"}}, "Permissions": ["DESCRIBE"]},
            "EntityNotFoundException",
        ),
        (
            {
                "Resource": {"LFTag": {"TagKey": "nobody-made-it", "TagValues": ["personal"]}},
                "Permissions": ["DESCRIBE"],
            },
            "EntityNotFoundException",
        ),
        ({"PermissionsWithGrantOption": ["INSERT"]}, "InvalidInputException"),
    ],
)
def test_impossible_grants(local_aws, table, change, code):
    given = {
        "Principal": principal(local_aws, OTHER),
        "Resource": resource(local_aws, table),
        "Permissions": ["SELECT"],
        **change,
    }
    with pytest.raises(ClientError, match=code):
        local_aws.client("lakeformation", OWNER).grant_permissions(**given)


def test_an_unknown_column(local_aws, table):
    with pytest.raises(ClientError, match="nobody"):
        local_aws.client("lakeformation", OWNER).grant_permissions(
            Principal=principal(local_aws, OTHER),
            Resource=resource(local_aws, table, "nobody"),
            Permissions=["SELECT"],
        )


def test_batches_fail_entry_by_entry_and_take_twenty(local_aws, table):
    lake = local_aws.client("lakeformation", OWNER)

    def entry(number: int, column: str) -> dict[str, Any]:
        return {
            "Id": str(number),
            "Principal": principal(local_aws, OTHER),
            "Resource": resource(local_aws, table, column),
            "Permissions": ["SELECT"],
        }

    failures = lake.batch_grant_permissions(Entries=[entry(1, "id"), entry(2, "nobody"), entry(3, "day")])[
        "Failures"
    ]
    assert [failure["RequestEntry"]["Id"] for failure in failures] == ["2"]
    assert failures[0]["Error"]["ErrorCode"] == "EntityNotFoundException"
    assert listed(local_aws, table, OTHER) == [("TableWithColumns", ["SELECT"], ["day", "id"])]
    assert lake.batch_revoke_permissions(Entries=[entry(1, "id"), entry(2, "day")])["Failures"] == []
    assert listed(local_aws, table, OTHER) == []
    with pytest.raises(ClientError, match="20"):
        lake.batch_grant_permissions(Entries=[entry(number, "id") for number in range(21)])


def test_a_principal_sees_of_the_catalog_what_it_was_granted(local_aws, table):
    account = local_aws.account(OWNER)
    foreign = local_aws.client("glue", OTHER)
    place = {"CatalogId": account, "DatabaseName": "bookings_curated"}
    with pytest.raises(ClientError, match="AccessDeniedException"):
        foreign.get_table(**place, Name=table)
    with pytest.raises(ClientError, match="AccessDeniedException"):
        foreign.get_partitions(**place, TableName=table)
    local_aws.client("lakeformation", OWNER).grant_permissions(
        Principal=principal(local_aws, OTHER),
        Resource=resource(local_aws, table, "id"),
        Permissions=["SELECT"],
    )
    seen = foreign.get_table(**place, Name=table)["Table"]
    assert [column["Name"] for column in seen["StorageDescriptor"]["Columns"]] == ["id"]
    assert seen["IsRegisteredWithLakeFormation"]
    assert [found["Name"] for found in foreign.get_tables(**place)["TableList"]].count(table) == 1
    assert [found["Name"] for found in foreign.get_databases(CatalogId=account)["DatabaseList"]] == [
        "bookings_curated"
    ]
    with pytest.raises(ClientError, match="AccessDeniedException"):
        foreign.delete_table(**place, Name=table)


def test_tables_are_created_only_where_the_creator_may(local_aws, name):
    glue = local_aws.client("glue", OWNER)
    serde = {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"}

    def create(database: str, location: str) -> None:
        storage = {"Location": location, "Columns": [{"Name": "id", "Type": "int"}], "SerdeInfo": serde}
        glue.create_table(DatabaseName=database, TableInput={"Name": name, "StorageDescriptor": storage})

    with pytest.raises(ClientError, match="Required Data Location Access"):
        create("bookings_curated", "s3://shopping-curated/x/")
    with pytest.raises(ClientError, match="AccessDeniedException"):
        local_aws.client("glue", OTHER).create_table(
            CatalogId=local_aws.account(OWNER), DatabaseName="bookings_curated", TableInput={"Name": name}
        )
    create("bookings_landing", "s3://bookings-curated/x/")
    glue.delete_table(DatabaseName="bookings_landing", Name=name)


def test_update_table_checks_the_version(local_aws, table):
    glue = local_aws.client("glue", OWNER)
    current = glue.get_table(DatabaseName="bookings_curated", Name=table)["Table"]
    given = {key: current[key] for key in ("Name", "TableType", "Parameters", "StorageDescriptor")}
    with pytest.raises(ClientError, match="ConcurrentModificationException"):
        glue.update_table(DatabaseName="bookings_curated", TableInput=given, VersionId="1")
    glue.update_table(DatabaseName="bookings_curated", TableInput=given, VersionId=current["VersionId"])


def test_settings_that_leave_access_to_iam_are_refused(local_aws):
    administrator = local_aws.administrator_client("lakeformation", OWNER)
    settings = administrator.get_data_lake_settings()["DataLakeSettings"]
    assert settings["CreateTableDefaultPermissions"] == []
    everybody = {
        "Principal": {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"},
        "Permissions": ["ALL"],
    }
    with pytest.raises(ClientError, match="InvalidInputException"):
        administrator.put_data_lake_settings(
            DataLakeSettings={
                "DataLakeAdmins": settings["DataLakeAdmins"],
                "CreateTableDefaultPermissions": [everybody],
            }
        )


def test_an_administrator_sees_the_catalog_and_reads_no_data(local_aws, table):
    administrator = local_aws.administrator_client("glue", OWNER)
    assert administrator.get_table(DatabaseName="bookings_curated", Name=table)["Table"]["Name"] == table
    with pytest.raises(ClientError, match="AccessDenied"):
        local_aws.administrator_client("athena", OWNER).start_query_execution(
            QueryString=f"SELECT * FROM bookings_curated.{table}", WorkGroup=OWNER
        )


def credentials(aws: Any, domain: str, table: str, **arguments: Any) -> Any:
    """An S3 client with the credentials that Lake Formation vends for a table."""
    arn = f"arn:aws:glue:us-east-1:{aws.account(OWNER)}:table/bookings_curated/{table}"
    vended = aws.client("lakeformation", domain).get_temporary_glue_table_credentials(
        TableArn=arn, **arguments
    )
    return boto3.client(
        "s3",
        endpoint_url=aws.endpoint,
        region_name="us-east-1",
        aws_access_key_id=vended["AccessKeyId"],
        aws_secret_access_key=vended["SecretAccessKey"],
        aws_session_token=vended["SessionToken"],
    )


def test_vended_credentials_reach_only_the_tables_files(lake, local_aws, table):
    lake.grant(OWNER, OTHER, table)
    s3 = credentials(local_aws, OTHER, table)
    keys = [
        found["Key"]
        for found in s3.list_objects_v2(Bucket="bookings-curated", Prefix=f"{table}/")["Contents"]
    ]
    assert s3.get_object(Bucket="bookings-curated", Key=keys[0])["Body"].read()
    for refused in (
        lambda: s3.list_objects_v2(Bucket="bookings-curated"),
        lambda: s3.get_object(Bucket="bookings-landing", Key="x"),
        lambda: s3.put_object(Bucket="bookings-curated", Key=f"{table}/new", Body=b""),
        lambda: s3.delete_object(Bucket="bookings-curated", Key=keys[0]),
    ):
        with pytest.raises(ClientError, match="AccessDenied"):
            refused()


def test_credentials_are_not_vended_for_part_of_a_table(lake, local_aws, table):
    with pytest.raises(ClientError, match="AccessDeniedException"):
        credentials(local_aws, OTHER, table)
    lake.grant(OWNER, OTHER, table, ["id"])
    with pytest.raises(ClientError, match="granted by column"):
        credentials(local_aws, OTHER, table)
    with pytest.raises(ClientError, match="granted by column"):
        credentials(local_aws, OTHER, table, SupportedPermissionTypes=["COLUMN_PERMISSION"])
    lake.grant(OWNER, OTHER, table)
    with pytest.raises(ClientError, match="AccessDeniedException"):
        credentials(local_aws, OTHER, table, Permissions=["INSERT"])
    lake.revoke(OWNER, OTHER, table)
    with pytest.raises(ClientError, match="AccessDeniedException"):
        credentials(local_aws, OTHER, table)


def test_credentials_are_not_vended_for_some_of_the_rows(local_aws, table):
    client = local_aws.client("lakeformation", OWNER)
    place = {
        "TableCatalogId": local_aws.account(OWNER),
        "DatabaseName": "bookings_curated",
        "TableName": table,
        "Name": "some",
    }
    client.create_data_cells_filter(
        TableData={**place, "RowFilter": {"FilterExpression": "id = '1'"}, "ColumnWildcard": {}}
    )
    client.grant_permissions(
        Principal=principal(local_aws, OTHER),
        Resource={"DataCellsFilter": place},
        Permissions=["SELECT"],
    )
    with pytest.raises(ClientError, match="PermissionTypeMismatchException"):
        credentials(local_aws, OTHER, table)
    for supported in (["CELL_FILTER_PERMISSION"], ["COLUMN_PERMISSION", "CELL_FILTER_PERMISSION"]):
        with pytest.raises(ClientError, match="AccessDeniedException"):
            credentials(local_aws, OTHER, table, SupportedPermissionTypes=supported)


def test_credentials_are_vended_only_where_the_account_allows(lake, local_aws, table):
    lake.grant(OWNER, OTHER, table)
    administrator = local_aws.administrator_client("lakeformation", OWNER)
    settings = administrator.get_data_lake_settings()["DataLakeSettings"]
    administrator.put_data_lake_settings(
        DataLakeSettings={**settings, "AllowFullTableExternalDataAccess": False}
    )
    try:
        with pytest.raises(ClientError, match="AllowFullTableExternalDataAccess"):
            credentials(local_aws, OTHER, table)
    finally:
        administrator.put_data_lake_settings(DataLakeSettings=settings)
    assert credentials(local_aws, OTHER, table)


def test_an_owner_may_write_with_vended_credentials(local_aws, table):
    s3 = credentials(local_aws, OWNER, table, Permissions=["SELECT", "INSERT", "DELETE"])
    s3.put_object(Bucket="bookings-curated", Key=f"{table}/extra", Body=b"x")
    s3.delete_object(Bucket="bookings-curated", Key=f"{table}/extra")


def test_what_is_granted_on_the_data_of_a_path(lake, local_aws, table):
    lake.grant(OWNER, OTHER, table, ["id"])
    client = local_aws.client("lakeformation", OWNER)
    found = client.get_effective_permissions_for_path(ResourceArn=f"arn:aws:s3:::bookings-curated/{table}/")[
        "Permissions"
    ]
    shown = {(entry["Principal"]["DataLakePrincipalIdentifier"], *entry["Resource"]) for entry in found}
    assert shown == {
        (local_aws.role_arn(OWNER), "Table"),
        (local_aws.role_arn(OWNER), "TableWithColumns"),
        (local_aws.role_arn(OTHER), "TableWithColumns"),
    }
    nothing = client.get_effective_permissions_for_path(ResourceArn="arn:aws:s3:::bookings-curated/nothing")
    assert nothing["Permissions"] == []


def test_columns_are_not_what_permissions_are_listed_by(local_aws, table):
    with pytest.raises(ClientError, match="InvalidInputException"):
        local_aws.client("lakeformation", OWNER).list_permissions(Resource=resource(local_aws, table, "id"))


def test_reading_some_columns_vends_no_write_credentials(lake, local_aws, table):
    lake.grant(OWNER, OTHER, table, ["id"])
    client = local_aws.client("lakeformation", OWNER)
    given = {"Principal": principal(local_aws, OTHER), "Resource": resource(local_aws, table)}
    with pytest.raises(ClientError, match="subset of the columns"):
        client.grant_permissions(**given, Permissions=["INSERT"])
    client.grant_permissions(**given, Permissions=["DESCRIBE"])
    lake.grant(OWNER, OTHER, table)
    client.grant_permissions(**given, Permissions=["INSERT"])


def test_credentials_of_a_partition_reach_that_partition_alone(lake, local_aws, name):
    for day in ("2013-01-01", "2013-01-02"):
        lake.land(OWNER, f"{name}/dt={day}/a.json", '{"id": "1", "secret": "s"}\n')
    lake.crawled(OWNER, name)
    account = local_aws.account(OWNER)
    request = {
        "TableArn": f"arn:aws:glue:us-east-1:{account}:table/bookings_landing/{name}",
        "Partition": {"Values": ["2013-01-01"]},
    }
    other = local_aws.client("lakeformation", OTHER)
    with pytest.raises(ClientError, match="AccessDeniedException"):
        other.get_temporary_glue_partition_credentials(**request)
    place = {"CatalogId": account, "DatabaseName": "bookings_landing", "Name": name}
    given = {"Principal": principal(local_aws, OTHER), "Permissions": ["SELECT"]}
    owner = local_aws.client("lakeformation", OWNER)
    owner.grant_permissions(**given, Resource={"TableWithColumns": {**place, "ColumnNames": ["id", "dt"]}})
    with pytest.raises(ClientError, match="granted by column"):
        other.get_temporary_glue_partition_credentials(**request)
    owner.grant_permissions(**given, Resource={"Table": place})
    vended = other.get_temporary_glue_partition_credentials(**request)
    s3 = local_aws.client_with(
        "s3",
        {
            "aws_access_key_id": vended["AccessKeyId"],
            "aws_secret_access_key": vended["SecretAccessKey"],
            "aws_session_token": vended["SessionToken"],
        },
    )
    body = s3.get_object(Bucket="bookings-landing", Key=f"{name}/dt=2013-01-01/a.json")["Body"].read()
    assert b"secret" in body
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.get_object(Bucket="bookings-landing", Key=f"{name}/dt=2013-01-02/a.json")
    with pytest.raises(ClientError, match="EntityNotFoundException"):
        other.get_temporary_glue_partition_credentials(**{**request, "Partition": {"Values": ["2013-01-03"]}})


def test_row_filters_apply_to_files_and_partition_keys(lake, local_aws, name):
    for day in ("2013-01-01", "2013-01-02"):
        lines = "".join(f'{{"id": "{day[-1]}{number}", "seats": {number}}}\n' for number in range(3))
        lake.land(OWNER, f"{name}/dt={day}/a.json", lines)
    lake.crawled(OWNER, name)
    client = local_aws.client("lakeformation", OWNER)
    key = {
        "TableCatalogId": local_aws.account(OWNER),
        "DatabaseName": "bookings_landing",
        "TableName": name,
        "Name": "some",
    }
    with pytest.raises(ClientError, match="partition column"):
        client.create_data_cells_filter(
            TableData={**key, "RowFilter": {"FilterExpression": "dt IS NOT NULL"}, "ColumnWildcard": {}}
        )
    client.create_data_cells_filter(
        TableData={
            **key,
            "RowFilter": {"FilterExpression": "dt = '2013-01-02' AND seats >= 1"},
            "ColumnNames": ["id"],
        }
    )
    client.grant_permissions(
        Principal=principal(local_aws, OTHER), Resource={"DataCellsFilter": key}, Permissions=["SELECT"]
    )
    target = {"CatalogId": local_aws.account(OWNER), "DatabaseName": "bookings_landing"}
    local_aws.client("glue", OTHER).create_database(DatabaseInput={"Name": name, "TargetDatabase": target})
    assert sorted(lake.rows(OTHER, f"SELECT * FROM {name}.{name}")) == [("21",), ("22",)]
    assert "dt" in lake.refusal(OTHER, f"SELECT dt FROM {name}.{name}")
