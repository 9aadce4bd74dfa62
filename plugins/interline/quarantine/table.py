"""The quarantine table of a product: what is stored of a row that broke a rule, and of where it came from."""

from __future__ import annotations

from interline.contracts import Product, asset_uri
from interline.contracts.model.contract import Contract
from interline.quarantine import row_keys
from interline.sql.evolving_tables import Columns

SOURCE_COLUMN = "source_object"
"""A model may select this column, beside those of the contract, to say which object each row came from."""
LONGEST_TEXT = 65_535
CHARACTERS_OF_TEXT = 16_000
"""A VARCHAR's length is in bytes, and a character has up to four."""

OWN_COLUMNS: Columns = (
    ("data_day", "date"),
    ("rule", f"varchar({LONGEST_TEXT})"),
    ("reason", f"varchar({LONGEST_TEXT})"),
    ("row_key", f"varchar({row_keys.LENGTH})"),
    (SOURCE_COLUMN, f"varchar({LONGEST_TEXT})"),
    ("batch", "varchar(1024)"),
)
"""What the table knows of each row, before the row's own columns.

The data day; the rules that the row broke, with commas between; why, for people; the row's own key; the object or
prefix that it came from; the Airflow run that checked it last.
"""


def quarantine_columns(contract: Contract) -> Columns:
    """Return the names and types of the columns that the quarantine of a contract needs."""
    names = quarantine_names(contract)
    return (*OWN_COLUMNS, *((names[column.name], column.physical_type) for column in contract.columns))


def quarantine_names(contract: Contract) -> dict[str, str]:
    """Return what each column of the contract is called in quarantine: ``batch_data_day`` for ``data_day``."""
    own = {name for name, _ in OWN_COLUMNS}
    taken = own | set(contract.column_names)
    names: dict[str, str] = {}
    for name in contract.column_names:
        called = name
        while called in own or (called != name and called in taken):
            called = f"batch_{called}"
        names[name] = called
        taken.add(called)
    return names


def sources_of_batch(product: Product, day: str) -> str:
    """Return the S3 prefixes that the batch of a data day was built from, with a blank between.

    A model that selects a ``source_object`` beside the contract's columns (``"$path"`` of a landing table) says it more
    exactly, row by row. Without that a row can be traced to where its batch came from: the day's landing of each
    source, and the ports that were read.
    """
    landed = [f"s3://{product.domain.landing_bucket}/{source.name}/dt={day}/" for source in product.sources]
    return " ".join([*landed, *(asset_uri(address) + "/" for address in product.inputs)])
