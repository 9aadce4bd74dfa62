"""What Lake Formation and Glue say in one account, by lists of everything: few session, however many grants there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from interline.access.lakeformation.api_requests import slices
from interline.access.state import (
    CLASSIFICATION,
    EVERY_TABLE,
    MANAGED_TAGS,
    PORT,
    CellFilter,
    Link,
    ObservedState,
    Permissions,
    Scope,
    Table,
)
from interline.aws.retry import RetryingSession
from interline.contracts import Domain, Product

_LARGEST_PAGE = 1000
"""MaxResults of ListPermissions and of the lists of LF-Tags and filters (Lake Formation API reference)."""
_SEARCH_PAGE = 100
_VALUES_A_SEARCH = 50
"""Values of one LF-Tag in an LF-Tag expression."""
_ALL_TABLES = "ALL_TABLES"
"""The name under which what is granted on every table of a database is listed."""


def observe_account(session: RetryingSession, domain: Domain) -> ObservedState:
    """Return who may read what of a domain's ports, and where the links of its catalog lead.

    Acts as a data lake administrator of the account: nobody else is shown everything. What the domain's own role and the
    account's data lake administrators hold is left out: the ports are theirs to run.
    """
    tables = dict(_tables(session, domain))
    values = {
        tag["TagKey"]: frozenset(tag["TagValues"])
        for tag in session.paginate("lakeformation", "list_lf_tags", "LFTags", MaxResults=_LARGEST_PAGE)
        if tag["TagKey"] in MANAGED_TAGS
    }
    links = dict(_links(session, domain))
    listed = session.paginate(
        "lakeformation", "list_permissions", "PrincipalResourcePermissions", MaxResults=_LARGEST_PAGE
    )
    permissions = list(_with_saved_expressions(session, domain, listed))
    own = _owners(session, domain)
    filters = session.paginate(
        "lakeformation", "list_data_cells_filter", "DataCellsFilters", MaxResults=_LARGEST_PAGE
    )
    return ObservedState(
        grants=_grants(domain, permissions, own),
        filters=_cell_filters(domain, filters),
        tags=dict(_tags(session, domain, tables, values.get(PORT, frozenset()))),
        tag_values={domain.account: values},
        links=links,
        link_readers=_link_readers(domain, permissions, links.keys()),
        tables=tables,
    )


def observe_port(session: RetryingSession, product: Product) -> ObservedState:
    """Return who may read what of one port, as far as its own domain is shown it.

    A domain sees all grants on its own tables, but no grants on LF-Tag expressions.

    Raises:
        botocore.exceptions.ClientError: AWS refused; EntityNotFoundException if the port is not published.
    """
    domain = product.domain
    table = Table(domain.account, domain.curated_database, product.name)
    resource = {"CatalogId": domain.account, "DatabaseName": table.database, "Name": table.name}
    described = session.read(
        "glue", "get_table", CatalogId=domain.account, DatabaseName=table.database, Name=table.name
    )["Table"]
    permissions = session.paginate(
        "lakeformation",
        "list_permissions",
        "PrincipalResourcePermissions",
        Resource={"Table": resource},
        IncludeRelated="TRUE",
        MaxResults=_LARGEST_PAGE,
    )
    filters = session.paginate(
        "lakeformation",
        "list_data_cells_filter",
        "DataCellsFilters",
        Table=resource,
        MaxResults=_LARGEST_PAGE,
    )
    assigned = session.read(
        "lakeformation", "get_resource_lf_tags", Resource={"Table": resource}, ShowAssignedLFTags=True
    )
    values = {key: _tag_values(session, domain.account, key) for key in MANAGED_TAGS}
    return ObservedState(
        grants=_grants(domain, permissions, _owners(session, domain)),
        filters=_cell_filters(domain, filters),
        tags={table: _assigned_tags(assigned)},
        tag_values={domain.account: {key: found for key, found in values.items() if found is not None}},
        tables={table: _columns(described)},
    )


def _tag_values(session: RetryingSession, account: str, key: str) -> frozenset[str] | None:
    try:
        answer = session.read("lakeformation", "get_lf_tag", CatalogId=account, TagKey=key)
    except ClientError as error:
        if error.response["Error"]["Code"] != "EntityNotFoundException":
            raise
        return None
    return frozenset(answer["TagValues"])


def _owners(session: RetryingSession, domain: Domain) -> frozenset[str]:
    """Return the principals whose own the account's data lake is: its domain's role and its administrators."""
    settings = session.read("lakeformation", "get_data_lake_settings")["DataLakeSettings"]
    return frozenset({domain.role_arn}) | {
        administrator["DataLakePrincipalIdentifier"]
        for group in ("DataLakeAdmins", "ReadOnlyAdmins")
        for administrator in settings.get(group) or ()
    }


def _grants(
    domain: Domain, permissions: Iterable[Mapping[str, Any]], own: frozenset[str]
) -> dict[tuple[Table, str], dict[Scope, Permissions]]:
    """Return the grants on ports among listed permissions, those of ``own`` left out."""
    found: dict[tuple[Table, str], dict[Scope, Permissions]] = {}
    for entry in permissions:
        principal = entry["Principal"]["DataLakePrincipalIdentifier"]
        if principal in own:
            continue
        location = _location(domain, entry["Resource"])
        if location is None:
            continue
        table, scope, columns = location
        names = frozenset(columns or entry.get("Permissions") or ())
        with_option = entry.get("PermissionsWithGrantOption") or ()
        grantable = (names if with_option else frozenset()) if columns else frozenset(with_option)
        grants = found.setdefault((table, principal), {})
        before = grants.get(scope, Permissions(frozenset()))
        grants[scope] = Permissions(before.names | names, before.grantable | grantable)
    return found


def _with_saved_expressions(
    session: RetryingSession, domain: Domain, permissions: Iterable[Mapping[str, Any]]
) -> Iterator[Mapping[str, Any]]:
    """Yield permissions with the LF-Tag expression of each that names a saved one, which lists do not show."""
    saved: dict[str, list[Any]] = {}
    for entry in permissions:
        policy = entry["Resource"].get("LFTagPolicy") or {}
        name = policy.get("ExpressionName")
        if not name or policy.get("Expression"):
            yield entry
            continue
        if name not in saved:
            saved[name] = _saved_expression(session, domain, name)
        yield {**entry, "Resource": {"LFTagPolicy": {**policy, "Expression": saved[name]}}}


def _saved_expression(session: RetryingSession, domain: Domain, name: str) -> list[Any]:
    try:
        answer = session.read("lakeformation", "get_lf_tag_expression", CatalogId=domain.account, Name=name)
    except ClientError as error:
        if error.response["Error"]["Code"] != "EntityNotFoundException":
            raise
        return []
    return list(answer["Expression"])


def _location(domain: Domain, resource: Mapping[str, Any]) -> tuple[Table, Scope, list[str]] | None:
    """Return on which port, and on what of it, a permission is; None if it is on no port."""
    ((kind, value),) = ((kind, value) for kind, value in resource.items() if value is not None)
    if kind == "LFTagPolicy":
        return _policy(domain, value)
    if value.get("DatabaseName") != domain.curated_database:
        return None
    if kind == "DataCellsFilter":
        table = Table(domain.account, domain.curated_database, value["TableName"])
        return table, Scope("filter", name=value["Name"]), []
    if kind not in ("Table", "TableWithColumns"):
        return None
    name = value.get("Name") or _ALL_TABLES
    every = name == _ALL_TABLES or value.get("TableWildcard") is not None
    table = Table(domain.account, domain.curated_database, EVERY_TABLE if every else name)
    if value.get("ColumnNames"):
        return table, Scope("columns"), list(value["ColumnNames"])
    excluded = (value.get("ColumnWildcard") or {}).get("ExcludedColumnNames")
    if excluded:
        return table, Scope("all_except", excluded=tuple(sorted(excluded))), []
    return table, Scope("table"), []


def _policy(domain: Domain, value: Mapping[str, Any]) -> tuple[Table, Scope, list[str]] | None:
    """An LF-Tag expression concerns ports if it names one of their LF-Tags; it is about one port if it names just one."""
    if value.get("ResourceType") != "TABLE":
        return None
    expression = tuple(
        sorted((each["TagKey"], tuple(sorted(each["TagValues"]))) for each in value.get("Expression") or ())
    )
    conditions = dict(expression)
    if not conditions.keys() & set(MANAGED_TAGS):
        return None
    ports = conditions.get(PORT, ())
    name = ports[0] if len(ports) == 1 else EVERY_TABLE
    return (
        Table(domain.account, domain.curated_database, name),
        Scope("tags", name=value.get("ExpressionName") or "", expression=expression),
        [],
    )


def _cell_filters(domain: Domain, listed: Iterable[Mapping[str, Any]]) -> dict[Table, dict[str, CellFilter]]:
    """Return the data cells filters on ports."""
    found: dict[Table, dict[str, CellFilter]] = {}
    for each in listed:
        if each["DatabaseName"] == domain.curated_database:
            table = Table(domain.account, domain.curated_database, each["TableName"])
            found.setdefault(table, {})[each["Name"]] = _cells(each)
    return found


def _cells(listed: Mapping[str, Any]) -> CellFilter:
    names = listed.get("ColumnNames")
    excluded = (listed.get("ColumnWildcard") or {}).get("ExcludedColumnNames") or ()
    rows = (listed.get("RowFilter") or {}).get("FilterExpression")
    return CellFilter(frozenset(names) if names else None, rows, frozenset(excluded))


def _columns(table: Mapping[str, Any]) -> frozenset[str]:
    """Return the columns of a table as Glue describes it, partition keys among them."""
    described = [*(table.get("StorageDescriptor") or {}).get("Columns", ()), *table.get("PartitionKeys", ())]
    return frozenset(column["Name"] for column in described)


def _tables(session: RetryingSession, domain: Domain) -> Iterator[tuple[Table, frozenset[str]]]:
    listed = session.paginate(
        "glue", "get_tables", "TableList", DatabaseName=domain.curated_database, MaxResults=100
    )
    for table in listed:
        yield Table(domain.account, domain.curated_database, table["Name"]), _columns(table)


def _tags(
    session: RetryingSession, domain: Domain, tables: Mapping[Table, frozenset[str]], ports: frozenset[str]
) -> Iterator[tuple[Table, dict[str, str]]]:
    """Yield the managed LF-Tags of every port that carries the LF-Tag ``port``."""
    for values in slices(sorted(ports), _VALUES_A_SEARCH):
        found = session.paginate(
            "lakeformation",
            "search_tables_by_lf_tags",
            "TableList",
            Expression=[{"TagKey": PORT, "TagValues": values}],
            MaxResults=_SEARCH_PAGE,
        )
        for each in found:
            table = Table(domain.account, each["Table"]["DatabaseName"], each["Table"]["Name"])
            if table in tables:
                yield table, _assigned_tags(each)


def _assigned_tags(shown: Mapping[str, Any]) -> dict[str, str]:
    """Return the managed LF-Tags in an answer of SearchTablesByLFTags or GetResourceLFTags."""
    tags: dict[str, str] = {}
    for tag in shown.get("LFTagsOnTable") or ():
        if tag["TagKey"] == PORT:
            tags[""] = tag["TagValues"][0]
    for column in shown.get("LFTagsOnColumns") or ():
        for tag in column["LFTags"]:
            if tag["TagKey"] == CLASSIFICATION:
                tags[column["Name"]] = tag["TagValues"][0]
    return tags


def _links(session: RetryingSession, domain: Domain) -> Iterator[tuple[tuple[str, str], Link]]:
    for database in session.paginate("glue", "get_databases", "DatabaseList", MaxResults=100):
        target = database.get("TargetDatabase")
        if target:
            link = Link(target.get("CatalogId", ""), target.get("DatabaseName", ""), target.get("Region", ""))
            yield (domain.account, database["Name"]), link


def _link_readers(
    domain: Domain, permissions: Iterable[Mapping[str, Any]], links: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], frozenset[str]]:
    found: dict[tuple[str, str], frozenset[str]] = dict.fromkeys(links, frozenset())
    for entry in permissions:
        name = (entry["Resource"].get("Database") or {}).get("Name", "")
        place = (domain.account, name)
        if place in found and {"DESCRIBE", "ALL"} & set(entry.get("Permissions") or ()):
            found[place] |= {entry["Principal"]["DataLakePrincipalIdentifier"]}
    return found
