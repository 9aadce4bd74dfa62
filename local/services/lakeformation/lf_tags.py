"""LF-Tags: made, changed, assigned to databases, tables and columns, and looked for.

Facts from the Lake Formation developer guide ("Adding LF-Tag creators", "Assigning LF-Tags to Data Catalog resources"):
administrators and holders of CREATE_LF_TAG make LF-Tags; whoever did not make one, an administrator too, needs
ASSOCIATE to assign it, and to own the resource or hold all of it with the grant option.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from moto.lakeformation.responses import LakeFormationResponse

from local.engines import backends
from local.engines.errors import AccessDenied, EntityNotFound, InvalidInput, NotSupported
from local.engines.lake_permissions import permissions
from local.engines.lake_permissions.grants import ALL, APPLICABLE, EVERY_TABLE, Resource, book
from local.engines.lake_permissions.tags import Place, Tag, matches, tag_book
from local.gateway.errors import AwsError
from local.gateway.identity import current_caller
from local.services.lakeformation.changing import changing
from local.services.lakeformation.paging import page
from local.services.lakeformation.resources import (
    columns_of_table,
    expression_of,
    resources_of,
    tag_key,
    tag_values,
)

_SEARCH_PAGE = 100
_OF_A_DATABASE = {"DESCRIBE", "CREATE_TABLE", "ALTER", "DROP"}
_OF_A_TABLE = set(APPLICABLE["table"]) - {ALL}


def account_of(request: LakeFormationResponse) -> str:
    """The account whose catalog a request means."""
    return request._get_param("CatalogId") or current_caller().account


class TagOperations(LakeFormationResponse):
    """CreateLFTag, UpdateLFTag, DeleteLFTag, GetLFTag, ListLFTags."""

    def create_lf_tag(self) -> str:
        account, role = account_of(self), current_caller().principal_arn
        key, values = tag_key(self._get_param("TagKey")), tag_values(self._get_param("TagValues"))
        permitted = book(account).of(permissions.principals(role, account), Resource("catalog", account))
        if "CREATE_LF_TAG" not in permitted.permissions and not permissions.is_administrator(role, account):
            raise AccessDenied("Insufficient Lake Formation permission(s): Required Create LF Tag on Catalog")
        tag_book(account).create(key, values, role)
        return "{}"

    def update_lf_tag(self) -> str:
        account, key = account_of(self), tag_key(self._get_param("TagKey"))
        add, delete = (self._get_param(name) for name in ("TagValuesToAdd", "TagValuesToDelete"))
        if not add and not delete:
            raise InvalidInput("TagValuesToAdd and TagValuesToDelete cannot both be empty")
        _require_to(account, key, "ALTER")
        with changing((account, "tag", key)):
            removed = tag_values(delete) if delete else []
            tag_book(account).update(key, tag_values(add) if add else [], removed)
            if removed:
                book(account).forget_tag(key, removed)
        return "{}"

    def delete_lf_tag(self) -> str:
        account, key = account_of(self), tag_key(self._get_param("TagKey"))
        _require_to(account, key, "DROP")
        tag_book(account).delete(key)
        book(account).forget_tag(key)
        return "{}"

    def get_lf_tag(self) -> str:
        account, key = account_of(self), tag_key(self._get_param("TagKey"))
        found = tag_book(account).find(key)
        values = _described(account, found)
        if not values:
            raise AccessDenied(f"Insufficient Lake Formation permission(s): Required Describe on {key}")
        return json.dumps({"CatalogId": account, "TagKey": key, "TagValues": values})

    def list_lf_tags(self) -> str:
        if self._get_param("ResourceShareType"):
            raise NotSupported("ResourceShareType of ListLFTags")
        account = account_of(self)
        shown = []
        for tag in tag_book(account).all():
            values = _described(account, tag)
            if values:
                shown.append((tag.key, {"CatalogId": account, "TagKey": tag.key, "TagValues": values}))
        tags, rest = page(shown, self._get_param("MaxResults"), self._get_param("NextToken"))
        return json.dumps({"LFTags": tags, **rest})


def _require_to(account: str, key: str, permission: str) -> None:
    """Raise unless the caller may ALTER or DROP an LF-Tag: its creator, an administrator, or who was granted it."""
    role = current_caller().principal_arn
    tag = tag_book(account).find(key)
    if tag.creator == role or permissions.is_administrator(role, account):
        return
    if not any(
        permissions.may_use_tag(account, key, value, role, permission) for value in [*tag.values, "*"]
    ):
        raise AccessDenied(
            f"Insufficient Lake Formation permission(s): Required {permission.title()} on {key}"
        )


def _described(account: str, tag: Tag) -> list[str]:
    """The values of an LF-Tag that the caller may see."""
    role = current_caller().principal_arn
    return [
        value for value in tag.values if permissions.may_use_tag(account, tag.key, value, role, "DESCRIBE")
    ]


class TaggingOperations(LakeFormationResponse):
    """AddLFTagsToResource, RemoveLFTagsFromResource, GetResourceLFTags and the two searches."""

    def add_lf_tags_to_resource(self) -> str:
        return _each_tag(self, assign=True)

    def remove_lf_tags_from_resource(self) -> str:
        return _each_tag(self, assign=False)

    def get_resource_lf_tags(self) -> str:
        places, account = _places(self._get_param("Resource"), account_of(self))
        database, table, _ = places[0]
        role = current_caller().principal_arn
        if table:
            if not permissions.may_see(account, database, table, role):
                raise AccessDenied(f"Insufficient Lake Formation permission(s): Required Describe on {table}")
        else:
            permissions.require_on_database(account, database, role, "DESCRIBE")
        own = bool(self._get_param("ShowAssignedLFTags"))
        columns = [column for *_, column in places if column] or None
        return json.dumps(_shown(account, database, table, columns, own=own))

    def search_tables_by_lf_tags(self) -> str:
        account = account_of(self)
        expression = expression_of(self._get_param("Expression"), account)
        found = []
        for database, table in sorted(_tables(account, tag_book(account).candidates(expression))):
            columns = columns_of_table(account, database, table)
            tags = tag_book(account)
            carried = [
                tags.effective((database, table, "")),
                *tags.of_columns(database, table, columns).values(),
            ]
            if any(matches(each, expression) for each in carried) and permissions.may_see(
                account, database, table, current_caller().principal_arn
            ):
                found.append((f"{database}\0{table}", (database, table)))
        chosen, rest = page(
            found, self._get_param("MaxResults"), self._get_param("NextToken"), limit=_SEARCH_PAGE
        )
        tables = [
            {
                "Table": {"CatalogId": account, "DatabaseName": database, "Name": table},
                **_shown(account, database, table, None, own=False),
            }
            for database, table in chosen
        ]
        return json.dumps({"TableList": tables, **rest})

    def search_databases_by_lf_tags(self) -> str:
        account, role = account_of(self), current_caller().principal_arn
        expression = expression_of(self._get_param("Expression"), account)
        found = [
            (database, database)
            for database in sorted({place[0] for place in tag_book(account).candidates(expression)})
            if matches(tag_book(account).effective((database, "", "")), expression)
            and permissions.may_on_database(account, database, role, "DESCRIBE")
        ]
        chosen, rest = page(
            found, self._get_param("MaxResults"), self._get_param("NextToken"), limit=_SEARCH_PAGE
        )
        databases = [
            {
                "Database": {"CatalogId": account, "Name": database},
                "LFTags": _pairs(account, tag_book(account).effective((database, "", ""))),
            }
            for database in chosen
        ]
        return json.dumps({"DatabaseList": databases, **rest})


def _tables(account: str, places: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """The tables at these places, whole databases opened."""
    databases = backends.glue(account).databases
    return {
        (database, name)
        for database, table in places
        if database in databases
        for name in ([table] if table else databases[database].tables)
        if name in databases[database].tables
    }


def _places(given: dict[str, Any] | None, account: str) -> tuple[list[Place], str]:
    """What a request tags. Raises InvalidInput, EntityNotFound."""
    resources = resources_of(given, account)
    first = resources[0]
    if first.kind not in ("database", "table", "columns") or first.table == EVERY_TABLE:
        raise InvalidInput("LF-Tags are assigned to a database, a table or named columns of a table.")
    if first.kind == "columns" and not first.column:
        raise InvalidInput("Columns that are tagged are named one by one: ColumnWildcard is not possible.")
    return [(each.database, each.table, each.column) for each in resources], first.account


def _each_tag(request: LakeFormationResponse, *, assign: bool) -> str:
    """Assign or remove every LF-Tag of a request; those that cannot be are told one by one."""
    places, account = _places(request._get_param("Resource"), account_of(request))
    given = request._get_param("LFTags") or []
    if not 1 <= len(given) <= 50:
        raise InvalidInput("LFTags must have 1 to 50 entries")
    _require_owner(account, places[0])
    failures = []
    with changing(*((account, "", *place[:2], "") for place in places)):
        for pair in given:
            try:
                if (pair.get("CatalogId") or account) != account:
                    raise InvalidInput("The LF-Tag and the resource must be in the same account.")
                _one_tag(account, places, pair, assign=assign)
            except AwsError as error:
                failures.append(
                    {"LFTag": pair, "Error": {"ErrorCode": error.code, "ErrorMessage": error.message}}
                )
    return json.dumps({"Failures": failures})


def _one_tag(account: str, places: list[Place], pair: dict[str, Any], *, assign: bool) -> None:
    key, values = tag_key(pair.get("TagKey")), tag_values(pair.get("TagValues"))
    if len(values) != 1:
        raise InvalidInput(f"Only one value of the LF-Tag {key} can be assigned to a resource.")
    tags = tag_book(account)
    tags.require(key, values)
    if not permissions.may_use_tag(account, key, values[0], current_caller().principal_arn, "ASSOCIATE"):
        raise AccessDenied(
            f"Insufficient Lake Formation permission(s): Required Associate on {key}={values[0]}"
        )
    if not assign and any(tags.assigned(place).get(key) != values[0] for place in places):
        raise EntityNotFound(f"{key}={values[0]} is not assigned to the resource")
    for place in places:
        if assign:
            tags.assign(place, key, values[0])
        else:
            tags.remove(place, key)


def _require_owner(account: str, place: Place) -> None:
    role = current_caller().principal_arn
    if permissions.is_administrator(role, account):
        return
    who = permissions.principals(role, account)
    database, table, _ = place
    grants = book(account)
    if table:
        passed = grants.of(who, Resource("table", account, database, table)).grantable
        passed |= grants.of(who, Resource("columns", account, database, table)).grantable
        enough = passed >= _OF_A_TABLE
    else:
        passed = grants.of(who, Resource("database", account, database)).grantable
        enough = passed >= _OF_A_DATABASE
    if not enough:
        raise AccessDenied(
            "Insufficient Lake Formation permission(s): to change its LF-Tags, hold all permissions with the grant "
            f"option on {table or database}"
        )


def _pairs(account: str, tags: dict[str, str]) -> list[dict[str, Any]]:
    role = current_caller().principal_arn
    return [
        {"CatalogId": account, "TagKey": key, "TagValues": [value]}
        for key, value in sorted(tags.items())
        if permissions.may_use_tag(account, key, value, role, "DESCRIBE")
    ]


def _shown(
    account: str, database: str, table: str, columns: list[str] | None, *, own: bool
) -> dict[str, Any]:
    """The LF-Tags of a database, or of a table, its database and its columns; `own` leaves inherited ones out."""
    tags = tag_book(account)
    look = tags.assigned if own else tags.effective
    found: dict[str, Any] = {"LFTagOnDatabase": _pairs(account, look((database, "", "")))}
    if not table:
        return found
    if columns is None:
        found["LFTagsOnTable"] = _pairs(account, look((database, table, "")))
        columns = columns_of_table(account, database, table)
    shown = []
    for column in columns:
        pairs = _pairs(account, look((database, table, column)))
        if pairs:
            shown.append({"Name": column, "LFTags": pairs})
    return found | {"LFTagsOnColumns": shown}
