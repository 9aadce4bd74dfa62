"""Apache Iceberg tables in the local Data Catalog: created, read and changed through pyiceberg.

Metadata, manifests and data files are ordinary objects in S3, and the Glue table points at the current metadata file,
so any Iceberg reader with a Glue catalog reads them.
"""
