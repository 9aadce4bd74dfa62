"""Apache Iceberg tables in the local Data Catalog: created, read and changed through pyiceberg.

Metadata, manifests and data files are ordinary objects in S3, and the Glue table points at the current metadata file,
so any Iceberg reader with a Glue catalog reads them.
"""

from local.engines.iceberg.metadata import data_objects, load, relation, snapshot_at
from local.engines.iceberg.tables import create_table, purge
from local.engines.iceberg.transaction import Transaction

__all__ = ["Transaction", "create_table", "data_objects", "load", "purge", "relation", "snapshot_at"]
