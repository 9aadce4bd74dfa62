"""A data product's contract: what its port promises, to whom, and how well.

The objects of this module are what the rest of Interline knows of the Open Data Contract Standard (ODCS);
``odcs`` makes them from a ``contract.yaml``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from interline.contracts.model.periods import Period
from interline.contracts.model.rules import BatchRule, RowRule
from interline.contracts.model.yaml_path import YamlPath

CLASSIFICATIONS = ("public", "internal", "confidential", "personal")
"""From what anyone may see to what tells something about a person; a clearance covers its own level and those before."""
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
    deprecated: bool = False
    """Consumers should stop using it: it will go with the next major version."""
    business_name: str = ""

    @property
    def personal(self) -> bool:
        """Whether the column tells something about a person."""
        return self.classification == "personal"


@dataclass(frozen=True)
class Role:
    """A domain that may read the port: Lake Formation grants are made from it."""

    domain: str
    """The consuming domain."""
    description: str
    columns: tuple[str, ...] | None = None
    """None means every column that the clearance covers."""
    clearance: str = "internal"
    """The highest classification it may see."""
    rows: str | None = None
    """A condition over the port's columns, as Lake Formation's row filters take it; None means every row."""
    expires: date | None = None
    """The last day of the grant, inclusive; None means until it is taken out of the contract."""
    place: YamlPath = ()
    """Where in the contract it stands."""
    purpose: str = ""
    """What the consumer uses the rows for, in the consumer's words."""

    def in_force(self, day: date) -> bool:
        """Say whether the role may read on a day."""
        return self.expires is None or day <= self.expires


@dataclass(frozen=True)
class ServiceLevel:
    """One promise about service, with what can be reckoned from it."""

    property: str
    value: str
    unit: str = ""
    """As the contract spells it; what it means is in ``period``."""
    description: str = ""
    element: str = ""
    """The column it is measured on, without the table's name; empty if it is about the whole port."""
    period: Period | None = None
    """How long, for a promise with a unit of time."""
    day: date | None = None
    """Which day, for a promise about a date."""
    place: YamlPath = ()
    """Where in the contract it stands."""

    def __str__(self) -> str:
        return f"{self.value} {self.unit}".strip()


@dataclass(frozen=True)
class Unexecuted:
    """Something the contract says that Interline reads and nothing acts on; ``check`` lists it, it is never skipped silently."""

    place: YamlPath
    message: str
    hint: str = ""


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
    unexecuted: tuple[Unexecuted, ...] = ()
    end_of_support: date | None = None
    """The last day on which the domain mends the port."""
    end_of_life: date | None = None
    """The last day on which the port may be read; what still reads it afterwards is refused."""

    @cached_property
    def column_names(self) -> tuple[str, ...]:
        """The columns' names, in the port's order."""
        return tuple(column.name for column in self.columns)

    @cached_property
    def physical_types(self) -> dict[str, str]:
        """The Redshift type of each column, in the port's order."""
        return {column.name: column.physical_type for column in self.columns}

    @cached_property
    def keeps_history(self) -> bool:
        """True: every data day stays, and publishing replaces one day. False: publishing updates by key."""
        return any(is_data_day(column) for column in self.columns)

    @cached_property
    def partition_columns(self) -> tuple[str, ...]:
        """The columns by which the port's files are laid out."""
        return tuple(column.name for column in self.columns if column.partitioned)

    def service_level(self, name: str) -> ServiceLevel | None:
        """Return one promise about service by the standard's name for it, ``retention`` for example."""
        return next((level for level in self.service_levels if level.property == name), None)

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
        """Return the columns that a role may read, in the port's order: what it names, as far as its clearance goes."""
        return tuple(
            column.name
            for column in self.columns
            if covers(role.clearance, column.classification)
            and (role.columns is None or column.name in role.columns)
        )


def is_data_day(column: Column) -> bool:
    """Say whether the column makes its port a history of days."""
    return column.name == DAY_COLUMN and column.partitioned


def covers(clearance: str, classification: str) -> bool:
    """Say whether whoever has the clearance may see what is classified so."""
    return CLASSIFICATIONS.index(classification) <= CLASSIFICATIONS.index(clearance)
