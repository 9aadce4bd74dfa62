"""A contract before and after, and how a change of it is recorded with its line."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from interline.contracts import Contract, Product
from interline.contracts.model.yaml_path import YamlPath
from interline.contracts.yaml.reader import Document, read
from interline.review.changes.change import Change, Location


@dataclass
class Side:
    """A product at one end of the comparison."""

    root: Path
    product: Product

    @property
    def contract(self) -> Contract:
        """What its port promises there."""
        return self.product.contract

    @cached_property
    def path(self) -> PurePosixPath:
        """Its contract.yaml, relative to the root."""
        return PurePosixPath((self.product.folder / "contract.yaml").relative_to(self.root).as_posix())

    @cached_property
    def product_path(self) -> PurePosixPath:
        """Its product.yaml, relative to the root."""
        return self.path.with_name("product.yaml")

    @cached_property
    def _document(self) -> Document:
        return read(self.product.folder / "contract.yaml")

    @cached_property
    def product_document(self) -> Document:
        """Its product.yaml."""
        return read(self.product.folder / "product.yaml")

    def location(self, place: YamlPath) -> Location:
        """Where something of the contract stands."""
        return Location(self.path, self._document.line(place))

    def product_location(self, place: YamlPath) -> Location:
        """Where something of product.yaml stands."""
        return Location(self.product_path, self.product_document.line(place))

    @property
    def value(self) -> dict[str, Any]:
        """The contract as it is written."""
        return self._document.value

    def column_value(self, name: str) -> dict[str, Any]:
        """One column as it is written."""
        found: dict[str, Any] = self.value["schema"][0]["properties"][self.contract.column_names.index(name)]
        return found

    def options(self, column: str) -> dict[str, Any]:
        """The ``logicalTypeOptions`` of a column as they are written."""
        return self.column_value(column).get("logicalTypeOptions") or {}

    def column_place(self, name: str, key: str = "") -> YamlPath:
        """The place of a column, or of one of its keys."""
        place: YamlPath = ("schema", 0, "properties", self.contract.column_names.index(name))
        return (*place, key) if key else place


class Pair:
    """Both ends of one contract, and the changes found between them so far."""

    def __init__(self, old: Side, new: Side) -> None:
        self.old_side, self.new_side = old, new
        self.old, self.new = old.contract, new.contract
        self.address = new.product.address
        self.changes: list[Change] = []
        self.names: dict[str, str] = {}
        """New name of each column of the old contract that is still there, under its own or another name."""

    @cached_property
    def old_names(self) -> dict[str, str]:
        """Old name of each column of the new contract that was there before."""
        return {new: old for old, new in self.names.items()}

    def record(
        self, kind: str, subject: str, message: str, place: YamlPath, column: str | None = None
    ) -> None:
        """Record what stands in the new contract; ``column`` is its old name."""
        location = self.new_side.location(place)
        self.changes.append(Change(kind, self.address, subject, message, location, column=column))

    def record_removal(
        self,
        kind: str,
        subject: str,
        message: str,
        place: YamlPath,
        near: YamlPath,
        column: str | None = None,
    ) -> None:
        """Record what stood in the old contract, and where in the new one it would be looked for."""
        location, nearest = self.old_side.location(place), self.new_side.location(near)
        self.changes.append(Change(kind, self.address, subject, message, location, True, nearest, column))
