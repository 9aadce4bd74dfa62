"""Redshift's wire protocol: PostgreSQL's, version 3.

Source: "Frontend/Backend Protocol" in the PostgreSQL documentation, version 8.0 for what Redshift took over
(https://www.postgresql.org/docs/8.0/protocol.html), and what redshift_connector and libpq send.
"""
