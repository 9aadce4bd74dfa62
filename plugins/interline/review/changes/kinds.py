"""Every kind of change that the check knows, how far it raises a version, and what it means for consumers.

What breaks: whatever can make a consumer's query fail, miss rows it was promised, or meet values it was promised never
to meet. That is the ``consumer`` perspective of ``datacontract breaking`` (datacontract-cli 1.2.8), and two kinds more:
a column that becomes required and a list of values that shrinks. docs/pull-requests.md lists every difference with its
reason, and tests/review/changes compare the table with both.

How far a version is raised: semver.org, 2.0.0, points 6 to 8, which ODCS's ``version`` follows by convention.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Level(IntEnum):
    """How far a change raises the version of its contract; the highest level of all changes counts."""

    NONE = 0
    """Nothing that a contract says."""
    PATCH = 1
    """Words, and who may read: no query notices."""
    MINOR = 2
    """More than before: compatible."""
    MAJOR = 3
    """Breaking."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of change."""

    name: str
    level: Level
    meaning: str

    @property
    def breaking(self) -> bool:
        """Whether consumers can be hurt by it."""
        return self.level is Level.MAJOR


def _kinds(level: Level, **meanings: str) -> list[Kind]:
    return [Kind(name.replace("_", "-"), level, meaning) for name, meaning in meanings.items()]


def _limits(name: str, subject: str) -> list[Kind]:
    """The four ways of a demand on values, and the one that nobody can judge."""
    return [
        Kind(f"{name}-added", Level.MINOR, f"{subject} is new: rows that break it go to quarantine"),
        Kind(f"{name}-tightened", Level.MINOR, f"{subject} allows less than before"),
        Kind(f"{name}-loosened", Level.MAJOR, f"{subject} allows more than consumers were promised"),
        Kind(f"{name}-changed", Level.MAJOR, f"{subject} allows other values than before"),
        Kind(f"{name}-removed", Level.MAJOR, f"{subject} is no longer promised"),
    ]


def _promises(name: str, subject: str) -> list[Kind]:
    """The ways of a service level."""
    return [
        Kind(f"{name}-added", Level.MINOR, f"{subject} is promised now"),
        Kind(f"{name}-tightened", Level.MINOR, f"more is promised of {subject}"),
        Kind(f"{name}-loosened", Level.MAJOR, f"less is promised of {subject}"),
        Kind(f"{name}-changed", Level.MAJOR, f"something else is promised of {subject}"),
        Kind(f"{name}-removed", Level.MAJOR, f"{subject} is no longer promised"),
    ]


_ALL = [
    *_kinds(
        Level.MAJOR,
        port_removed="a product and its port are gone",
        column_removed="a column is gone",
        column_renamed="a column has another name",
        type_narrowed="a column's type holds less than before",
        type_changed="a column has another type",
        text_shortened="a text column holds fewer bytes",
        precision_lowered="a decimal column holds fewer digits before the point",
        scale_changed="a decimal column has another number of digits after the point",
        logical_type_changed="a column's logical type is another",
        required_added="a column may no longer be null: rows that lack it go to quarantine",
        required_removed="a column may be null where consumers were promised a value",
        unique_removed="values of a column may repeat",
        primary_key_changed="rows are told apart by other columns",
        partitioning_changed="the port keeps its days, or its state, in another way",
        values_added="a column is limited to a list of values: other rows go to quarantine",
        values_grown="a column may have values that consumers do not know",
        values_shrunk="values may no longer occur: rows with them go to quarantine",
        values_replaced="some values may no longer occur and others may",
        values_removed="a column may have any value",
        role_removed="a domain may no longer read",
        role_columns_narrowed="a role may read fewer columns",
        role_rows_changed="a role reads rows by another filter",
        role_rows_added="a role reads only some rows",
        role_expiry_added="a role ends on a day",
        role_expiry_earlier="a role ends earlier",
        contract_retired="the contract is retired",
        contract_withdrawn="an active contract is a draft again",
        end_of_life_earlier="the port ends earlier than announced",
        account_changed="the domain's data is in another AWS account",
        region_changed="the domain's data is in another AWS Region",
    ),
    *_kinds(
        Level.MINOR,
        column_added="a column is new",
        type_widened="a column's type holds more than before",
        text_lengthened="a text column holds more bytes",
        precision_raised="a decimal column holds more digits before the point",
        column_deprecated="a column is announced to go, or no more",
        unique_added="values of a column no longer repeat",
        classification_raised="a column is classified as more sensitive",
        classification_lowered="a column is classified as less sensitive",
        contract_activated="a draft becomes active",
        contract_deprecated="the contract is deprecated",
        end_of_life_announced="the port has a last day",
        end_of_life_later="the port ends later than announced, or no more",
    ),
    *_kinds(
        Level.PATCH,
        role_added="a domain may read",
        role_columns_widened="a role may read more columns",
        role_rows_removed="a role reads all rows",
        role_expiry_later="a role ends later, or no more",
        role_clearance_raised="a role may see more sensitive columns, should there be any",
        role_clearance_lowered="a role may see less sensitive columns only; it loses none",
        role_expired_removed="a role that had ended is gone",
        role_described="a role's purpose reads differently, or its columns are named otherwise",
        column_moved="columns stand in another order",
        key_reordered="the columns of the primary key stand in another order",
        column_described="a column's description reads differently",
        column_metadata_changed="something else of a column reads differently: labels, tags, links",
        metadata_changed="something else of the contract reads differently: team, support, tags, links",
        examples_changed="a column has other examples",
        contract_described="the contract's name or description reads differently",
        quality_warning_added="a quality rule warns that did not exist",
        quality_warning_changed="a quality rule that only warns is another",
        quality_warning_removed="a quality rule that only warned is gone",
        quality_described="a quality rule is named or described differently",
        service_level_described="a service level is described differently",
        status_changed="the status is another, and promises neither more nor less",
        contract_version_raised="the version is raised and nothing else of the contract changed",
    ),
    *_kinds(
        Level.NONE,
        port_added="a product and its port are new",
        ended_port_removed="a port that had ended, or promised nothing yet, is gone",
        domain_added="a domain is new",
        domain_removed="a domain is gone",
        team_changed="somebody else answers for a domain",
        input_added="a product reads a further port",
        input_removed="a product no longer reads a port",
        source_added="a product has a further source",
        source_removed="a product has a source less",
        source_changed="a source has another format",
        product_described="the product's own description, status or tags are others",
    ),
    *_limits("pattern", "the pattern of a column"),
    *_limits("range", "the range of a column"),
    *_limits("length", "the length of a column's text"),
    *_limits("multiple", "the step of a column's numbers"),
    *_limits("format", "the format of a column"),
    *_limits("reference", "a reference to another table"),
    *_limits("quality", "a quality rule"),
    *_promises("freshness", "freshness"),
    *_promises("latency", "latency"),
    *_promises("frequency", "frequency"),
    *_promises("retention", "retention"),
    *_promises("availability", "availability"),
    *_promises("service-level", "another service level"),
]

KINDS: dict[str, Kind] = {kind.name: kind for kind in _ALL}
"""Every kind by its name."""
