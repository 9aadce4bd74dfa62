"""Where a product's rows are in its domain's Redshift, and what its port is called."""

from __future__ import annotations

from dataclasses import dataclass

from interline.sql.quoting import relation


@dataclass(frozen=True, slots=True)
class Tables:
    """The relations of one product, quoted.

    ``<d>.<p>`` is the batch that dbt built; ``<p>__checked`` what of it keeps the contract, still private;
    ``<p>__quarantine`` the rest, with reasons, day by day; ``<p>__checks`` the ledger of checks, one row a day;
    ``<p>__versions`` the ledger of publications, one row a snapshot; ``<p>__built`` the day that was built last;
    ``<d>_curated.<p>`` the port.
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
        return relation(self.domain, f"{self.product}__built")

    @property
    def checked(self) -> str:
        """The rows of the batch that may be published."""
        return relation(self.domain, f"{self.product}__checked")

    @property
    def quarantine(self) -> str:
        """The rows that broke a row rule, of every data day."""
        return relation(self.domain, f"{self.product}__quarantine")

    @property
    def checks(self) -> str:
        """One row a checked data day: how many rows came in, were checked, were set aside."""
        return relation(self.domain, f"{self.product}__checks")

    @property
    def publications(self) -> str:
        """One row a publication: the snapshot it made, its data day, its run."""
        return relation(self.domain, f"{self.product}__versions")

    @property
    def releases(self) -> str:
        """The record of releases and of what was undone: rows are added, none is ever changed."""
        return relation(self.domain, f"{self.product}__releases")

    @property
    def decisions(self) -> str:
        """One row for each rule that a released row is excused from, and for each value that is corrected."""
        return relation(self.domain, f"{self.product}__decisions")

    @property
    def private_names(self) -> tuple[str, ...]:
        """The names, without the schema, of the tables that outlive a check."""
        return tuple(
            f"{self.product}__{kind}" for kind in ("quarantine", "checks", "releases", "decisions", "built")
        )

    @property
    def port(self) -> str:
        """The Iceberg table that others read, through the external schema of the domain's curated database."""
        return relation(f"{self.domain}_curated", self.product)

    def landing(self, source: str) -> str:
        """Return the crawled table of a source."""
        return relation(f"{self.domain}_landing", source)
