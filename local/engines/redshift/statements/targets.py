"""Which kind of target the name in a statement means."""

from __future__ import annotations

from local.engines.redshift.catalog import Relation
from local.engines.redshift.external_schemas import ExternalTable
from local.engines.redshift.session import Session
from local.engines.redshift.statements import relations
from local.engines.redshift.statements.iceberg_table import IcebergTable
from local.engines.redshift.statements.local_table import LocalTable
from local.engines.redshift.statements.target import Target


def target(session: Session, name: tuple[str, ...]) -> Target:
    """The table or view of a name.

    Raises:
        SqlError: 42P01 when there is none, 42501 for a system table.
    """
    resolved = relations.resolve(session, name)
    if isinstance(resolved.subject, ExternalTable):
        return IcebergTable(session, resolved.subject, resolved.display)
    if isinstance(resolved.subject, Relation):
        return LocalTable(session, resolved.subject)
    raise AssertionError(f"{resolved.display} is neither a relation nor an external table")
