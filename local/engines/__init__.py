"""What several services of the local AWS compute with: DuckDB, Iceberg, Hive types, S3 objects, the Data
Catalog and its permissions, and the Redshift database.
"""
