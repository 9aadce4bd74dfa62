"""LF-Tags: made, assigned, inherited, granted as expressions, and what a principal may read for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

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
    lake.link(OTHER, OWNER)
    return name


@pytest.fixture
def key(local_aws, name) -> Iterator[str]:
    """An LF-Tag of the owner's account with the levels of classification, gone after the test."""
    administrator = local_aws.administrator_client("lakeformation", OWNER)
    made = f"level_{name}"
    administrator.create_lf_tag(TagKey=made, TagValues=["public", "internal", "personal"])
    yield made
    administrator.delete_lf_tag(TagKey=made)


def database() -> dict[str, Any]:
    return {"Database": {"Name": "bookings_curated"}}


def whole(table: str) -> dict[str, Any]:
    return {"Table": {"DatabaseName": "bookings_curated", "Name": table}}


def columns(table: str, *names: str) -> dict[str, Any]:
    return {
        "TableWithColumns": {
            "DatabaseName": "bookings_curated",
            "Name": table,
            "ColumnNames": list(names),
        }
    }


def policy(key: str, *values: str, kind: str = "TABLE") -> dict[str, Any]:
    return {
        "LFTagPolicy": {
            "ResourceType": kind,
            "Expression": [{"TagKey": key, "TagValues": list(values)}],
        }
    }


def principal(aws: Any, domain: str) -> dict[str, str]:
    return {"DataLakePrincipalIdentifier": aws.role_arn(domain)}


def assign(client: Any, resource: dict[str, Any], key: str, value: str) -> list[dict[str, Any]]:
    answer = client.add_lf_tags_to_resource(Resource=resource, LFTags=[{"TagKey": key, "TagValues": [value]}])
    return list(answer["Failures"])


def readable(lake: Any, table: str) -> list[str]:
    outcome = lake.query(OTHER, f"SELECT * FROM bookings_curated.{table}")
    return outcome.columns if outcome.state == "SUCCEEDED" else []


def test_a_tag_expression_grants_what_has_its_values(lake, local_aws, table, key):
    administrator = local_aws.administrator_client("lakeformation", OWNER)
    assert assign(administrator, columns(table, "id", "day"), key, "public") == []
    assert assign(administrator, columns(table, "secret"), key, "personal") == []
    assert readable(lake, table) == []
    grant = {"Principal": principal(local_aws, OTHER), "Permissions": ["SELECT"]}
    administrator.grant_permissions(**grant, Resource=policy(key, "public", "internal"))
    assert readable(lake, table) == ["id", "day"]
    assert "secret" in lake.refusal(OTHER, f"SELECT secret FROM bookings_curated.{table}")
    assign(administrator, columns(table, "day"), key, "personal")
    assert readable(lake, table) == ["id"]
    assign(administrator, columns(table, "day", "secret"), key, "internal")
    assert readable(lake, table) == ["id", "secret", "day"]
    administrator.revoke_permissions(**grant, Resource=policy(key, "internal", "public"))
    assert readable(lake, table) == []


def test_tables_and_columns_inherit_tags_from_above(lake, local_aws, table, key):
    administrator = local_aws.administrator_client("lakeformation", OWNER)
    administrator.grant_permissions(
        Principal=principal(local_aws, OTHER), Resource=policy(key, "public"), Permissions=["SELECT"]
    )
    assign(administrator, database(), key, "public")
    try:
        assert readable(lake, table) == ["id", "secret", "day"]
        assign(administrator, whole(table), key, "personal")
        assert readable(lake, table) == []
        assign(administrator, columns(table, "day"), key, "public")
        assert readable(lake, table) == ["day"]
        shown = administrator.get_resource_lf_tags(Resource=whole(table))
        pair = {"CatalogId": local_aws.account(OWNER), "TagKey": key}
        assert shown["LFTagOnDatabase"] == [{**pair, "TagValues": ["public"]}]
        assert shown["LFTagsOnTable"] == [{**pair, "TagValues": ["personal"]}]
        assert {one["Name"]: one["LFTags"][0]["TagValues"] for one in shown["LFTagsOnColumns"]} == {
            "id": ["personal"],
            "secret": ["personal"],
            "day": ["public"],
        }
        own = administrator.get_resource_lf_tags(Resource=whole(table), ShowAssignedLFTags=True)
        assert [one["Name"] for one in own["LFTagsOnColumns"]] == ["day"]
        found = administrator.search_tables_by_lf_tags(
            Expression=[{"TagKey": key, "TagValues": ["personal"]}]
        )["TableList"]
        assert [one["Table"]["Name"] for one in found] == [table]
        databases = administrator.search_databases_by_lf_tags(
            Expression=[{"TagKey": key, "TagValues": ["public"]}]
        )["DatabaseList"]
        assert [one["Database"]["Name"] for one in databases] == ["bookings_curated"]
    finally:
        administrator.remove_lf_tags_from_resource(
            Resource=database(), LFTags=[{"TagKey": key, "TagValues": ["public"]}]
        )


def test_named_grants_and_expressions_are_a_union(lake, local_aws, table, key):
    administrator = local_aws.administrator_client("lakeformation", OWNER)
    assign(administrator, columns(table, "id"), key, "public")
    administrator.grant_permissions(
        Principal=principal(local_aws, OTHER), Resource=policy(key, "public"), Permissions=["SELECT"]
    )
    lake.grant(OWNER, OTHER, table, ["day"])
    assert readable(lake, table) == ["id", "day"]
    lake.revoke(OWNER, OTHER, table, ["day"])
    assert readable(lake, table) == ["id"]


def test_a_policy_on_databases_lets_describe(local_aws, name, key):
    owner = local_aws.client("glue", OWNER)
    owner.create_database(DatabaseInput={"Name": name})
    administrator = local_aws.administrator_client("lakeformation", OWNER)
    glue = local_aws.client("glue", OTHER)
    place = {"CatalogId": local_aws.account(OWNER), "Name": name}
    assign(administrator, {"Database": {"Name": name}}, key, "internal")
    with pytest.raises(ClientError, match="AccessDenied"):
        glue.get_database(**place)
    grant = {
        "Principal": principal(local_aws, OTHER),
        "Resource": policy(key, "internal", kind="DATABASE"),
    }
    administrator.grant_permissions(**grant, Permissions=["DESCRIBE"])
    assert glue.get_database(**place)["Database"]["Name"] == name
    with pytest.raises(ClientError, match="InvalidInputException"):
        administrator.grant_permissions(**grant, Permissions=["SELECT"])
    owner.delete_database(Name=name)


def test_who_may_assign_and_what_fails_tag_by_tag(local_aws, table, key):
    owner = local_aws.client("lakeformation", OWNER)
    administrator = local_aws.administrator_client("lakeformation", OWNER)
    failed = assign(owner, columns(table, "id"), key, "public")
    assert [one["Error"]["ErrorCode"] for one in failed] == ["AccessDeniedException"]
    administrator.grant_permissions(
        Principal=principal(local_aws, OWNER),
        Resource={"LFTag": {"TagKey": key, "TagValues": ["public", "internal"]}},
        Permissions=["ASSOCIATE", "DESCRIBE"],
    )
    assert assign(owner, columns(table, "id"), key, "public") == []
    assert [one["Error"]["ErrorCode"] for one in assign(owner, columns(table, "id"), key, "personal")] == [
        "AccessDeniedException"
    ]
    assert [one["Error"]["ErrorCode"] for one in assign(administrator, whole(table), key, "secret")] == [
        "EntityNotFoundException"
    ]
    with pytest.raises(ClientError, match="EntityNotFoundException"):
        assign(administrator, columns(table, "nobody"), key, "public")
    with pytest.raises(ClientError, match="InvalidInputException"):
        assign(administrator, {"Catalog": {}}, key, "public")
    with pytest.raises(ClientError, match="AccessDeniedException"):
        assign(
            local_aws.client("lakeformation", OTHER),
            {"Database": {"CatalogId": local_aws.account(OWNER), "Name": "bookings_curated"}},
            key,
            "public",
        )


def test_granting_an_expression_requires_each_of_its_tags(local_aws, table, key):
    owner = local_aws.client("lakeformation", OWNER)
    administrator = local_aws.administrator_client("lakeformation", OWNER)
    grant = {
        "Principal": principal(local_aws, OTHER),
        "Resource": policy(key, "public", "internal"),
        "Permissions": ["SELECT"],
    }
    with pytest.raises(ClientError, match="AccessDeniedException"):
        owner.grant_permissions(**grant)

    def entrust(*values: str) -> None:
        administrator.grant_permissions(
            Principal=principal(local_aws, OWNER),
            Resource={"LFTag": {"TagKey": key, "TagValues": list(values)}},
            Permissions=["GRANT_WITH_LF_TAG_EXPRESSION"],
        )

    entrust("public")
    with pytest.raises(ClientError, match="AccessDeniedException"):
        owner.grant_permissions(**grant)
    entrust("internal")
    owner.grant_permissions(**grant)
    listed = administrator.list_permissions(ResourceType="LF_TAG_POLICY_TABLE", MaxResults=1000)
    mine = [
        entry["Permissions"]
        for entry in listed["PrincipalResourcePermissions"]
        if entry["Resource"]["LFTagPolicy"]["Expression"]
        == [{"TagKey": key, "TagValues": ["internal", "public"]}]
    ]
    assert mine == [["SELECT"]]
    tags = administrator.list_permissions(Resource={"LFTag": {"TagKey": key, "TagValues": ["public"]}})[
        "PrincipalResourcePermissions"
    ]
    assert [entry["Resource"]["LFTag"]["TagValues"] for entry in tags] == [["internal", "public"]]


def test_another_account_may_only_describe_and_associate_a_tag(local_aws, key):
    administrator = local_aws.administrator_client("lakeformation", OWNER)
    given = {
        "Principal": principal(local_aws, OTHER),
        "Resource": {"LFTag": {"TagKey": key, "TagValues": ["public"]}},
    }
    administrator.grant_permissions(**given, Permissions=["DESCRIBE"])
    with pytest.raises(ClientError, match="another account"):
        administrator.grant_permissions(**given, Permissions=["GRANT_WITH_LF_TAG_EXPRESSION"])
    other = local_aws.client("lakeformation", OTHER)
    account = local_aws.account(OWNER)
    assert other.get_lf_tag(CatalogId=account, TagKey=key)["TagValues"] == ["public"]


def test_tags_are_lower_case_and_change_only_while_unused(local_aws, table, name, key):
    administrator = local_aws.administrator_client("lakeformation", OWNER)
    owner = local_aws.client("lakeformation", OWNER)
    with pytest.raises(ClientError, match="Tag key already exists"):
        administrator.create_lf_tag(TagKey=key.upper(), TagValues=["x"])
    with pytest.raises(ClientError, match="AccessDeniedException"):
        owner.create_lf_tag(TagKey=f"mine_{name}", TagValues=["x"])
    with pytest.raises(ClientError, match="AccessDeniedException"):
        owner.get_lf_tag(TagKey=key)
    administrator.update_lf_tag(TagKey=key, TagValuesToAdd=["Secret"])
    assert administrator.get_lf_tag(TagKey=key)["TagValues"] == ["public", "internal", "personal", "secret"]
    assign(administrator, columns(table, "id"), key, "secret")
    with pytest.raises(ClientError, match="Update not allowed"):
        administrator.update_lf_tag(TagKey=key, TagValuesToDelete=["secret"])
    administrator.remove_lf_tags_from_resource(
        Resource=columns(table, "id"), LFTags=[{"TagKey": key, "TagValues": ["secret"]}]
    )
    administrator.update_lf_tag(TagKey=key, TagValuesToDelete=["secret"])
    listed = [
        tag["TagKey"]
        for page in administrator.get_paginator("list_lf_tags").paginate(PaginationConfig={"PageSize": 1})
        for tag in page["LFTags"]
    ]
    assert listed.count(key) == 1
    assert len(listed) == len(set(listed))


def test_a_deleted_tag_takes_its_policies_with_it(lake, local_aws, table, name):
    administrator = local_aws.administrator_client("lakeformation", OWNER)
    made = f"brief_{name}"
    administrator.create_lf_tag(TagKey=made, TagValues=["yes"])
    assign(administrator, whole(table), made, "yes")
    administrator.grant_permissions(
        Principal=principal(local_aws, OTHER), Resource=policy(made, "yes"), Permissions=["SELECT"]
    )
    assert readable(lake, table) == ["id", "secret", "day"]
    administrator.delete_lf_tag(TagKey=made)
    assert readable(lake, table) == []
    administrator.create_lf_tag(TagKey=made, TagValues=["yes"])
    assign(administrator, whole(table), made, "yes")
    assert readable(lake, table) == []
    administrator.delete_lf_tag(TagKey=made)
