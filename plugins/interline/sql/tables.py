"""Where a product's rows are in its domain's Redshift, and what its port is called: every name of a table is made here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from interline.contracts.model.names import curated_database, landing_database
from interline.sql.quoting import relation

SEPARATOR = "__"
"""Stands between a product's name and what one of its private tables is for; no product has it in its name."""


@dataclass(frozen=True, slots=True)
class Tables:
    """The relations of one product, quoted.

    ``<d>.<p>`` is the batch that dbt built; ``<p>__checked`` what of it keeps the contract, still private;
    ``<p>__quarantine`` the rest, with reasons, day by day; ``<p>__checks`` the ledger of checks, one row a day;
    ``<p>__versions`` the ledger of publications, one row a snapshot; ``<p>__built`` the day that was built last;
    ``<p>__releases`` and ``<p>__decisions`` what was let in from quarantine, and why; ``<d>_curated.<p>`` the port.
    """

    domain: str
    product: str

    @property
    def batch(self) -> str:
        """What dbt built for the data day."""
        return relation(self.domain, self.product)

    @property
    def built(self) -> str:
        """One row: the data day of the build that began last, and so of what ``batch`` holds or is about to hold."""
        return self._private("built")

    @property
    def checked(self) -> str:
        """The rows of the batch that may be published."""
        return self._private("checked")

    @property
    def quarantine(self) -> str:
        """The rows that broke a row rule, of every data day."""
        return self._private("quarantine")

    @property
    def checks(self) -> str:
        """The ledger of checks, one row a data day: how many rows came in, were checked, were set aside."""
        return self._private("checks")

    @property
    def publications(self) -> str:
        """The ledger of publications, one row each: the snapshot it made, its data day, its run."""
        return self._private("versions")

    @property
    def releases(self) -> str:
        """The record of releases and of what was undone: rows are added, none is ever changed."""
        return self._private("releases")

    @property
    def decisions(self) -> str:
        """One row for each rule that a released row is excused from, and for each value that is corrected."""
        return self._private("decisions")

    @property
    def names_of_lasting(self) -> Mapping[str, str]:
        """The private tables that outlive a check, each by its name without schema and quotes."""
        return {
            self.private_name(kind): self._private(kind)
            for kind in ("quarantine", "checks", "releases", "decisions", "built")
        }

    @property
    def port(self) -> str:
        """The Iceberg table that others read, through the external schema of the domain's curated database."""
        return relation(curated_database(self.domain), self.product)

    def landing(self, source: str) -> str:
        """Return the crawled table of a source."""
        return relation(landing_database(self.domain), source)

    def private_name(self, kind: str) -> str:
        """Return the name, without schema and quotes, of the private table of a kind."""
        return f"{self.product}{SEPARATOR}{kind}"

    def _private(self, kind: str) -> str:
        return relation(self.domain, self.private_name(kind))
