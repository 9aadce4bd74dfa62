"""Redshift's statements, one module a kind."""
