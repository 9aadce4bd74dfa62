"""The leader node's catalog: pg_*, information_schema, svv_* and stv_* tables."""
