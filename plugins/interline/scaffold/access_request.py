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


class CannotRequest(ValueError):
    """What is asked for makes no sense, or is there already in another shape; the message says what to do."""


@dataclass(frozen=True)
class Asked:
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
class Request:
    """The edited files, and what the edit says."""

    texts: dict[Path, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    reader: str = ""
    """Address of the consumer's product."""


def requested(root: Path, asked: Asked) -> Request:
    """Return the files with what is asked for in them; writes nothing.

    Raises:
        CannotRequest: it cannot be asked for so.
        MeshError: a file of either side is wrong already, or there is no such product or domain.
    """
    port = load_product(root, asked.port)
    consumer = load_domain(root, asked.consumer)
    if consumer.name == port.domain.name:
        raise CannotRequest(f"{consumer.name} owns {asked.port} and may read it anyway")
    reader = _reader(root, consumer, asked.product)
    request = Request(reader=reader.address)
    try:
        _ask(port, asked, request)
        _read(reader, port, request)
    except CannotEdit as error:
        raise CannotRequest(str(error)) from None
    return request


def _reader(root: Path, consumer: Domain, name: str | None) -> Product:
    folders = [folder.name for folder in product_folders(root) if folder.parent.name == consumer.name]
    if name is not None:
        name = name.removeprefix(f"{consumer.name}.")
        if name not in folders:
            hint = did_you_mean(name, folders) or f"it has {', '.join(folders) or 'none'}"
            raise CannotRequest(f"{consumer.name} has no product {name!r} ({hint})")
        return load_product(root, f"{consumer.name}.{name}")
    if len(folders) != 1:
        raise CannotRequest(
            f"which product of {consumer.name} will read it? Say --for with one of {', '.join(folders)}"
            if folders
            else f"{consumer.name} has no product that could read it: ./interline new product {consumer.name}.<name>"
        )
    return load_product(root, f"{consumer.name}.{folders[0]}")


def _ask(port: Product, asked: Asked, request: Request) -> None:
    """Add a role to the producer's contract, or columns to the role that is there."""
    contract = port.contract
    for name in asked.columns:
        if name not in contract.column_names:
            hint = did_you_mean(name, contract.column_names) or f"it has {', '.join(contract.column_names)}"
            raise CannotRequest(f"{asked.port} has no column {name!r} ({hint})")
    clearance = _clearance(contract, asked)
    if asked.rows is not None:
        try:
            checked_row_filter(asked.rows, contract)
        except ValueError as error:
            raise CannotRequest(f"the condition {asked.rows!r}: {error}") from None
    path = port.folder / "contract.yaml"
    text = YamlText(path.read_text(encoding="utf-8"))
    number = next(
        (number for number, role in enumerate(contract.roles) if role.domain == asked.consumer), None
    )
    if number is None:
        text.append(("roles",), _role(asked, clearance), before="slaProperties")
        columns = ", ".join(asked.columns) or f"every column up to {clearance}"
        request.said.append(f"{asked.consumer} asks to read of {asked.port}: {columns}")
    elif not _extend(text, contract, contract.roles[number], number, asked, clearance, request):
        return
    text.replace(("version",), raise_version(contract.version, "patch"))
    contract_of(parse(text.text, path), port.address)
    request.texts[path] = text.text


def _clearance(contract: Contract, asked: Asked) -> str:
    named = [contract.column(name) for name in asked.columns]
    needed = max((CLASSIFICATIONS.index(column.classification) for column in named), default=1)
    lowest = CLASSIFICATIONS[max(needed, CLASSIFICATIONS.index("internal"))]
    if asked.clearance is None:
        return lowest
    for column in named:
        if not covers(asked.clearance, column.classification):
            raise CannotRequest(
                f"{column.name} is {column.classification}, above the clearance {asked.clearance}: leave it out, or"
                f" ask with --clearance {lowest}"
            )
    return asked.clearance


def _role(asked: Asked, clearance: str) -> dict[str, Any]:
    properties: list[dict[str, Any]] = [{"property": "purpose", "value": asked.purpose}]
    if clearance != "internal":
        properties.append({"property": "clearance", "value": clearance})
    if asked.columns:
        properties.append({"property": "columns", "value": list(asked.columns)})
    if asked.rows is not None:
        properties.append({"property": "rows", "value": asked.rows})
    if asked.expires is not None:
        properties.append({"property": "expires", "value": asked.expires.isoformat()})
    return {"role": asked.consumer, "access": "read", "customProperties": properties}


def _extend(
    text: YamlText,
    contract: Contract,
    role: Role,
    number: int,
    asked: Asked,
    clearance: str,
    request: Request,
) -> bool:
    """Widen a role that is there; return whether that changes anything."""
    if asked.rows is not None or asked.expires is not None:
        raise CannotRequest(
            f"{role.domain} has a role in the contract already; its rows and its last day are changed by hand, in"
            f" domains/{asked.port.replace('.', '/')}/contract.yaml"
        )
    if not asked.columns and (role.columns is not None or not covers(role.clearance, clearance)):
        raise CannotRequest(
            f"{role.domain} may read {', '.join(contract.readable_by(role))} already; name what it needs beyond that"
            " with --columns"
        )
    missing = [name for name in asked.columns if name not in contract.readable_by(role)]
    if not missing:
        request.said.append(
            f"{role.domain} may read that of {asked.port} already; its contract stays as it is"
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
        request.said.append(f"the role's clearance becomes {clearance}, from {role.clearance}")
    widened = replace(
        role, columns=named, clearance=max(role.clearance, clearance, key=CLASSIFICATIONS.index)
    )
    come = [name for name in contract.readable_by(widened) if name not in contract.readable_by(role)]
    request.said.append(f"{role.domain} asks to read also of {asked.port}: {', '.join(come)}")
    if len(come) > len(missing):
        request.said.append(
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


def _read(reader: Product, port: Product, request: Request) -> None:
    """Add an input port to the consumer's product."""
    if port.address in reader.inputs:
        request.said.append(f"{reader.address} has the input port already")
        return
    path = reader.folder / "product.yaml"
    text = YamlText(path.read_text(encoding="utf-8"))
    name = port.contract_id.partition(".")[2]
    entry = {"name": name, "version": port.contract.version, "contractId": port.contract_id}
    text.append(("inputPorts",), entry, before="outputPorts")
    product_of(parse(text.text, path), reader.address)
    request.texts[path] = text.text
    request.said.append(f"{reader.address} gets the input port {name}")
