"""What a contract says that nothing in Interline acts on, so that ``check`` can name it."""

from __future__ import annotations

from collections.abc import Sequence

from open_data_contract_standard.model import (
    AuthoritativeDefinition,
    CustomProperty,
    OpenDataContractStandard,
    SchemaObject,
    SchemaProperty,
)

from interline.contracts.model.yaml_path import YamlPath
from interline.contracts.odcs.context import ReadingContext

_ELSEWHERE = {
    "servers": ("where the port is follows from its address", "take `servers` out"),
    "team": ("the team stands in domain.yaml", "take `team` out, so that it is written once"),
    "support": (
        "how to reach the team stands in domain.yaml",
        "take `support` out, so that it is written once",
    ),
    "price": ("nothing charges for a port", ""),
    "tenant": ("a mesh has one tenant", ""),
}
_OF_COLUMNS = {
    "physicalName": "the port's column carries the name in `name`",
    "encryptedName": "nothing encrypts columns; classification decides who reads them",
    "transformLogic": "the SQL of the model computes the column",
    "transformSourceObjects": "where a column comes from is read from the model's SQL",
}
_INHERITING = ("semantics", "semantic", "definition", "businessDefinition")


def note_what_nothing_acts_on(context: ReadingContext, parsed: OpenDataContractStandard) -> None:
    """Note the keys of a contract that are for other tools, with what holds here instead."""
    for key, (why, hint) in _ELSEWHERE.items():
        if getattr(parsed, key):
            context.note_unexecuted((key,), f"nothing acts on {key}: {why}", hint)
    _custom_properties(context, (), parsed.customProperties)
    for number, table in enumerate(parsed.schema_ or ()):
        _table(context, ("schema", number), table)


def _table(context: ReadingContext, place: YamlPath, table: SchemaObject) -> None:
    if table.physicalName not in (None, table.name):
        context.note_unexecuted((*place, "physicalName"), "the port's table carries the product's name")
    if table.physicalType not in (None, "table"):
        context.refuse(
            (*place, "physicalType"),
            f"a port is a table, not a {table.physicalType}",
            "`physicalType: table`",
        )
    _custom_properties(context, place, table.customProperties)
    for number, prop in enumerate(table.properties or ()):
        _property(context, (*place, "properties", number), prop)


def _property(context: ReadingContext, place: YamlPath, prop: SchemaProperty) -> None:
    for key, why in _OF_COLUMNS.items():
        value = getattr(prop, key)
        if value and not (key == "physicalName" and value == prop.name):
            context.note_unexecuted((*place, key), f"nothing acts on {key} of {prop.name}: {why}")
    if prop.semanticType not in (None, "column"):
        context.refuse(
            (*place, "semanticType"),
            f"{prop.name} is a {prop.semanticType}; a port has columns",
            "leave it out, or describe what the column holds",
        )
    if prop.partitionKeyPosition not in (None, -1, 1):
        context.refuse(
            (*place, "partitionKeyPosition"), "a port has one partition key, the data day", "leave it out"
        )
    _definitions(context, place, prop.authoritativeDefinitions or ())
    _custom_properties(context, place, prop.customProperties)
    for number, quality in enumerate(prop.quality or ()):
        _custom_properties(context, (*place, "quality", number), quality.customProperties)


def _definitions(
    context: ReadingContext, place: YamlPath, definitions: Sequence[AuthoritativeDefinition]
) -> None:
    for number, definition in enumerate(definitions):
        if definition.type in _INHERITING:
            context.refuse(
                (*place, "authoritativeDefinitions", number, "type"),
                f"a column inherits nothing from {definition.url!r}",
                "write its type and rules here; a link for people has another type, `glossary` for example",
            )


def _custom_properties(
    context: ReadingContext, place: YamlPath, properties: Sequence[CustomProperty] | None
) -> None:
    for number, custom in enumerate(properties or ()):
        context.note_unexecuted(
            (*place, "customProperties", number), f"nothing acts on the custom property {custom.property!r}"
        )
