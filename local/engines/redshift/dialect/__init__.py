"""Redshift's SQL: reading it, giving it types, and writing it as DuckDB's."""
