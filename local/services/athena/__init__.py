"""Athena: Trino's SQL over the Data Catalog, run by DuckDB under Lake Formation; what is not Trino's is refused."""
