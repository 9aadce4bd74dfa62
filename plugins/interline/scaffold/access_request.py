"""Asking for access: the lines that a pull request adds to the producer's contract and to the consumer's product."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from interline.contracts import (
    Contract,
    Domain,
    Product,
    Role,
    did_you_mean,
    load_domain,
    load_product,
    product_folders,
)
from interline.contracts.model.contract import CLASSIFICATIONS, covers
from interline.contracts.model.version_number import raise_version
from interline.contracts.odcs.reader import contract_of
from interline.contracts.odps import product_of
from interline.contracts.yaml.editor import CannotEdit, YamlText
from interline.contracts.yaml.reader import parse
from interline.sql.row_filters import checked_row_filter


class InvalidRequest(ValueError):
    """What is asked for makes no sense, or is there already in another shape; the message says what to do."""


@dataclass(frozen=True)
class AccessRequest:
    """What a domain asks for."""

    port: str
    consumer: str
    purpose: str
    product: str | None = None
    """Name of the consumer's product that will read the port; None if the domain has only one."""
    columns: tuple[str, ...] = ()
    """None named means every column that the clearance covers."""
    clearance: str | None = None
    """The lowest that covers the columns when None."""
    rows: str | None = None
    expires: date | None = None


@dataclass
class FileEdits:
    """The edited files, and what the edit says."""

    texts: dict[Path, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    reader: str = ""
    """Address of the consumer's product."""


def edits_for(root: Path, request: AccessRequest) -> FileEdits:
    """Return the files with what is asked for in them; writes nothing.

    Raises:
        InvalidRequest: it cannot be asked for so.
        MeshError: a file of either side is wrong already, or there is no such product or domain.
    """
    port = load_product(root, request.port)
    consumer = load_domain(root, request.consumer)
    if consumer.name == port.domain.name:
        raise InvalidRequest(f"{consumer.name} owns {request.port} and may read it anyway")
    reader = _reader(root, consumer, request.product)
    edits = FileEdits(reader=reader.address)
    try:
        _add_role(port, request, edits)
        _add_input_port(reader, port, edits)
    except CannotEdit as error:
        raise InvalidRequest(str(error)) from None
    return edits


def _reader(root: Path, consumer: Domain, name: str | None) -> Product:
    folders = [folder.name for folder in product_folders(root) if folder.parent.name == consumer.name]
    if name is not None:
        name = name.removeprefix(f"{consumer.name}.")
        if name not in folders:
            hint = did_you_mean(name, folders) or f"it has {', '.join(folders) or 'none'}"
            raise InvalidRequest(f"{consumer.name} has no product {name!r} ({hint})")
        return load_product(root, f"{consumer.name}.{name}")
    if len(folders) != 1:
        raise InvalidRequest(
            f"which product of {consumer.name} will read it? Say --for with one of {', '.join(folders)}"
            if folders
            else f"{consumer.name} has no product that could read it: ./interline new product {consumer.name}.<name>"
        )
    return load_product(root, f"{consumer.name}.{folders[0]}")


def _add_role(port: Product, request: AccessRequest, edits: FileEdits) -> None:
    """Add a role to the producer's contract, or columns to the role that is there."""
    contract = port.contract
    for name in request.columns:
        if name not in contract.column_names:
            hint = did_you_mean(name, contract.column_names) or f"it has {', '.join(contract.column_names)}"
            raise InvalidRequest(f"{request.port} has no column {name!r} ({hint})")
    clearance = _clearance(contract, request)
    if request.rows is not None:
        try:
            checked_row_filter(request.rows, contract)
        except ValueError as error:
            raise InvalidRequest(f"the condition {request.rows!r}: {error}") from None
    path = port.folder / "contract.yaml"
    text = YamlText(path.read_text(encoding="utf-8"))
    number = next(
        (number for number, role in enumerate(contract.roles) if role.domain == request.consumer), None
    )
    if number is None:
        text.append(("roles",), _role(request, clearance), before="slaProperties")
        columns = ", ".join(request.columns) or f"every column up to {clearance}"
        edits.notes.append(f"{request.consumer} asks to read of {request.port}: {columns}")
    elif not _extend(text, contract, contract.roles[number], number, request, clearance, edits):
        return
    text.replace(("version",), raise_version(contract.version, "patch"))
    contract_of(parse(text.text, path), port.address)
    edits.texts[path] = text.text


def _clearance(contract: Contract, request: AccessRequest) -> str:
    named = [contract.column(name) for name in request.columns]
    needed = max((CLASSIFICATIONS.index(column.classification) for column in named), default=1)
    lowest = CLASSIFICATIONS[max(needed, CLASSIFICATIONS.index("internal"))]
    if request.clearance is None:
        return lowest
    for column in named:
        if not covers(request.clearance, column.classification):
            raise InvalidRequest(
                f"{column.name} is {column.classification}, above the clearance {request.clearance}: leave it out, or"
                f" ask with --clearance {lowest}"
            )
    return request.clearance


def _role(request: AccessRequest, clearance: str) -> dict[str, Any]:
    properties: list[dict[str, Any]] = [{"property": "purpose", "value": request.purpose}]
    if clearance != "internal":
        properties.append({"property": "clearance", "value": clearance})
    if request.columns:
        properties.append({"property": "columns", "value": list(request.columns)})
    if request.rows is not None:
        properties.append({"property": "rows", "value": request.rows})
    if request.expires is not None:
        properties.append({"property": "expires", "value": request.expires.isoformat()})
    return {"role": request.consumer, "access": "read", "customProperties": properties}


def _extend(
    text: YamlText,
    contract: Contract,
    role: Role,
    number: int,
    request: AccessRequest,
    clearance: str,
    edits: FileEdits,
) -> bool:
    """Widen a role that is there; return whether that changes anything."""
    if request.rows is not None or request.expires is not None:
        raise InvalidRequest(
            f"{role.domain} has a role in the contract already; its rows and its last day are changed by hand, in"
            f" domains/{request.port.replace('.', '/')}/contract.yaml"
        )
    if not request.columns and (role.columns is not None or not covers(role.clearance, clearance)):
        raise InvalidRequest(
            f"{role.domain} may read {', '.join(contract.readable_by(role))} already; name what it needs beyond that"
            " with --columns"
        )
    missing = [name for name in request.columns if name not in contract.readable_by(role)]
    if not missing:
        edits.notes.append(
            f"{role.domain} may read that of {request.port} already; its contract stays as it is"
        )
        return False
    if role.columns is not None:
        place = _property(text, number, "columns")
        for name in missing:
            if name not in role.columns:
                text.append((*place, "value"), name)
    named: tuple[str, ...] | None = None
    if role.columns is not None:
        named = tuple(dict.fromkeys([*role.columns, *missing]))
    if not covers(role.clearance, clearance):
        _raise_clearance(text, number, clearance)
        edits.notes.append(f"the role's clearance becomes {clearance}, from {role.clearance}")
    widened = replace(
        role, columns=named, clearance=max(role.clearance, clearance, key=CLASSIFICATIONS.index)
    )
    come = [name for name in contract.readable_by(widened) if name not in contract.readable_by(role)]
    edits.notes.append(f"{role.domain} asks to read also of {request.port}: {', '.join(come)}")
    if len(come) > len(missing):
        edits.notes.append(
            "(its role names no columns, so it reads whatever the clearance covers; `columns` in the contract narrows it)"
        )
    return True


def _property(text: YamlText, number: int, name: str) -> tuple[str | int, ...]:
    position = _position(text, number, name)
    if position is None:
        raise CannotEdit(f"the role has no custom property {name}")
    return ("roles", number, "customProperties", position)


def _position(text: YamlText, number: int, name: str) -> int | None:
    document = parse(text.text, Path("contract.yaml")).value
    properties: Sequence[dict[str, Any]] = document["roles"][number].get("customProperties") or ()
    return next((place for place, each in enumerate(properties) if each.get("property") == name), None)


def _raise_clearance(text: YamlText, number: int, clearance: str) -> None:
    position = _position(text, number, "clearance")
    properties = ("roles", number, "customProperties")
    if position is None:
        text.append(properties, {"property": "clearance", "value": clearance})
    else:
        text.replace((*properties, position, "value"), clearance)


def _add_input_port(reader: Product, port: Product, edits: FileEdits) -> None:
    """Add an input port to the consumer's product."""
    if port.address in reader.inputs:
        edits.notes.append(f"{reader.address} has the input port already")
        return
    path = reader.folder / "product.yaml"
    text = YamlText(path.read_text(encoding="utf-8"))
    name = port.contract_id.partition(".")[2]
    entry = {"name": name, "version": port.contract.version, "contractId": port.contract_id}
    text.append(("inputPorts",), entry, before="outputPorts")
    product_of(parse(text.text, path), reader.address)
    edits.texts[path] = text.text
    edits.notes.append(f"{reader.address} gets the input port {name}")
