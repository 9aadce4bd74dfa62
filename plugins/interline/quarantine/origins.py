"""Where the rows of a batch came from."""

from __future__ import annotations

from interline.contracts import Product, asset_uri


def origin_of(product: Product, day: str) -> str:
    """Return the S3 prefixes that the batch of a data day was built from, with a blank between.

    A model that selects a ``source_object`` beside the contract's columns (``"$path"`` of a landing table) says it more
    exactly, row by row. Without that a row can be traced to where its batch came from: the day's landing of each
    source, and the ports that were read.
    """
    landed = [f"s3://{product.domain.landing_bucket}/{source.name}/dt={day}/" for source in product.sources]
    return " ".join([*landed, *(asset_uri(address) + "/" for address in product.inputs)])
