"""A contract as Redshift SQL: judging a batch, setting bad rows aside, declaring and publishing a port.

Pure functions from the contract to statements. Nothing here talks to a database. Every name was validated when
the contract was read and is quoted again; every value is a quoted literal.
"""

from __future__ import annotations

from interline.contract_sql.existing import existing_columns, existing_query
from interline.contract_sql.judging import (
    Judgement,
    Measured,
    begin_build,
    built_query,
    judgement,
    passing_statement,
    schema_differences,
)
from interline.contract_sql.publishing import current_batch, declare_port, publish_statements
from interline.contract_sql.quarantine import SOURCE_COLUMN
from interline.contract_sql.releasing import Decisions, decisions_of, decisions_query
from interline.contract_sql.tables import Tables

__all__ = [
    "SOURCE_COLUMN",
    "Decisions",
    "Judgement",
    "Measured",
    "Tables",
    "begin_build",
    "built_query",
    "current_batch",
    "decisions_of",
    "decisions_query",
    "declare_port",
    "existing_columns",
    "existing_query",
    "judgement",
    "passing_statement",
    "publish_statements",
    "schema_differences",
]
