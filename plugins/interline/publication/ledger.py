"""The ledger of publications, read and written through the domain's Redshift."""

from __future__ import annotations

from interline.aws.redshift_statements import RedshiftStatementError, RedshiftStatementsHook
from interline.publication.errors import VersionsError
from interline.publication.ledger_sql import publications
from interline.publication.snapshots import Published
from interline.sql.tables import Tables


def read_ledger(hook: RedshiftStatementsHook, tables: Tables) -> list[Published]:
    """Return every line; none if nothing was ever published.

    Raises:
        VersionsError: Redshift would not say.
    """
    try:
        rows = hook.run(publications(tables))[0].rows
    except RedshiftStatementError as error:
        if "does not exist" in error.reason:
            return []
        raise VersionsError(f"the ledger of versions cannot be read: {error.reason}") from error
    return [
        Published(_id(parent), _id(snapshot), str(day), str(run), bool(undone))
        for parent, snapshot, day, run, undone in rows
    ]


def _id(value: object) -> int | None:
    return None if value is None else int(str(value))
