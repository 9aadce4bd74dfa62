"""What Lake Formation lets a principal do with databases, tables, columns and locations.

Everybody is asked, the owning account too: creators can use what they made because creating granted it to them. A data
lake administrator sees all metadata of its account and may grant anything in it, but reads no data without a grant.
"""

from __future__ import annotations

from typing import Any

from moto.lakeformation.models import lakeformation_backends

from local.aws import authorization, identity
from local.aws.identity import Caller
from local.lake import backends, objects
from local.lake.catalog import CatalogTable
from local.lake.errors import AccessDenied, AlreadyExists
from local.lake.grants import ALL, EVERY_TABLE, SELECT, Resource, book

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


def readable_columns(table: CatalogTable, principal: Caller | str) -> tuple[str, ...]:
    """The columns of a table that a principal may read, in the table's order, partition keys included.

    `principal` is the ARN of an IAM role or user, or a caller, whose session policies then count as well. Raises
    AccessDenied when there are none, when a resource link on the way is not the principal's to use, or when IAM does
    not allow lakeformation:GetDataAccess.
    """
    role_arn = arn_of(principal)
    _require_links(table, role_arn)
    columns = granted_columns(table, role_arn)
    if not columns:
        raise insufficient(table, SELECT)
    require_data_access(principal, table.location)
    return columns


def arn_of(principal: Caller | str) -> str:
    """The ARN that grants name: the role of a session."""
    return principal.principal_arn if isinstance(principal, Caller) else principal


def granted_columns(table: CatalogTable, role_arn: str) -> tuple[str, ...]:
    """The columns that SELECT was granted on, maybe none."""
    names = [column.name for column in table.all_columns]
    allowed: set[str] = set()
    for resource, held in book(table.account).column_grants(
        principals(role_arn, table.account), table.database, table.name
    ):
        if SELECT in held.permissions:
            allowed |= {resource.column} if resource.column else set(names) - set(resource.excluded)
    return tuple(name for name in names if name in allowed)


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
        return len(granted_columns(table, role_arn)) == len(table.all_columns)
    held = table_permissions(table.account, table.database, table.name, role_arn)
    if action in held or ALL in held:
        return True
    return action == "DESCRIBE" and (
        bool(held) or bool(granted_columns(table, role_arn)) or is_administrator(role_arn, table.account)
    )


def table_permissions(account: str, database: str, table: str, role_arn: str) -> set[str]:
    """What was granted on a table (or all tables of its database), SELECT left out."""
    grants = book(account)
    who = principals(role_arn, account)
    return (
        grants.of(who, Resource("table", account, database, table)).permissions
        | grants.of(who, Resource("table", account, database, EVERY_TABLE)).permissions
    )


def may_describe_link(account: str, database: str, table: str | None, role_arn: str) -> bool:
    """Whether the principal may use a resource link: it holds something on the link, or administers its account."""
    if is_administrator(role_arn, account):
        return True
    who = principals(role_arn, account)
    if book(account).of(who, Resource("database", account, database)).permissions and table is None:
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
    held = (
        book(account).of(principals(role_arn, account), Resource("database", account, database)).permissions
    )
    if action in held or ALL in held:
        return True
    if action != "DESCRIBE":
        return False
    # whoever may use a table sees the database that it is in
    return (
        bool(held)
        or is_administrator(role_arn, account)
        or book(account).mentions(principals(role_arn, account), database)
    )


def require_on_database(account: str, database: str, role_arn: str, action: str) -> None:
    """Raise AccessDenied unless `may_on_database`."""
    if not may_on_database(account, database, role_arn, action):
        raise AccessDenied(
            f"Insufficient Lake Formation permission(s): Required {_WORDS[action]} on {database}"
        )


def require_create_database(caller: Caller, account: str) -> None:
    """Raise AccessDenied unless the caller may create databases in the account."""
    held = (
        book(account).of(principals(caller.principal_arn, account), Resource("catalog", account)).permissions
    )
    if "CREATE_DATABASE" not in held and not is_administrator(caller.principal_arn, account):
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
    arn = _location_arn(location)
    for granted in book(account).locations(principals(role_arn, account)):
        if arn == granted or arn.startswith(granted.rstrip("/") + "/"):
            return
    raise AccessDenied(
        f"Insufficient Lake Formation permission(s): Required Data Location Access on {location}"
    )


def _location_of(account: str, database: str) -> str | None:
    return backends.glue(account).databases[database].input.get("LocationUri")


def _location_arn(location: str) -> str:
    bucket, key = objects.split_uri(location)
    return f"arn:aws:s3:::{bucket}/{key}".rstrip("/")


def registration(location: str, account: str | None = None) -> str | None:
    """The ARN of the role that Lake Formation reads a location with; None when no registration covers it.

    Looks in the account that owns the bucket, and in `account`.
    """
    arn = _location_arn(location)
    bucket, _ = objects.split_uri(location)
    owners = {backends.bucket_owner(bucket)} | ({account} if account else set())
    best: tuple[int, str] | None = None
    for owner in owners:
        for registered in list(lakeformation_backends[owner][backends.REGION].resources.values()):
            prefix = registered.arn.rstrip("/")
            if (arn == prefix or arn.startswith(prefix + "/")) and (best is None or len(prefix) > best[0]):
                best = (len(prefix), registered.role_arn)
    return best[1] if best else None


def require_data_access(principal: Caller | str, location: str, *, write: bool = False) -> None:
    """Raise AccessDenied unless the principal's queries can reach the objects of a location.

    Of a registered location Lake Formation vends access with the role of the registration, if the principal's IAM
    policies allow lakeformation:GetDataAccess; any other location is reached with the principal's own S3 permissions.
    """
    vending = registration(location)
    caller = principal if isinstance(principal, Caller) else authorization.caller_of(principal)
    if vending is not None:
        if not authorization.is_allowed(caller, "lakeformation:GetDataAccess", "*"):
            raise AccessDenied(
                f"User: {caller.arn} is not authorized to perform: lakeformation:GetDataAccess on resource: *"
            )
        caller = identity.role_caller(vending, "AWSLF-00-AT")
    objects.require_read(caller, location)
    if write:
        objects.require_write(caller, location.rstrip("/") + "/*")


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
