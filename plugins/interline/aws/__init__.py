"""Hooks in the style of the Amazon provider, for what it has none for, and clients that they share. They know no feature.

``administrator`` reaches every account as its administrator; ``lake_formation``, ``redshift_statements`` and ``iceberg`` act
as the connection's role. ``retry`` repeats requests; ``glue_catalog`` and ``object_files`` are what pyiceberg works through.
"""
