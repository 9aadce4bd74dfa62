"""``product.yaml``: the Open Data Product Standard (ODPS) v1.0.0 of Bitol, read into a :class:`ProductFile`.

The models name the keys of the standard (bitol-io.github.io/open-data-product-standard, v1.0.0); no Python
package of them exists. What Interline adds sits where the standard puts additions, in ``customProperties``.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from interline.contracts.model.names import (
    ADDRESS_SHAPE,
    NAME_SHAPE,
    address_of,
    contract_id,
    is_address,
    is_name,
    major_of,
    version_problem,
)
from interline.contracts.model.product import FORMATS, STATUSES, ProductFile, Source
from interline.contracts.problems import MeshError, Problem, did_you_mean, one_of
from interline.contracts.yaml.reader import Document
from interline.contracts.yaml.validate import validate


class _AuthoritativeDefinition(BaseModel):
    type: str
    url: str
    description: str | None = None


class _CustomProperty(BaseModel):
    property: str
    value: Any
    description: str | None = None


class _Described(BaseModel):
    purpose: str | None = None
    limitations: str | None = None
    usage: str | None = None
    authoritativeDefinitions: list[_AuthoritativeDefinition] | None = None
    customProperties: list[_CustomProperty] | None = None


class _Extended(BaseModel):
    tags: list[str] | None = None
    customProperties: list[_CustomProperty] | None = None
    authoritativeDefinitions: list[_AuthoritativeDefinition] | None = None


class _InputPort(_Extended):
    name: str
    version: str
    contractId: str


class _SoftwareBillOfMaterials(BaseModel):
    type: str | None = None
    url: str


class _InputContract(BaseModel):
    id: str
    version: str


class _OutputPort(_Extended):
    name: str
    description: str | None = None
    type: str | None = None
    version: str
    contractId: str | None = None
    sbom: list[_SoftwareBillOfMaterials] | None = None
    inputContracts: list[_InputContract] | None = None


class _ManagementPort(_Extended):
    name: str
    content: str
    type: str | None = None
    url: str | None = None
    channel: str | None = None
    description: str | None = None


class _Support(_Extended):
    channel: str
    url: str
    description: str | None = None
    tool: str | None = None
    scope: str | None = None
    invitationUrl: str | None = None


class _TeamMember(_Extended):
    username: str
    name: str | None = None
    description: str | None = None
    role: str | None = None
    dateIn: str | None = None
    dateOut: str | None = None
    replacedByUsername: str | None = None


class _Team(_Extended):
    name: str | None = None
    description: str | None = None
    members: list[_TeamMember] | None = None


class OpenDataProduct(_Extended):
    """The top of ``product.yaml``."""

    apiVersion: Literal["v1.0.0"]
    kind: Literal["DataProduct"]
    id: str
    name: str | None = None
    version: str | None = None
    status: str
    domain: str | None = None
    tenant: str | None = None
    description: _Described | None = None
    inputPorts: list[_InputPort] | None = None
    outputPorts: list[_OutputPort] = Field(default_factory=list)
    managementPorts: list[_ManagementPort] | None = None
    support: list[_Support] | None = None
    team: _Team | None = None
    productCreatedTs: str | None = None


def product_of(document: Document, address: str) -> ProductFile:
    """Return what a ``product.yaml`` says of the product at ``address``.

    Raises:
        MeshError: the document is no data product, or another one.
    """
    parsed = validate(document, OpenDataProduct)
    problems = _identity_problems(document, parsed, address)
    problems += _output_problems(document, parsed, address)
    inputs = _inputs(document, parsed, address, problems)
    sources = _sources(document, parsed, problems)
    if not inputs and not sources and not problems:
        problems.append(
            document.problem(
                (),
                "has neither input ports nor sources, so nothing can come out of it",
                "add `inputPorts:` or the custom property `sources`",
            )
        )
    if problems:
        raise MeshError(problems)
    described = parsed.description or _Described()
    return ProductFile(
        title=parsed.name or address,
        version=parsed.version or "1.0.0",
        status=parsed.status,
        purpose=(described.purpose or "").strip(),
        usage=(described.usage or "").strip(),
        limitations=(described.limitations or "").strip(),
        inputs=inputs,
        sources=sources,
        tags=tuple(parsed.tags or ()),
    )


def _identity_problems(document: Document, parsed: OpenDataProduct, address: str) -> list[Problem]:
    problems: list[Problem] = []
    domain = address.partition(".")[0]
    if parsed.id != address:
        problems.append(
            document.problem(("id",), f"id is {parsed.id!r} but the folder's address is {address!r}")
        )
    if parsed.domain is not None and parsed.domain != domain:
        problems.append(
            document.problem(("domain",), f"domain is {parsed.domain!r} but the folder belongs to {domain!r}")
        )
    if parsed.status not in STATUSES:
        problems.append(
            document.problem(
                ("status",),
                f"status is {parsed.status!r}, expected {one_of(STATUSES)}",
                did_you_mean(parsed.status, STATUSES),
            )
        )
    return problems


def _output_problems(document: Document, parsed: OpenDataProduct, address: str) -> list[Problem]:
    name = address.partition(".")[2]
    if len(parsed.outputPorts) != 1:
        return [
            document.problem(
                ("outputPorts",),
                f"has {len(parsed.outputPorts)} output ports; a product has exactly one",
                f"expected `outputPorts:` with one entry, `name: {name}`",
            )
        ]
    port = parsed.outputPorts[0]
    problems: list[Problem] = []
    if port.name != name:
        problems.append(
            document.problem(
                ("outputPorts", 0, "name"),
                f"the output port is named {port.name!r} but the product {name!r}",
                "the port's table carries the product's name",
            )
        )
    expected = contract_id(address)
    if port.contractId is not None and port.contractId != expected:
        problems.append(
            document.problem(
                ("outputPorts", 0, "contractId"), f"contractId is {port.contractId!r}, expected {expected!r}"
            )
        )
    problem = version_problem(address, port.version)
    if problem:
        problems.append(document.problem(("outputPorts", 0, "version"), *problem))
    return problems


def _inputs(
    document: Document, parsed: OpenDataProduct, address: str, problems: list[Problem]
) -> tuple[str, ...]:
    inputs: list[str] = []
    for position, port in enumerate(parsed.inputPorts or ()):
        place = ("inputPorts", position, "contractId")
        if not is_address(port.contractId):
            problems.append(
                document.problem(place, f"{port.contractId!r} is no address", f"expected {ADDRESS_SHAPE}")
            )
            continue
        major = major_of(port.version)
        if major is None:
            where = ("inputPorts", position, "version")
            problems.append(
                document.problem(where, f"version is {port.version!r}", "expected something like 1.0.0")
            )
            continue
        if contract_id(port.contractId) != port.contractId:
            hint = f"expected {contract_id(port.contractId)!r}; `version:` says which major version is read"
            problems.append(document.problem(place, f"contractId is {port.contractId!r}", hint))
            continue
        input_address = address_of(port.contractId, major)
        if input_address == address:
            problems.append(document.problem(place, "a product cannot be its own input"))
        elif input_address in inputs:
            problems.append(document.problem(place, f"{input_address} is an input port twice"))
        else:
            inputs.append(input_address)
    return tuple(inputs)


_SOURCES_SHAPE = "expected `- name: <source>` and `format: json`, csv or parquet"


def _sources(document: Document, parsed: OpenDataProduct, problems: list[Problem]) -> tuple[Source, ...]:
    known = ("sources",)
    sources: list[Source] = []
    for position, custom in enumerate(parsed.customProperties or ()):
        place = ("customProperties", position, "value")
        if custom.property not in known:
            problems.append(
                document.problem(
                    ("customProperties", position, "property"),
                    f"unknown custom property {custom.property!r}",
                    did_you_mean(custom.property, known) or f"known is {one_of(known)}",
                )
            )
        elif not isinstance(custom.value, list) or not custom.value:
            problems.append(document.problem(place, "sources is no list", _SOURCES_SHAPE))
        else:
            for number, entry in enumerate(custom.value):
                source = _source(document, (*place, number), entry, problems)
                if source is not None:
                    sources.append(source)
    names = [source.name for source in sources]
    problems.extend(
        document.problem(("customProperties",), f"the source {name!r} is there twice")
        for name in sorted({name for name in names if names.count(name) > 1})
    )
    return tuple(sources)


def _source(
    document: Document, place: tuple[str | int, ...], entry: Any, problems: list[Problem]
) -> Source | None:
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        problems.append(document.problem(place, "this source has no name", _SOURCES_SHAPE))
        return None
    for key in entry:
        if key not in ("name", "format"):
            hint = did_you_mean(key, ("name", "format")) or _SOURCES_SHAPE
            problems.append(document.problem((*place, key), f"unknown key {key!r} in a source", hint))
    name, form = entry["name"], entry.get("format")
    if not is_name(name):
        problems.append(
            document.problem((*place, "name"), f"{name!r} cannot name a source", f"expected {NAME_SHAPE}")
        )
    if form not in FORMATS:
        problems.append(
            document.problem(
                (*place, "format"),
                f"the format of {name!r} is {form!r}, expected {one_of(FORMATS)}",
                did_you_mean(str(form), FORMATS),
            )
        )
        return None
    return Source(name, form)
