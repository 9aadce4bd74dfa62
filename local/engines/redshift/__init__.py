"""The Redshift database: sessions over the PostgreSQL wire, Redshift SQL on DuckDB. Clusters and the Data
API are services on top.
"""
