"""A data product: its address, its domain, and what its two files say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from interline.contracts.disk_cache import Lazy
from interline.contracts.model.contract import Contract
from interline.contracts.model.domain import Domain
from interline.contracts.model.names import contract_id, split_version
from interline.contracts.problems import did_you_mean

FORMATS = ("json", "csv", "parquet")
STATUSES = ("proposed", "draft", "active", "deprecated", "retired")


@dataclass(frozen=True)
class Source:
    """What one source system lands: a prefix of the domain's landing bucket, and a crawled table."""

    name: str
    format: str
    """``json`` (one object a line), ``csv`` (with a header line) or ``parquet``."""


@dataclass(frozen=True)
class ProductFile:
    """What ``product.yaml`` says, apart from the contract."""

    title: str
    version: str
    status: str
    purpose: str
    usage: str
    limitations: str
    inputs: tuple[str, ...]
    sources: tuple[Source, ...]
    tags: tuple[str, ...]


@dataclass(frozen=True)
class Product:
    """One data product: its address, its domain, and what its two files say."""

    address: str
    name: str
    domain: Domain
    file: ProductFile
    directory: str
    lazy_contract: Lazy[Contract]

    @property
    def contract(self) -> Contract:
        """What its port promises."""
        return self.lazy_contract.value

    @property
    def folder(self) -> Path:
        """``domains/<domain>/<product>``, where a training script lives beside the two files."""
        return Path(self.directory)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Addresses of the ports it reads."""
        return self.file.inputs

    @property
    def contract_id(self) -> str:
        """The id of the contract that this product and its other major versions share."""
        return contract_id(self.address)

    @property
    def major(self) -> int:
        """The major version of the contract that this product holds, as its name says it."""
        return split_version(self.name)[1]

    @property
    def inputs_by_source(self) -> Mapping[tuple[str, str], str]:
        """The address behind each ``source('<domain>', '<table>')`` in its SQL.

        A port is called by its plain name whichever major version is read, so moving to another one changes no SQL. Only
        who reads two major versions at once calls the later one ``<name>_v<major>``.
        """
        named: dict[tuple[str, str], str] = {}
        for address in sorted(self.inputs, key=lambda address: split_version(address.partition(".")[2])):
            domain, _, name = address.partition(".")
            plain = (domain, split_version(name)[0])
            named[(domain, name) if plain in named else plain] = address
        return named

    @property
    def sources(self) -> tuple[Source, ...]:
        """What lands for it in its domain's landing bucket."""
        return self.file.sources

    @property
    def asset_uri(self) -> str:
        """The port's one URI, everywhere: Airflow, OpenLineage, catalog; also where its files are."""
        return f"s3://{self.domain.curated_bucket}/{self.name}"

    @property
    def location(self) -> str:
        """The S3 prefix of the port's Iceberg table."""
        return self.asset_uri + "/"

    def source(self, name: str) -> Source:
        """Return one source.

        Raises:
            KeyError: the product declares no such source; the message has the names it declares.
        """
        for source in self.sources:
            if source.name == name:
                return source
        names = [source.name for source in self.sources]
        hint = did_you_mean(name, names) or f"declared are {', '.join(names) or 'none'}"
        raise KeyError(f"{self.address} declares no source {name!r} in product.yaml ({hint})")


def asset_uri(address: str) -> str:
    """Return the URI of a port from its address alone, so that a consumer's DAG reads no producer's file."""
    domain, _, product = address.partition(".")
    return f"s3://{domain}-curated/{product}"
