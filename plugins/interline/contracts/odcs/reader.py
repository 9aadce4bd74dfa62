"""``contract.yaml``: the Open Data Contract Standard, read into a :class:`Contract`.

Keys and their meaning: bitol-io.github.io/open-data-contract-standard, v3.2.0, through the pydantic
models of the package ``open-data-contract-standard``. Which of them become rules of a row and which rules of
a batch is Interline's own reading: what is true of one row alone can be put right by taking that row away.
"""

from __future__ import annotations

from open_data_contract_standard.model import (
    OpenDataContractStandard,
    SchemaObject,
    SchemaProperty,
)

from interline.contracts.model.column_types import fits, logical_types_of, redshift_type
from interline.contracts.model.contract import CLASSIFICATIONS, DAY_COLUMN, Column, Contract
from interline.contracts.model.names import NAME_SHAPE, contract_id, is_name, version_problem
from interline.contracts.model.rules import BatchRule, Duplicates, Limit, RowRule
from interline.contracts.model.yaml_path import YamlPath
from interline.contracts.odcs.context import ReadingContext
from interline.contracts.odcs.descriptive import note_what_nothing_acts_on
from interline.contracts.odcs.roles import roles_of
from interline.contracts.odcs.schema_rules import property_rules, table_rules
from interline.contracts.odcs.service_levels import service_levels_of
from interline.contracts.problems import MeshError, did_you_mean, one_of
from interline.contracts.yaml.reader import Document
from interline.contracts.yaml.validate import validate

VERSION = "v3.2.0"
STATUSES = ("proposed", "draft", "active", "deprecated", "retired")


def contract_of(document: Document, address: str) -> Contract:
    """Return the contract in a ``contract.yaml`` of the product at ``address``.

    Raises:
        MeshError: the document is no contract, or not this product's, or promises what cannot be kept.
    """
    parsed = validate(document, OpenDataContractStandard)
    context = ReadingContext(document)
    _identity(context, parsed, address)
    table = _table(context, parsed, address)
    properties = (table.properties if table else None) or []
    columns = tuple(_columns(context, properties))
    row_rules: list[RowRule] = []
    batch_rules: list[BatchRule] = []
    if table is not None and len(columns) == len(properties):
        place: YamlPath = ("schema", 0, "properties")
        for position, (prop, column) in enumerate(zip(properties, columns, strict=True)):
            rows, batches = property_rules(context, (*place, position), prop, column, table.name or "")
            row_rules += rows
            batch_rules += batches
        rows, batches = table_rules(context, ("schema", 0), table, columns)
        row_rules += rows
        batch_rules += batches
    primary_key = _primary_key(context, properties)
    if primary_key:
        described = f"no two rows have the same {one_of(primary_key).replace(' or ', ' and ')}"
        batch_rules.insert(
            0,
            BatchRule("primary_key", Duplicates(primary_key), Limit("=", 0), described, place=("schema", 0)),
        )
    service = service_levels_of(
        context, parsed.slaProperties or (), columns, address.partition(".")[2], parsed.slaDefaultElement
    )
    batch_rules += service.rules
    roles = tuple(roles_of(context, parsed.roles or [], columns, address))
    note_what_nothing_acts_on(context, parsed)
    context.unique_names(row_rules, batch_rules)
    if context.problems:
        raise MeshError(context.problems)
    text = parsed.description
    return Contract(
        address=address,
        title=parsed.name or address,
        version=parsed.version or "",
        status=parsed.status or "",
        purpose=((text and text.purpose) or "").strip(),
        usage=((text and text.usage) or "").strip(),
        limitations=((text and text.limitations) or "").strip(),
        table_description=((table and table.description) or "").strip(),
        columns=columns,
        primary_key=primary_key,
        row_rules=tuple(row_rules),
        batch_rules=tuple(batch_rules),
        roles=roles,
        service_levels=tuple(service.levels),
        unexecuted=tuple(context.unexecuted),
        end_of_support=service.day("endOfSupport"),
        end_of_life=service.day("endOfLife"),
    )


def _identity(context: ReadingContext, parsed: OpenDataContractStandard, address: str) -> None:
    domain = address.partition(".")[0]
    for key, value in (("version", parsed.version), ("status", parsed.status)):
        if not value:
            example = "1.0.0" if key == "version" else "active"
            context.refuse((key,), f"{key} is missing", f"expected `{key}: {example}`")
    if parsed.status and parsed.status not in STATUSES:
        hint = did_you_mean(parsed.status, STATUSES) or f"expected {one_of(STATUSES)}"
        context.refuse(("status",), f"status is {parsed.status!r}", hint)
    if parsed.apiVersion != VERSION:
        context.refuse(
            ("apiVersion",), f"apiVersion is {parsed.apiVersion!r}", f"expected `apiVersion: {VERSION}`"
        )
    if parsed.kind != "DataContract":
        context.refuse(("kind",), f"kind is {parsed.kind!r}", "expected `kind: DataContract`")
    expected = contract_id(address)
    if parsed.id != expected:
        context.refuse(
            ("id",), f"id is {parsed.id!r} but the folder's address is {address!r}", f"expected {expected!r}"
        )
    problem = version_problem(address, parsed.version) if parsed.version else None
    if problem:
        context.refuse(("version",), *problem)
    if parsed.domain is not None and parsed.domain != domain:
        context.refuse(("domain",), f"domain is {parsed.domain!r} but the folder belongs to {domain!r}")
    if parsed.dataProduct is not None and parsed.dataProduct != address:
        context.refuse(("dataProduct",), f"dataProduct is {parsed.dataProduct!r}, expected {address!r}")


def _table(context: ReadingContext, parsed: OpenDataContractStandard, address: str) -> SchemaObject | None:
    name = address.partition(".")[2]
    objects = parsed.schema_ or []
    if len(objects) != 1:
        context.refuse(
            ("schema",),
            f"describes {len(objects)} tables; a port is exactly one",
            f"expected `schema:` with one entry, `name: {name}`",
        )
        return None
    table = objects[0]
    if table.name != name:
        context.refuse(
            ("schema", 0, "name"),
            f"the table is named {table.name!r} but the product {name!r}",
            "the port's table carries the product's name",
        )
    if not table.properties:
        context.refuse(
            ("schema", 0), "the table has no columns", "expected `properties:` with one entry a column"
        )
        return None
    return table


def _columns(context: ReadingContext, properties: list[SchemaProperty]) -> list[Column]:
    columns: list[Column] = []
    seen: dict[str, YamlPath] = {}
    for position, prop in enumerate(properties):
        place: YamlPath = ("schema", 0, "properties", position)
        column = _column(context, place, prop)
        if column is None:
            continue
        if column.name in seen:
            context.refuse(
                place,
                f"the column {column.name!r} is there twice, first on line {context.line(seen[column.name])}",
            )
        seen[column.name] = place
        columns.append(column)
    return columns


def _column(context: ReadingContext, place: YamlPath, prop: SchemaProperty) -> Column | None:
    name = prop.name
    if name is None:
        context.refuse(place, "this column has no name", "expected `name: …`")
        return None
    if not is_name(name):
        context.refuse((*place, "name"), f"{name!r} cannot name a column", f"expected {NAME_SHAPE}")
        return None
    if not (prop.description or "").strip():
        context.refuse(place, f"the column {name!r} has no description", "say what a value of it means")
    if prop.logicalType is None or prop.physicalType is None:
        missing = "logicalType" if prop.logicalType is None else "physicalType"
        example = "string" if missing == "logicalType" else "varchar(16)"
        context.refuse(place, f"the column {name!r} has no {missing}", f"for example `{missing}: {example}`")
        return None
    try:
        physical_type = redshift_type(prop.physicalType)
    except ValueError as error:
        context.refuse((*place, "physicalType"), f"the column {name!r}: {error}")
        return None
    if not fits(prop.logicalType, physical_type):
        context.refuse(
            (*place, "logicalType"),
            f"the column {name!r} is {physical_type} but its logicalType {prop.logicalType!r}",
            f"expected {one_of(logical_types_of(physical_type))}",
        )
    classification = prop.classification or "internal"
    if classification not in CLASSIFICATIONS:
        context.refuse(
            (*place, "classification"),
            f"{classification!r} is no classification, expected {one_of(CLASSIFICATIONS)}",
            did_you_mean(classification, CLASSIFICATIONS),
        )
    if prop.partitioned and (name != DAY_COLUMN or prop.logicalType != "date"):
        context.refuse(
            (*place, "partitioned"),
            f"the column {name!r} cannot partition the port",
            f"only a date column named {DAY_COLUMN} does",
        )
    return Column(
        name=name,
        logical_type=prop.logicalType,
        physical_type=physical_type,
        description=" ".join((prop.description or "").split()),
        required=bool(prop.required) or bool(prop.primaryKey),
        unique=bool(prop.unique),
        primary_key=bool(prop.primaryKey),
        partitioned=bool(prop.partitioned),
        classification=classification,
        deprecated=bool(prop.deprecated),
        business_name=(prop.businessName or "").strip(),
        examples=tuple(str(example) for example in prop.examples or ()),
    )


def _primary_key(context: ReadingContext, properties: list[SchemaProperty]) -> tuple[str, ...]:
    keys = [(position, prop) for position, prop in enumerate(properties) if prop.primaryKey and prop.name]
    if not keys:
        context.refuse(
            ("schema", 0),
            "the table has no primary key",
            "mark the columns that tell one row from another with `primaryKey: true`",
        )
        return ()
    positions = [prop.primaryKeyPosition or 0 for _, prop in keys]
    if len(keys) > 1 and sorted(positions) != list(range(1, len(keys) + 1)):
        context.refuse(
            ("schema", 0, "properties", keys[0][0], "primaryKeyPosition"),
            f"the primary key has {len(keys)} columns at the positions {positions}",
            f"number them 1 to {len(keys)} with primaryKeyPosition",
        )
    ordered = sorted(keys, key=lambda key: key[1].primaryKeyPosition or 0)
    return tuple(prop.name for _, prop in ordered if prop.name)
