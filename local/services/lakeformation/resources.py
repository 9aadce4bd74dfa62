"""Resources and principals of Lake Formation's API, and the grant book's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from moto.iam.models import iam_backends

from local.engines import backends, catalog
from local.engines.errors import EntityNotFound, InvalidInput, NotSupported
from local.engines.lake_permissions.cell_filters import filter_book
from local.engines.lake_permissions.grants import EVERY_TABLE, Expression, Grant, Permissions, Resource
from local.engines.lake_permissions.tags import tag_book
from local.gateway import identity

EVERY_VALUE = "*"
_PRINCIPAL = re.compile(r"arn:aws:iam::\d{12}:(role|user)/[\w+=,.@/-]+|\d{12}|\d{12}:IAMPrincipals")
_KEY = re.compile(r"[\w .:/=+\-@%]+")
_VALUES_A_CALL = 50


def principal_of(given: dict[str, str] | None) -> str:
    """The principal that a request names. Raises InvalidInput, NotSupported."""
    name = (given or {}).get("DataLakePrincipalIdentifier") or ""
    if name == "IAM_ALLOWED_PRINCIPALS":
        raise NotSupported("grants to IAM_ALLOWED_PRINCIPALS: here Lake Formation alone decides")
    if not _PRINCIPAL.fullmatch(name):
        raise InvalidInput(f"Invalid principal: {name or '(none)'}")
    return name


def require_existing(principal: str, account: str) -> None:
    """A role or user of the catalog's own account must exist; of another account AWS cannot know."""
    if identity.account_of(principal) != account:
        return
    iam = iam_backends[account][backends.PARTITION]
    name = principal.rsplit("/", 1)[-1]
    known = iam.users.get(name) if ":user/" in principal else None
    if known is not None and known.arn == principal:
        return
    if not any(role.arn == principal for role in iam.roles.values()):
        raise InvalidInput(f"Invalid principal: {principal} does not exist")


def resources_of(given: dict[str, Any] | None, account: str, *, must_exist: bool = True) -> list[Resource]:
    """A resource of the API as the grant book's resources: named columns and LF-Tag values are one each.

    Raises InvalidInput for an impossible one, EntityNotFound for what is not in the catalog, NotSupported for saved
    expressions.
    """
    entries = [(kind, value) for kind, value in (given or {}).items() if value is not None]
    if len(entries) != 1:
        raise InvalidInput("Resource must have exactly one of its fields populated.")
    ((kind, value),) = entries
    account = value.get("CatalogId") or value.get("TableCatalogId") or account
    if kind == "Catalog":
        return [Resource("catalog", value.get("Id") or account)]
    if kind == "DataLocation":
        location = (value.get("ResourceArn") or "").rstrip("/")
        if not location.startswith("arn:aws:s3:::"):
            raise InvalidInput(f"not the ARN of an S3 location: {location!r}")
        return [Resource("location", account, location=location)]
    if kind == "Database":
        name = value["Name"].lower()
        if must_exist:
            require_database(account, name)
        return [Resource("database", account, name)]
    if kind == "Table":
        return [_table(value, account, must_exist=must_exist)]
    if kind == "TableWithColumns":
        return _columns(value, account, must_exist=must_exist)
    if kind == "DataCellsFilter":
        return [_filter(value, account, must_exist=must_exist)]
    if kind == "LFTag":
        return _tag_values(value, account, must_exist=must_exist)
    if kind == "LFTagPolicy":
        return [_policy(value, account, must_exist=must_exist)]
    raise NotSupported(f"{kind} as a resource of Lake Formation permissions")


def require_database(account: str, name: str) -> None:
    """Raise EntityNotFound unless the account has the database."""
    if name not in backends.glue(account).databases:
        raise EntityNotFound(f"Database {name} not found.")


def columns_of_table(account: str, database: str, table: str) -> list[str]:
    """The names of a table's columns, partition keys included. Raises EntityNotFound."""
    require_database(account, database)
    stored = catalog.stored_table(account, database, table)
    return [column.name for column in catalog.describe(account, stored).all_columns]


def _table(value: dict[str, Any], account: str, *, must_exist: bool) -> Resource:
    database, name = value["DatabaseName"].lower(), (value.get("Name") or "").lower()
    every = value.get("TableWildcard") is not None
    if every and name not in ("", "all_tables"):
        raise InvalidInput("Table name and table wildcard cannot both be present.")
    if not every and not name:
        raise InvalidInput("Table name and table wildcard cannot both be empty.")
    if must_exist:
        require_database(account, database)
        if not every:
            catalog.stored_table(account, database, name)
    return Resource("table", account, database, EVERY_TABLE if every else name)


def _columns(value: dict[str, Any], account: str, *, must_exist: bool) -> list[Resource]:
    database, table = value["DatabaseName"].lower(), value["Name"].lower()
    names = [name.lower() for name in value.get("ColumnNames") or ()]
    wildcard = value.get("ColumnWildcard")
    if bool(names) == (wildcard is not None):
        raise InvalidInput("Either ColumnNames or ColumnWildcard must be present, and not both.")
    excluded = tuple(sorted(name.lower() for name in (wildcard or {}).get("ExcludedColumnNames") or ()))
    if table == "all_tables" and not names and not excluded:
        return [Resource("columns", account, database, EVERY_TABLE)]
    if must_exist:
        require_columns(account, database, table, [*names, *excluded])
    if names:
        return [Resource("columns", account, database, table, column=name) for name in names]
    return [Resource("columns", account, database, table, excluded=excluded)]


def require_columns(account: str, database: str, table: str, names: Iterable[str]) -> None:
    """Raise EntityNotFound unless the table has all these columns."""
    unknown = sorted(set(names) - set(columns_of_table(account, database, table)))
    if unknown:
        raise EntityNotFound(f"Columns not found in table {database}.{table}: {', '.join(unknown)}")


def _filter(value: dict[str, Any], account: str, *, must_exist: bool) -> Resource:
    names = [(value.get(part) or "") for part in ("DatabaseName", "TableName", "Name")]
    if not all(names):
        raise InvalidInput("a DataCellsFilter needs DatabaseName, TableName and Name")
    database, table, name = names[0].lower(), names[1].lower(), names[2]
    if must_exist:
        require_database(account, database)
        catalog.stored_table(account, database, table)
        filter_book(account).find(database, table, name)
    return Resource("filter", account, database, table, name=name)


def tag_key(given: Any) -> str:
    """An LF-Tag's key as it is kept. Raises InvalidInput."""
    if not isinstance(given, str) or not 1 <= len(given) <= 128 or not _KEY.fullmatch(given):
        raise InvalidInput(f"Invalid LF-Tag key: {given!r}")
    return given.lower()


def tag_values(given: Any, *, limit: int | None = _VALUES_A_CALL) -> list[str]:
    """An LF-Tag's values as they are kept, at least one. Raises InvalidInput."""
    values = list(given or ())
    if not values or (limit is not None and len(values) > limit):
        raise InvalidInput(f"TagValues must have 1 to {limit} values")
    for value in values:
        if not isinstance(value, str) or len(value) > 256 or not re.fullmatch(r"[\w .:*/=+\-@%]*", value):
            raise InvalidInput(f"Invalid LF-Tag value: {value!r}")
    return [value.lower() for value in values]


def _tag_values(value: dict[str, Any], account: str, *, must_exist: bool) -> list[Resource]:
    key, values = tag_key(value.get("TagKey")), tag_values(value.get("TagValues"))
    if must_exist:
        tag_book(account).require(key, [each for each in values if each != EVERY_VALUE])
    return [Resource("tag", account, name=key, value=each) for each in values]


def _policy(value: dict[str, Any], account: str, *, must_exist: bool) -> Resource:
    kind = value.get("ResourceType")
    if kind not in ("DATABASE", "TABLE"):
        raise InvalidInput(f"ResourceType of an LFTagPolicy must be DATABASE or TABLE, not {kind}")
    if value.get("ExpressionName"):
        raise NotSupported("saved LF-Tag expressions")
    return Resource(
        f"policy {kind}",
        account,
        expression=expression_of(value.get("Expression"), account, must_exist=must_exist),
    )


def expression_of(given: Any, account: str, *, must_exist: bool = True) -> Expression:
    """An LF-Tag expression in its one spelling: keys and values sorted. Raises InvalidInput, EntityNotFound."""
    conditions: dict[str, tuple[str, ...]] = {}
    for condition in given or ():
        key = tag_key(condition.get("TagKey"))
        if key in conditions:
            raise InvalidInput(f"an LF-Tag expression names the key {key} twice")
        conditions[key] = tuple(sorted(set(tag_values(condition.get("TagValues")))))
        if must_exist:
            tag_book(account).require(key, conditions[key])
    if not conditions:
        raise InvalidInput("an LF-Tag expression needs at least one condition")
    return tuple(sorted(conditions.items()))


def described(resource: Resource) -> dict[str, Any]:
    """A resource as Lake Formation's API spells it (named columns and LF-Tag values one by one)."""
    kind, account = resource.kind, resource.account
    if kind == "catalog":
        return {"Catalog": {"Id": account}}
    if kind == "location":
        return {"DataLocation": {"CatalogId": account, "ResourceArn": resource.location}}
    if kind == "database":
        return {"Database": {"CatalogId": account, "Name": resource.database}}
    if kind == "tag":
        return {"LFTag": {"CatalogId": account, "TagKey": resource.name, "TagValues": [resource.value]}}
    if kind.startswith("policy"):
        expression = [{"TagKey": key, "TagValues": list(values)} for key, values in resource.expression]
        return {
            "LFTagPolicy": {"CatalogId": account, "ResourceType": kind.split()[1], "Expression": expression}
        }
    if kind == "filter":
        return {
            "DataCellsFilter": {
                "TableCatalogId": account,
                "DatabaseName": resource.database,
                "TableName": resource.table,
                "Name": resource.name,
            }
        }
    place: dict[str, Any] = {"CatalogId": account, "DatabaseName": resource.database}
    if kind == "columns":
        # what was granted on every table of a database is listed under this name
        place["Name"] = "ALL_TABLES" if resource.table == EVERY_TABLE else resource.table
        if resource.column:
            place["ColumnNames"] = [resource.column]
        else:
            excluded = {"ExcludedColumnNames": list(resource.excluded)} if resource.excluded else {}
            place["ColumnWildcard"] = excluded
        return {"TableWithColumns": place}
    if resource.table == EVERY_TABLE:
        return {"Table": {**place, "Name": "ALL_TABLES", "TableWildcard": {}}}
    return {"Table": {**place, "Name": resource.table}}


def entries_of(grants: Iterable[Grant]) -> Iterator[tuple[Resource, dict[str, Any]]]:
    """Grants as ListPermissions shows them: named columns together, values of an LF-Tag together, SELECT apart.

    Each with one of its resources.
    """
    grouped: dict[tuple[Any, ...], tuple[Resource, Permissions, list[str]]] = {}
    for who, resource, granted in grants:
        if (resource.kind == "columns" and resource.column) or resource.kind == "tag":
            part = resource.column or resource.value
            rights = (frozenset(granted.permissions), frozenset(granted.grantable))
            key = (who, resource.database, resource.table, resource.name, *rights)
            grouped.setdefault(key, (resource, granted, []))[2].append(part)
        else:
            yield resource, _entry(who, described(resource), granted)
    for key, (resource, granted, parts) in grouped.items():
        spelled = described(resource)
        ((kind, value),) = spelled.items()
        value["ColumnNames" if kind == "TableWithColumns" else "TagValues"] = sorted(parts)
        first = min(parts)
        named = replace(resource, column=first) if resource.column else replace(resource, value=first)
        yield named, _entry(key[0], spelled, granted)


def _entry(principal: str, resource: dict[str, Any], granted: Permissions) -> dict[str, Any]:
    return {
        "Principal": {"DataLakePrincipalIdentifier": principal},
        "Resource": resource,
        "Permissions": sorted(granted.permissions),
        "PermissionsWithGrantOption": sorted(granted.grantable),
    }
