"""A data product's contract: what its port promises, to whom, and how well.

The objects of this module are what the rest of Interline knows of the Open Data Contract Standard (ODCS);
``odcs`` makes them from a ``contract.yaml``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from interline.domains.rules import BatchRule, RowRule

CLASSIFICATIONS = ("public", "internal", "confidential", "personal")
DAY_COLUMN = "data_day"
"""A port that has this column, partitioned, is a history of days; any other is a current state."""


@dataclass(frozen=True)
class Column:
    """One column of the port."""

    name: str
    logical_type: str
    physical_type: str
    """The Redshift type, in the one spelling of ``types.redshift_type``."""
    description: str
    required: bool = False
    unique: bool = False
    primary_key: bool = False
    partitioned: bool = False
    classification: str = "internal"
    examples: tuple[str, ...] = ()

    @property
    def personal(self) -> bool:
        """Whether the column tells something about a person."""
        return self.classification == "personal"


@dataclass(frozen=True)
class Role:
    """A domain that may read the port: Lake Formation grants are made from it."""

    domain: str
    description: str
    columns: tuple[str, ...] | None = None
    """None means every column."""


@dataclass(frozen=True)
class ServiceLevel:
    """One promise about service, for people; ``freshness`` is also tested as a batch rule."""

    property: str
    value: str
    unit: str = ""
    description: str = ""

    def __str__(self) -> str:
        return f"{self.value} {self.unit}".strip()


@dataclass(frozen=True)
class Contract:
    """What a port promises."""

    address: str
    title: str
    version: str
    status: str
    purpose: str
    usage: str
    limitations: str
    table_description: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    row_rules: tuple[RowRule, ...]
    batch_rules: tuple[BatchRule, ...]
    roles: tuple[Role, ...]
    service_levels: tuple[ServiceLevel, ...]

    @cached_property
    def column_names(self) -> tuple[str, ...]:
        """The columns' names, in the port's order."""
        return tuple(column.name for column in self.columns)

    @cached_property
    def keeps_history(self) -> bool:
        """True: every data day stays, and publishing replaces one day. False: publishing updates by key."""
        return any(column.name == DAY_COLUMN and column.partitioned for column in self.columns)

    @cached_property
    def partition_columns(self) -> tuple[str, ...]:
        """The columns by which the port's files are laid out."""
        return tuple(column.name for column in self.columns if column.partitioned)

    def column(self, name: str) -> Column:
        """Return one column.

        Raises:
            KeyError: the contract has no such column.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    def readable_by(self, role: Role) -> tuple[str, ...]:
        """Return the columns that a role may read, in the port's order."""
        if role.columns is None:
            return self.column_names
        return tuple(name for name in self.column_names if name in role.columns)
