"""Names and addresses: what may become a folder, a table, a DAG and a part of SQL."""

from __future__ import annotations

import re

NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
"""Letters, digits and underscores, so that a name needs no quoting in a path, an S3 bucket's prefix or an ARN."""

NAME_SHAPE = "a lower-case letter, then at most 62 of a-z, 0-9 and _"
ADDRESS_SHAPE = "<domain>.<product>, each " + NAME_SHAPE


def is_name(text: str) -> bool:
    """Say whether ``text`` may name a domain, a product, a source or a column."""
    return NAME.fullmatch(text) is not None


def is_address(text: str) -> bool:
    """Say whether ``text`` is ``<domain>.<product>``."""
    domain, dot, product = text.partition(".")
    return dot == "." and is_name(domain) and is_name(product)


def split_address(address: str) -> tuple[str, str]:
    """Return the domain and the product of an address.

    Raises:
        ValueError: the text is no address.
    """
    if not is_address(address):
        raise ValueError(f"{address!r} is no address: expected {ADDRESS_SHAPE}")
    domain, _, product = address.partition(".")
    return domain, product


_LANDING, _CURATED = "_landing", "_curated"


def landing_database(domain: str) -> str:
    """Return the Glue database, and Redshift external schema, of what lands for a domain."""
    return domain + _LANDING


def curated_database(domain: str) -> str:
    """Return the Glue database, and Redshift external schema, of a domain's ports."""
    return domain + _CURATED


def domain_of_landing(database: str) -> str | None:
    """Return whose landing a database is by its name; None if it is none."""
    return database.removesuffix(_LANDING) if database.endswith(_LANDING) else None


_VERSIONED = re.compile(r"([a-z][a-z0-9_]*?)_v([2-9]|[1-9][0-9]{1,2})")
FIRST_MAJORS = (0, 1)
"""Major versions that carry the plain name; every later one has a product of its own, ``<name>_v<major>``."""


def split_version(name: str) -> tuple[str, int]:
    """Return what a product's name says: ``reservations_v2`` is major version 2 of ``reservations``.

    A name without ``_v<major>`` is the first major version of itself.
    """
    match = _VERSIONED.fullmatch(name)
    return (match[1], int(match[2])) if match else (name, 1)


def contract_id(address: str) -> str:
    """Return the id of the contract that all major versions of a product share: the address of the first."""
    domain, _, name = address.partition(".")
    return f"{domain}.{split_version(name)[0]}"


def major_of(version: str) -> int | None:
    """Return the major of a version ``major.minor.patch``, or None if it is none."""
    match = re.fullmatch(r"v?(0|[1-9][0-9]{0,2})(?:\.[0-9]+){0,2}(?:[-+].*)?", version)
    return int(match[1]) if match else None


def address_of(contract: str, major: int) -> str:
    """Return the address of the product that holds a major version of a contract."""
    return contract if major in FIRST_MAJORS else f"{contract}_v{major}"


def version_problem(address: str, version: str) -> tuple[str, str] | None:
    """Return what is wrong with a version that stands in the files of a product, and what to do, or None."""
    major = major_of(version)
    if major is None:
        return f"version is {version!r}", "expected major.minor.patch, for example 1.0.0"
    contract = contract_id(address)
    expected = address_of(contract, major)
    if address == expected:
        return None
    return (
        f"version {version} is major version {major} of {contract}, which lives in {expected.replace('.', '/')}",
        f"`./interline new version {contract}` makes it; here it stays major version"
        f" {split_version(address.partition('.')[2])[1]}",
    )
