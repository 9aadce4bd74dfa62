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
