"""SYS and STL views of monitoring: what the cluster remembers of its statements."""

from __future__ import annotations

from local.engines.redshift.query_log import LoadError, LoggedQuery
from local.engines.redshift.session import Session
from local.engines.redshift.system_catalog.tables import Rows, SystemTables, user_oid

TABLES = SystemTables()


@TABLES.table(
    "pg_catalog",
    "sys_query_history",
    "user_id:int4 query_id:int8 query_label:text session_id:int4 database_name:text query_type:text status:text "
    "start_time:timestamp end_time:timestamp elapsed_time:int8 queue_time:int8 execution_time:int8 error_message:text "
    "returned_rows:int8 query_text:text username:text",
    live=True,
)
def _sys_query_history(session: Session) -> Rows:
    for each in _visible(session):
        elapsed = round((each.ended - each.started).total_seconds() * 1_000_000)
        yield (
            user_oid(session, each.user), each.identifier, each.label, each.pid, session.cluster.database, each.kind,
            "failed" if each.error else "success", each.started, each.ended, elapsed, 0, elapsed, each.error,
            max(each.rows, 0) if each.kind == "SELECT" else 0, each.text[:4000], each.user,
        )  # fmt: skip


@TABLES.table(
    "pg_catalog",
    "sys_query_detail",
    "user_id:int4 query_id:int8 child_query_sequence:int4 stream_id:int4 segment_id:int4 step_id:int4 step_name:text "
    "table_id:int4 table_name:text start_time:timestamp end_time:timestamp duration:int8 output_rows:int8",
    live=True,
)
def _sys_query_detail(session: Session) -> Rows:
    """The steps that write; there are no others to tell of, since DuckDB's are not Redshift's."""
    for each in _visible(session):
        if each.error or each.verb in ("DELETE", "TRUNCATE"):
            continue
        for table, name in each.written:
            duration = round((each.ended - each.started).total_seconds() * 1_000_000)
            yield (
                user_oid(session, each.user), each.identifier, 1, 0, 0, 0, "insert", table,
                f"{session.cluster.database}.{name}", each.started, each.ended, duration, max(each.rows, 0),
            )  # fmt: skip


@TABLES.table(
    "pg_catalog",
    "stl_query",
    "userid:int4 query:int4 label:text pid:int4 database:text querytxt:text starttime:timestamp endtime:timestamp "
    "aborted:int4",
    live=True,
)
def _stl_query(session: Session) -> Rows:
    for each in _visible(session):
        yield (
            user_oid(session, each.user), each.identifier, each.label, each.pid, session.cluster.database,
            each.text[:4000], each.started, each.ended, int(bool(each.error)),
        )  # fmt: skip


@TABLES.table(
    "pg_catalog",
    "sys_load_error_detail",
    "user_id:int4 query_id:int8 session_id:int4 database_name:text table_id:int4 start_time:timestamp file_name:text "
    "line_number:int8 error_message:text",
    live=True,
)
def _sys_load_error_detail(session: Session) -> Rows:
    for each in _load_errors(session):
        yield (
            user_oid(session, each.user), each.query, each.pid, session.cluster.database, each.table, each.started,
            each.file, each.line, each.message,
        )  # fmt: skip


@TABLES.table(
    "pg_catalog",
    "stl_load_errors",
    "userid:int4 tbl:int4 starttime:timestamp session:int4 query:int4 filename:text line_number:int8 err_reason:text",
    live=True,
)
def _stl_load_errors(session: Session) -> Rows:
    for each in _load_errors(session):
        yield (
            user_oid(session, each.user), each.table, each.started, each.pid, each.query, each.file, each.line,
            each.message,
        )  # fmt: skip


def _visible(session: Session) -> list[LoggedQuery]:
    """A superuser sees every statement, others their own ("Visibility of data in system tables and views")."""
    every = session.me.superuser
    return [each for each in session.cluster.log.queries() if every or each.user == session.user]


def _load_errors(session: Session) -> list[LoadError]:
    every = session.me.superuser
    return [each for each in session.cluster.log.load_errors() if every or each.user == session.user]
