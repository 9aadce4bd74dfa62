"""What Lake Formation lets a principal do with databases, tables, columns and locations.

Everybody is asked, the owning account too: creators can use what they made because creating granted it to them. A data
lake administrator sees all metadata of its account and may grant anything in it, but reads no data without a grant.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from moto.lakeformation.models import lakeformation_backends

from local.engines import backends
from local.engines.catalog import CatalogTable, columns_of, current_version
from local.engines.errors import AccessDenied, AlreadyExists
from local.engines.lake_permissions import selecting
from local.engines.lake_permissions.cell_filters import filter_book
from local.engines.lake_permissions.grants import ALL, EVERY_TABLE, SELECT, Resource, book
from local.engines.lake_permissions.locations import arn_of_location, registration, require_data_access
from local.engines.lake_permissions.selecting import Selection
from local.engines.lake_permissions.tags import tag_book
from local.gateway import identity
from local.gateway.identity import Caller

_WORDS = {
    "ALTER": "Alter",
    "CREATE_DATABASE": "Create Database",
    "CREATE_TABLE": "Create Table",
    "DATA_LOCATION_ACCESS": "Data Location Access",
    "DELETE": "Delete",
    "DESCRIBE": "Describe",
    "DROP": "Drop",
    "INSERT": "Insert",
    "SELECT": "Select",
}


def readable(table: CatalogTable, principal: Caller | str) -> Selection:
    """The columns of a table that a principal may read, partition keys included, and which rows of each.

    `principal` is the ARN of an IAM role or user, or a caller, whose session policies then count as well. Raises
    AccessDenied when there are none, when a resource link on the way is not the principal's to use, or when IAM does
    not allow lakeformation:GetDataAccess.
    """
    role_arn = arn_of(principal)
    _require_links(table, role_arn)
    found = selection(table, role_arn)
    if not found.columns:
        raise insufficient(table, SELECT)
    require_data_access(principal, table.location)
    return found


def selection(table: CatalogTable, role_arn: str) -> Selection:
    """What SELECT was granted on of a table, maybe nothing; links and IAM are not asked."""
    names = [column.name for column in table.all_columns]
    who = principals(role_arn, table.account)
    return selecting.selection(table.account, table.database, table.name, names, who)


def arn_of(principal: Caller | str) -> str:
    """The ARN that grants name: the role of a session."""
    return principal.principal_arn if isinstance(principal, Caller) else principal


def may_see(account: str, database: str, table: str, role_arn: str) -> bool:
    """Whether a principal may know of a table of this very account."""
    columns = _ColumnsByTable(account, database)[table]
    return visible_columns(account, database, table, columns, role_arn) is not None


def forget(account: str, database: str, table: str | None = None) -> None:
    """Drop every grant, LF-Tag and data cells filter of a table, or of a database and its tables, that was deleted."""
    book(account).forget(database, table)
    filter_book(account).forget(database, table)
    tag_book(account).forget(database, table)


def granted_columns(table: CatalogTable, role_arn: str) -> tuple[str, ...]:
    """The columns that SELECT was granted on, of all rows or some; maybe none."""
    return selection(table, role_arn).columns


def visible_columns(
    account: str, database: str, table: str, columns: Sequence[str], role_arn: str
) -> set[str] | None:
    """The columns whose description a principal may see; None when it may not know of the table.

    Any permission on the table shows all of it, SELECT on some columns only these.
    """
    if table_permissions(account, database, table, role_arn) or is_administrator(role_arn, account):
        return set(columns)
    who = principals(role_arn, account)
    return set(selecting.selection(account, database, table, columns, who).columns) or None


def require(table: CatalogTable, principal: Caller | str, action: str) -> None:
    """Raise AccessDenied unless the principal holds a permission on the whole table.

    `action` is "SELECT" (all columns), "INSERT", "DELETE", "ALTER", "DROP" or "DESCRIBE".
    """
    role_arn = arn_of(principal)
    _require_links(table, role_arn)
    if not may(table, role_arn, action):
        raise insufficient(table, action)
    if action in ("INSERT", "DELETE"):
        require_data_access(principal, table.location)


def may(table: CatalogTable, role_arn: str, action: str) -> bool:
    """Whether the principal holds a permission on the whole table; any permission implies DESCRIBE."""
    if action == SELECT:
        found = selection(table, role_arn)
        return len(found.columns) == len(table.all_columns) and not found.has_row_filters
    granted = table_permissions(table.account, table.database, table.name, role_arn)
    if action in granted or ALL in granted:
        return True
    return action == "DESCRIBE" and (
        bool(granted) or bool(granted_columns(table, role_arn)) or is_administrator(role_arn, table.account)
    )


def table_permissions(account: str, database: str, table: str, role_arn: str) -> set[str]:
    """What was granted on a table, on all tables of its database or by its LF-Tags, SELECT left out."""
    grants = book(account)
    who = principals(role_arn, account)
    return (
        grants.of(who, Resource("table", account, database, table)).permissions
        | grants.of(who, Resource("table", account, database, EVERY_TABLE)).permissions
        | selecting.policy_permissions(account, "TABLE", (database, table), who)
    ) - {SELECT}


def may_describe_link(account: str, database: str, table: str | None, role_arn: str) -> bool:
    """Whether the principal may use a resource link: it holds something on the link, or administers its account."""
    if is_administrator(role_arn, account):
        return True
    if table is None and database_permissions(account, database, role_arn):
        return True
    return table is not None and bool(table_permissions(account, database, table, role_arn))


def _require_links(table: CatalogTable, role_arn: str) -> None:
    for link in table.links:
        if not may_describe_link(link.account, link.database, link.table, role_arn):
            raise AccessDenied(
                f"Insufficient Lake Formation permission(s): Required Describe on {link.table or link.database}"
            )


def may_on_database(account: str, database: str, role_arn: str, action: str) -> bool:
    """Whether the principal holds ALTER, CREATE_TABLE, DESCRIBE or DROP on a database of this very account."""
    granted = database_permissions(account, database, role_arn)
    if action in granted or ALL in granted:
        return True
    if action != "DESCRIBE":
        return False
    # whoever may use a table sees the database that it is in
    who = principals(role_arn, account)
    return (
        bool(granted)
        or is_administrator(role_arn, account)
        or book(account).mentions(who, database)
        or selecting.policies_reach(account, database, _ColumnsByTable(account, database), who)
    )


def database_permissions(account: str, database: str, role_arn: str) -> set[str]:
    """What was granted on a database of this very account, by name or by its LF-Tags."""
    who = principals(role_arn, account)
    named = book(account).of(who, Resource("database", account, database)).permissions
    return named | selecting.policy_permissions(account, "DATABASE", (database, ""), who)


class _ColumnsByTable(Mapping[str, Sequence[str]]):
    """The columns of a database's tables, looked up only where somebody asks."""

    def __init__(self, account: str, database: str) -> None:
        found = backends.glue(account).databases.get(database)
        self._tables = dict(found.tables) if found is not None else {}

    def __getitem__(self, table: str) -> Sequence[str]:
        version = current_version(self._tables[table])
        storage = version.get("StorageDescriptor") or {}
        return [
            column.name
            for column in (*columns_of(storage.get("Columns")), *columns_of(version.get("PartitionKeys")))
        ]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tables)

    def __len__(self) -> int:
        return len(self._tables)


def may_use_tag(account: str, key: str, value: str, role_arn: str, permission: str) -> bool:
    """Whether a principal may ASSOCIATE, DESCRIBE or GRANT_WITH_LF_TAG_EXPRESSION a value of an LF-Tag.

    Its creator may; any permission implies DESCRIBE, which administrators need not hold. Raises EntityNotFound.
    """
    if tag_book(account).find(key).creator == role_arn:
        return True
    if permission == "DESCRIBE" and is_administrator(role_arn, account):
        return True
    who = principals(role_arn, account)
    grants = book(account)
    granted = {
        name
        for each in (value, "*")
        for name in grants.of(who, Resource("tag", account, name=key, value=each)).permissions
    }
    return permission in granted or (permission == "DESCRIBE" and bool(granted))


def require_on_database(account: str, database: str, role_arn: str, action: str) -> None:
    """Raise AccessDenied unless `may_on_database`."""
    if not may_on_database(account, database, role_arn, action):
        raise AccessDenied(
            f"Insufficient Lake Formation permission(s): Required {_WORDS[action]} on {database}"
        )


def require_create_database(caller: Caller, account: str) -> None:
    """Raise AccessDenied unless the caller may create databases in the account."""
    granted = (
        book(account).of(principals(caller.principal_arn, account), Resource("catalog", account)).permissions
    )
    if "CREATE_DATABASE" not in granted and not is_administrator(caller.principal_arn, account):
        raise AccessDenied("Insufficient Lake Formation permission(s): Required Create Database on Catalog")


def require_create_table(caller: Caller, account: str, database: str, location: str | None) -> None:
    """Raise AccessDenied unless the caller may create a table in the database with its data at the location."""
    require_on_database(account, database, caller.principal_arn, "CREATE_TABLE")
    if location:
        require_location(caller.principal_arn, account, location, within=_location_of(account, database))


def require_location(role_arn: str, account: str, location: str, *, within: str | None = None) -> None:
    """Raise AccessDenied when a registered location is not the principal's to create tables on.

    Below `within`, the location of the table's database, the right to create tables there is enough.
    """
    registered = registration(location, account)
    if registered is None or (within and (location.rstrip("/") + "/").startswith(within.rstrip("/") + "/")):
        return
    arn = arn_of_location(location)
    for granted in book(account).locations(principals(role_arn, account)):
        if arn == granted or arn.startswith(granted.rstrip("/") + "/"):
            return
    raise AccessDenied(
        f"Insufficient Lake Formation permission(s): Required Data Location Access on {location}"
    )


def _location_of(account: str, database: str) -> str | None:
    return backends.glue(account).databases[database].input.get("LocationUri")


def create_table(caller: Caller, account: str, database: str, table_input: dict[str, Any]) -> None:
    """Put a table into the catalog and grant its creator everything on it. `require_create_table` comes first.

    Raises AlreadyExists.
    """
    name = table_input["Name"].lower()
    tables = backends.glue(account).databases[database].tables
    if name in tables:
        raise AlreadyExists("Table already exists.")
    backends.glue(account).create_table(database, name, {**table_input, "Name": name})
    grant_all(caller.principal_arn, Resource("table", account, database, name))


def grant_all(principal: str, resource: Resource) -> None:
    """What a creator gets: Super with the right to grant it on."""
    book(resource.account).add(principal, resource, [ALL], [ALL])


def principals(role_arn: str, account: str) -> set[str]:
    """The names under which a principal may have been granted something in a catalog.

    What was granted to a whole account is for that account's administrators to pass on, and theirs alone.
    """
    own = identity.account_of(role_arn)
    names = {role_arn, f"{own}:IAMPrincipals"}
    if own != account and is_administrator(role_arn, own):
        names.add(own)
    return names


def is_administrator(role_arn: str, account: str) -> bool:
    """Whether a principal is a data lake administrator of an account."""
    settings = lakeformation_backends[account][backends.REGION].settings.get(account) or {}
    return any(
        administrator.get("DataLakePrincipalIdentifier") == role_arn
        for administrator in settings.get("DataLakeAdmins") or []
    )


def insufficient(table: CatalogTable, action: str) -> AccessDenied:
    """The refusal of an action on a table."""
    return AccessDenied(
        f"Insufficient Lake Formation permission(s): Required {_WORDS[action]} on {table.name}"
    )
