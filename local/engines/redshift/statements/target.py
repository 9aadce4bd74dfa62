"""What a statement that changes a table asks of it, whatever stores the table's rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlglot import exp

from local.engines.redshift.catalog import Relation
from local.engines.redshift.dialect.reading import Statement
from local.engines.redshift.session import Session
from local.engines.redshift.statements.row_changes import RowStatement


@dataclass(frozen=True)
class RowChange:
    """A change of a table's rows.

    Attributes:
        check: analyses it as far as that can be done before it runs; raises SqlError.
        run: does it, given the parameters' values; the number of rows it touched.
    """

    check: Callable[[], None]
    run: Callable[[Sequence[Any]], int]


@dataclass(frozen=True)
class Alteration:
    """ALTER TABLE or ALTER VIEW.

    Attributes:
        statement: as it was written.
        change: what it does to a relation of the cluster.
    """

    statement: Statement
    change: Callable[[Session, Relation], None]


class Target(Protocol):
    """A table that statements change. Every operation raises SqlError for what its kind of table does not take."""

    def insert(self, statement: RowStatement[exp.Insert]) -> RowChange:
        """INSERT."""

    def update(self, statement: RowStatement[exp.Update]) -> RowChange:
        """UPDATE."""

    def delete(self, statement: RowStatement[exp.Delete]) -> RowChange:
        """DELETE."""

    def merge(self, statement: RowStatement[exp.Merge]) -> RowChange:
        """MERGE."""

    def alter(self, alteration: Alteration) -> None:
        """ALTER."""

    def drop(self, word: str, *, cascade: bool) -> None:
        """DROP of a TABLE, VIEW or MATERIALIZED VIEW: the word says which."""
