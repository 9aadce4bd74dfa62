"""Runs what was submitted: each submission in a session of its own, on a small pool of threads."""

from __future__ import annotations

import logging
import time
from concurrent.futures import ThreadPoolExecutor

from local.engines.redshift import types
from local.engines.redshift.dialect.reading import statements
from local.engines.redshift.errors import QUERY_CANCELED, SYNTAX_ERROR, SqlError, unsupported
from local.engines.redshift.session import Session
from local.services.redshift_data import executions as states
from local.services.redshift_data.executions import Execution, Submission, Submissions
from local.services.redshift_data.results import size_of

_THREADS = 16
_TRANSACTION_WORDS = ("BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT")

log = logging.getLogger(__name__)


class Runner:
    """Takes submissions and runs them, those of one moment side by side."""

    def __init__(self) -> None:
        self.submissions = Submissions()
        self._pool: ThreadPoolExecutor | None = None

    def submit(self, submission: Submission, token: str | None) -> Submission:
        """Start a submission; the same one sent again, with the same client token, is only answered again."""
        accepted = self.submissions.add(submission, token)
        if accepted is submission:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="redshift-data")
            self._pool.submit(self._run, submission)
        return accepted

    def cancel(self, submission: Submission) -> None:
        """Stop a submission: it ends as ABORTED, unless it ends by itself first."""
        submission.cancelled.set()
        session = submission.session
        if session is not None:
            session.cancel()

    def close(self) -> None:
        """Cancel everything that is under way and take nothing more."""
        for submission in self.submissions.under_way():
            self.cancel(submission)
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None

    def _run(self, submission: Submission) -> None:
        submission.move(states.PICKED)
        try:
            session = submission.cluster.session(submission.user, submission.database, "redshift-data-api")
        except SqlError as error:
            self._fail(submission, 0, f"FATAL: {error.message}")
            return
        submission.session, submission.pid = session, session.pid
        try:
            submission.move(states.STARTED)
            self._run_all(submission, session)
        except Exception as error:
            log.exception("statement %s", submission.id)
            self._fail(submission, 0, f"ERROR: internal error of the local Redshift: {error!r}")
        finally:
            submission.session = None
            session.close()

    def _run_all(self, submission: Submission, session: Session) -> None:
        if submission.one_transaction:
            session.begin()
        for number, execution in enumerate(submission.executions):
            if submission.cancelled.is_set():
                self._abort(submission)
                return
            try:
                _run_one(execution, session, batch=submission.batch)
                if submission.one_transaction and number + 1 == len(submission.executions):
                    session.commit()
            except SqlError as error:
                session.rollback()
                if submission.cancelled.is_set() and error.sqlstate == QUERY_CANCELED:
                    self._abort(submission)
                elif submission.batch and not submission.one_transaction:
                    execution.move(states.FAILED, message_of(error))
                    continue
                else:
                    self._fail(submission, number, message_of(error))
                return
            execution.move(states.FINISHED)
        failed = [each for each in submission.executions if each.status == states.FAILED]
        if failed:
            submission.move(states.FAILED, failed[0].error)
        else:
            submission.move(states.FINISHED)

    def _fail(self, submission: Submission, number: int, message: str) -> None:
        submission.executions[number].move(states.FAILED, message)
        self._abort_rest(submission, "Connection or an prior query failed.")
        if submission.batch:
            message = f"Query #{number + 1} failed with {message}"
        submission.move(states.FAILED, message)

    def _abort(self, submission: Submission) -> None:
        self._abort_rest(submission, None)
        submission.move(states.ABORTED)

    @staticmethod
    def _abort_rest(submission: Submission, reason: str | None) -> None:
        for execution in submission.executions:
            if execution.status not in states.ENDED:
                execution.move(states.ABORTED, reason)


def _run_one(execution: Execution, session: Session, *, batch: bool) -> None:
    """Run one statement and keep its result.

    Raises:
        SqlError: what was wrong.
    """
    execution.move(states.STARTED)
    began = time.perf_counter_ns()
    try:
        found = statements(execution.sql)
        if len(found) != 1:
            raise SqlError(
                SYNTAX_ERROR,
                "cannot insert multiple commands into a prepared statement"
                if found
                else "the statement is empty",
            )
        if batch and found[0].verb in _TRANSACTION_WORDS:
            raise unsupported(f"{found[0].verb} in a batch of the Data API")
        plan = session.prepare(found[0], [types.UNKNOWN] * len(execution.values))
        result = session.run(plan, execution.values)
        execution.count = result.count
        if result.columns is not None:
            execution.columns = result.columns
            execution.rows = result.rows
            execution.count = len(result.rows)
            execution.size = size_of(result.columns, result.rows)
    finally:
        execution.query_id = max(session.last_query_id, 0)
        execution.nanoseconds = time.perf_counter_ns() - began


def message_of(error: SqlError) -> str:
    """An error as the Data API shows it: what the cluster said, with detail and hint on lines of their own."""
    lines = [f"ERROR: {error.message}"]
    if error.detail:
        lines.append(f"  Detail: {error.detail}")
    if error.hint:
        lines.append(f"  Hint: {error.hint}")
    return "\n".join(lines)


runner = Runner()
