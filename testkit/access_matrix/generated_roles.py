"""A mesh whose contracts have a role of every kind: each clearance, all or some columns, all or some rows, in force or not."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from interline.contracts.model.contract import CLASSIFICATIONS

DOMAINS = {"east": "222222222222", "north": "333333333333", "south": "444444444444", "west": "555555555555"}
PORTS = 5
COLUMNS = (
    ("id", "string", "varchar(10)", "public"),
    ("market", "string", "varchar(4)", "public"),
    ("seats", "integer", "integer", "internal"),
    ("departs", "date", "date", "internal"),
    ("price", "number", "decimal(10,2)", "confidential"),
    ("refundable", "boolean", "boolean", "confidential"),
    ("email", "string", "varchar(60)", "personal"),
    ("born", "timestamp", "timestamp", "personal"),
)
CONDITIONS = (
    "market = 'US'",
    "seats >= 3 AND market <> 'GB'",
    "market IN ('US', 'FR') OR seats IS NULL",
    "NOT market LIKE 'U%'",
    "seats BETWEEN 2 AND 4 AND refundable = TRUE",
    "price < 30.5 OR price IS NULL",
    "market IS NOT NULL AND NOT (seats = 1)",
)
EXPIRY = "2026-06-30"
"""Roles that end have this day as their last one."""
_SHAPES = ("everything", "columns", "rows", "cells")


def write_mesh(root: Path, ports: int = PORTS) -> None:
    """Write `domains/` below a folder, with so many ports in every domain."""
    _write(root / "domains" / "platform" / "domain.yaml", _domain("platform", "111111111111"))
    for name, account in DOMAINS.items():
        _write(root / "domains" / name / "domain.yaml", _domain(name, account))
    kinds = itertools.cycle(_kinds())
    for domain in DOMAINS:
        for number in range(ports):
            readers = [other for other in DOMAINS if other != domain]
            roles = [_role(reader, *next(kinds)) for reader in readers if (number, reader) != (0, readers[0])]
            folder = root / "domains" / domain / f"port{number}"
            _write(folder / "product.yaml", _product(f"{domain}.port{number}"))
            _write(folder / "contract.yaml", _contract(f"{domain}.port{number}", roles))


def _kinds() -> Iterator[tuple[str, str, str | None, str]]:
    conditions = itertools.cycle(CONDITIONS)
    for ends, clearance, shape in itertools.product((None, EXPIRY), CLASSIFICATIONS, _SHAPES):
        yield clearance, shape, ends, next(conditions)


def _role(reader: str, clearance: str, shape: str, ends: str | None, condition: str) -> dict[str, Any]:
    properties: dict[str, Any] = {"clearance": clearance}
    if shape in ("columns", "cells"):
        covered = CLASSIFICATIONS[: CLASSIFICATIONS.index(clearance) + 1]
        properties["columns"] = [name for name, *_, level in COLUMNS if level in covered and name != "market"]
    if shape in ("rows", "cells"):
        properties["rows"] = condition
    if ends is not None:
        properties["expires"] = ends
    return {
        "role": reader,
        "access": "read",
        "description": f"{clearance}, {shape}.",
        "customProperties": [{"property": key, "value": value} for key, value in properties.items()],
    }


def _domain(name: str, account: str) -> dict[str, Any]:
    return {
        "name": name,
        "account": account,
        "region": "us-east-1",
        "description": "Only for the access matrix.",
        "team": {"name": name, "email": f"{name}@example.com"},
    }


def _product(address: str) -> dict[str, Any]:
    domain, name = address.split(".")
    return {
        "apiVersion": "v1.0.0",
        "kind": "DataProduct",
        "id": address,
        "name": name,
        "status": "active",
        "domain": domain,
        "outputPorts": [{"name": name, "type": "iceberg", "version": "1.0.0", "contractId": address}],
        "customProperties": [
            {"property": "sources", "value": [{"name": f"{name}_events", "format": "json"}]}
        ],
    }


def _contract(address: str, roles: list[dict[str, Any]]) -> dict[str, Any]:
    properties = [
        {
            "name": name,
            "logicalType": logical,
            "physicalType": physical,
            "description": f"{level} {logical}.",
            "classification": level,
            **({"primaryKey": True} if name == "id" else {}),
        }
        for name, logical, physical, level in COLUMNS
    ]
    schema = {"name": address.split(".")[1], "description": "One probe.", "properties": properties}
    return {
        "apiVersion": "v3.2.0",
        "kind": "DataContract",
        "id": address,
        "version": "1.0.0",
        "status": "active",
        "schema": [schema],
        "roles": roles,
        "slaProperties": [{"property": "frequency", "value": 1, "unit": "d"}],
    }


class _Dumper(yaml.SafeDumper):
    """Writes equal values out again: the contracts' strict YAML knows no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _write(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.dump(content, Dumper=_Dumper, sort_keys=False, width=110), encoding="utf-8")
