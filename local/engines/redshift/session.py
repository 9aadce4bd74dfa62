"""A session: one user's connection, its transaction and its temporary tables."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import duckdb

from local.engines.redshift import errors
from local.engines.redshift.catalog import Catalog, Relation, User
from local.engines.redshift.cluster_state import ClusterState
from local.engines.redshift.dialect.reading import Statement, statements
from local.engines.redshift.dialect.scope import Resolved
from local.engines.redshift.dialect.typed import Output
from local.engines.redshift.errors import SqlError
from local.engines.redshift.external_schemas import IcebergWork
from local.engines.redshift.query_log import LoggedQuery
from local.engines.redshift.types import Type

IDLE, IN_TRANSACTION, FAILED = "I", "T", "E"

DEFAULT_SETTINGS = {
    "search_path": "$user, public",
    "query_group": "default",
    "datestyle": "ISO, MDY",
    "timezone": "UTC",
    "extra_float_digits": "0",
    "statement_timeout": "0",
    "enable_result_cache_for_session": "on",
    "enable_case_sensitive_identifier": "false",
    "enable_case_sensitive_super_attribute": "false",
    "client_encoding": "UTF8",
    "client_min_messages": "notice",
    "standard_conforming_strings": "on",
    "server_version": "8.0.2",
    "application_name": "",
    "default_transaction_isolation": "serializable",
    "wlm_query_slot_count": "1",
    "json_serialization_enable": "false",
    "spectrum_query_maxerror": "0",
}


@dataclass
class Result:
    """What a statement gave.

    Attributes:
        tag: the command tag, for example ``INSERT 0 3``.
        columns: of a result set, or None.
        rows: Python values.
        count: rows returned or touched; -1 when it means nothing.
    """

    tag: str
    columns: tuple[Output, ...] | None = None
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    count: int = -1


@dataclass
class Plan:
    """A statement made ready.

    Attributes:
        columns: of its result set, or None; known before it runs.
        run: does it, given the parameters' values.
        controls_transaction: BEGIN, COMMIT and ROLLBACK, which run outside of one.
        statement: what was made ready.
    """

    run: Callable[[Sequence[Any]], Result]
    columns: tuple[Output, ...] | None = None
    controls_transaction: bool = False
    statement: Statement | None = None


@dataclass
class OpenCursor:
    """A cursor of DECLARE: its rows are computed when the first of them is fetched."""

    columns: tuple[Output, ...]
    compute: Callable[[], list[tuple[Any, ...]]]
    _rows: list[tuple[Any, ...]] | None = None
    _position: int = 0

    def fetch(self, count: int | None) -> list[tuple[Any, ...]]:
        """The next rows, or all that are left."""
        if self._rows is None:
            self._rows = self.compute()
        end = len(self._rows) if count is None else self._position + count
        found = self._rows[self._position : end]
        self._position += len(found)
        return found


@dataclass
class Transaction:
    """The changes of the transaction under way.

    Attributes:
        written: object identifiers of the relations whose rows it changed.
    """

    changes: dict[tuple[Any, ...], Any] = field(default_factory=dict)
    based_on: dict[tuple[Any, ...], Any] = field(default_factory=dict)
    temporary_before: dict[str, Relation] = field(default_factory=dict)
    settings_before: dict[str, str] = field(default_factory=dict)
    engine_open: bool = False
    written: set[int] = field(default_factory=set)
    iceberg: IcebergWork | None = None
    started: datetime.datetime | None = None


class StatementPlanner(Protocol):
    """What makes a statement of any kind ready to run: the dispatcher over all of them."""

    def __call__(self, session: Session, statement: Statement, parameter_types: tuple[Type, ...]) -> Plan:
        """Analyse a statement.

        Raises:
            SqlError: 0A000 for a statement that there is none like here, and whatever is wrong with it.
        """


class SystemCatalog(Protocol):
    """The leader node's tables, as names resolve to them and queries read them."""

    def table(self, schema: str, name: str) -> Resolved | None:
        """A system table as a query sees it, or None."""

    def function(self, name: str, arguments: list[str]) -> Resolved:
        """A leader-node function in FROM.

        Raises:
            SqlError: 42883.
        """

    def query(self, session: Session, sql: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
        """Run a translated query over system tables."""


class TransactionCatalog(Catalog):
    """A catalog that remembers what was committed under each change it makes."""

    def __init__(self, session: Session):
        super().__init__(session.cluster.catalog.snapshot, session.transaction.changes)
        self._session = session

    def put(self, key: tuple[Any, ...], value: Any) -> None:
        """Change an object; refused beside writes to an Iceberg table."""
        self._session.transaction.based_on.setdefault(key, self._committed.get(key))
        self._session.change_count += 1
        self._session.require_local_writes()
        super().put(key, value)


class Session:
    """One user's session. Used by one thread at a time, except ``cancel`` and ``close``.

    Attributes:
        pid: the process id that pg_backend_pid() answers.
        state: "I" idle, "T" in a transaction, "E" in a failed one.
        temporary: temporary relations by name.
        statement_writes: names of the tables that the statement under way writes to, by object identifier.
        cursors: those that DECLARE opened in this transaction, by name.
        settings: values of SET.
        system_catalog: what answers for the leader node's tables.
    """

    def __init__(
        self,
        cluster: ClusterState,
        user: str,
        pid: int,
        application: str = "",
        *,
        plan_statement: StatementPlanner,
        system_catalog: SystemCatalog,
    ):
        self.cluster = cluster
        self.system_catalog = system_catalog
        self._plan_statement = plan_statement
        self.user = user
        self.pid = pid
        self.state = IDLE
        self.settings = {**DEFAULT_SETTINGS, "application_name": application}
        self.temporary: dict[str, Relation] = {}
        self.cursors: dict[str, OpenCursor] = {}
        self.transaction = Transaction()
        self.change_count = 0
        self.statement_time = _now()
        self.last_query_id = -1
        self.statement_writes: dict[int, str] = {}
        self.notices: list[str] = []
        self.cancelled = threading.Event()
        self._timed_out = threading.Event()
        self.closed = False
        self._connection = cluster.connection()

    # -- statements -----------------------------------------------------------------------------------------

    def prepare(self, statement: Statement, parameter_types: Sequence[Type] = ()) -> Plan:
        """Analyse one statement.

        Raises:
            SqlError: whatever is wrong with it; in a transaction that fails it.
        """
        if self.state == FAILED and statement.verb not in ("ROLLBACK", "ABORT", "COMMIT", "END"):
            raise _failed()
        self.cancelled.clear()
        self.statement_time = _now()
        try:
            plan = self._plan_statement(self, statement, tuple(parameter_types))
            plan.statement = statement
            return plan
        except BaseException as error:
            self._fail()
            raise _translated(error) from error

    def run(self, prepared: Plan, parameters: Sequence[Any] = ()) -> Result:
        """Execute a prepared statement.

        Raises:
            SqlError: what went wrong; outside of a transaction nothing of it stays.
        """
        if prepared.controls_transaction:
            return prepared.run(parameters)
        if self.state == FAILED:
            raise _failed()
        self.statement_time = _now()
        self.last_query_id = next(self.cluster.queries)
        self.statement_writes = {}
        alone = self.state == IDLE
        if alone:
            self.transaction = Transaction(
                temporary_before=dict(self.temporary),
                settings_before=dict(self.settings),
                started=self.statement_time,
            )
        timer = self._start_timeout()
        try:
            result = prepared.run(parameters)
            if alone:
                self.commit()
            self._log(prepared, result.count)
            return result
        except BaseException as error:
            self._log(prepared, -1, str(_translated(error)))
            if alone:
                self.rollback()
            else:
                self._fail()
            if self._timed_out.is_set():
                raise SqlError(
                    errors.QUERY_CANCELED, "Query cancelled on user's request: statement timeout"
                ) from error
            raise _translated(error) from error
        finally:
            if timer is not None:
                timer.cancel()

    def _log(self, plan: Plan, rows: int, error: str = "") -> None:
        if plan.statement is None:
            return
        said = plan.statement
        writes = tuple(self.statement_writes.items())
        logged = LoggedQuery(
            self.last_query_id, self.user, self.pid, self.settings["query_group"], said.text, said.verb,
            self.statement_time, _now(), rows, writes, error,
        )  # fmt: skip
        self.cluster.log.add(logged)

    def _start_timeout(self) -> threading.Timer | None:
        """Watch the statement when ``statement_timeout`` (milliseconds) is set."""
        self._timed_out.clear()
        setting = self.settings["statement_timeout"]
        if not setting.isdigit() or int(setting) == 0:
            return None

        def expire() -> None:
            self._timed_out.set()
            self.cancel()

        timer = threading.Timer(int(setting) / 1000, expire)
        timer.daemon = True
        timer.start()
        return timer

    def execute(
        self, sql: str, parameters: Sequence[Any] = (), parameter_types: Sequence[Type] = ()
    ) -> Result:
        """Run a text of one or more statements; the last one's result.

        Raises:
            SqlError: at the first statement that fails.
        """
        result = Result("EMPTY")
        for statement in statements(sql):
            result = self.run(self.prepare(statement, parameter_types), parameters)
        return result

    def _fail(self) -> None:
        if self.state == IN_TRANSACTION:
            self.state = FAILED

    # -- transactions ---------------------------------------------------------------------------------------

    @property
    def catalog(self) -> TransactionCatalog:
        """The database's objects as this session sees them now."""
        return TransactionCatalog(self)

    @property
    def catalog_version(self) -> tuple[int, int]:
        """Changes whenever something may look different to this session."""
        return self.cluster.catalog.version, self.change_count

    @property
    def me(self) -> User:
        """The user of the session. Raises 28000 when it was dropped meanwhile."""
        found = self.catalog.user(self.user)
        if found is None:
            raise SqlError(errors.INVALID_AUTHORIZATION, f'user "{self.user}" does not exist')
        return found

    @property
    def engine(self) -> duckdb.DuckDBPyConnection:
        """The engine's connection, inside this session's transaction."""
        if not self.transaction.engine_open:
            with self.cluster.commit_lock:
                self._connection.execute("BEGIN TRANSACTION")
            self.transaction.engine_open = True
        return self._connection

    @property
    def explicit_transaction(self) -> bool:
        """Whether BEGIN opened the transaction under way."""
        return self.state != IDLE

    def begin(self) -> None:
        """BEGIN; a second one in a transaction only warns."""
        if self.state == IN_TRANSACTION:
            self.notices.append("there is already a transaction in progress")
            return
        self.transaction = Transaction(
            temporary_before=dict(self.temporary), settings_before=dict(self.settings), started=_now()
        )
        self.state = IN_TRANSACTION

    def commit(self) -> bool:
        """COMMIT; of a failed transaction, a rollback.

        Returns:
            Whether something was committed.

        Raises:
            SqlError: 40001 when the transaction conflicts with one that was committed meanwhile.
        """
        if self.state == FAILED:
            self.rollback()
            return False
        transaction = self.transaction
        try:
            if transaction.iceberg is not None:
                transaction.iceberg.commit()
            if transaction.engine_open or transaction.changes:
                with self.cluster.commit_lock:
                    if transaction.changes:
                        self._check_conflicts(transaction)
                    if transaction.engine_open:
                        self._connection.execute("COMMIT")
                        transaction.engine_open = False
                    if transaction.changes:
                        self.cluster.catalog.commit(transaction.based_on, transaction.changes)
                    self.cluster.row_changes.update(transaction.written)
        except BaseException as error:
            self.rollback()
            raise _translated(error) from error
        self._end()
        return True

    def _check_conflicts(self, transaction: Transaction) -> None:
        committed = self.cluster.catalog.snapshot
        if any(committed.get(key) != transaction.based_on.get(key) for key in transaction.changes):
            raise SqlError(
                errors.SERIALIZATION_FAILURE,
                "could not complete because of conflict with concurrent transaction",
            )

    def rollback(self) -> None:
        """ROLLBACK: nothing of the transaction stays."""
        transaction = self.transaction
        if transaction.iceberg is not None:
            transaction.iceberg.rollback()
        if transaction.engine_open:
            try:
                self._connection.execute("ROLLBACK")
            except duckdb.TransactionException:
                # DuckDB has already rolled back a transaction that hit a fatal error.
                self.notices.append("transaction was already rolled back")
        self.temporary = transaction.temporary_before
        self.settings = transaction.settings_before
        self._end()

    def _end(self) -> None:
        if self.transaction.changes:
            self.change_count += 1
        self.transaction = Transaction(temporary_before=self.temporary, settings_before=self.settings)
        self.state = IDLE
        self.cursors.clear()
        self.cluster.locks.release(self)

    def lock(self, key: Hashable) -> None:
        """Take a write lock until the transaction ends.

        Raises:
            SqlError: 40P01 for a deadlock.
        """
        self.cluster.locks.acquire(self, key, self.cancelled)

    def require_local_writes(self) -> None:
        """Raise 0A000 in a transaction block that writes to an Iceberg table: it can hold nothing else."""
        if self.explicit_transaction and self.transaction.iceberg is not None:
            raise SqlError(
                errors.FEATURE_NOT_SUPPORTED,
                "A transaction that writes to an Iceberg table cannot write to anything else",
            )

    def notice(self, message: str) -> None:
        """Tell the client something with the next answer."""
        self.notices.append(message)

    def cancel(self) -> None:
        """Stop the statement that runs now; from another thread."""
        self.cancelled.set()
        self._connection.interrupt()

    def close(self) -> None:
        """End the session: its transaction is rolled back, its temporary tables are gone."""
        if self.closed:
            return
        self.closed = True
        self.cluster.forget(self)
        self.rollback()
        self._connection.close()


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC).replace(tzinfo=None)


def _failed() -> SqlError:
    return SqlError(
        errors.IN_FAILED_TRANSACTION,
        "current transaction is aborted, commands ignored until end of transaction block",
    )


def _translated(error: BaseException) -> BaseException:
    return errors.from_duckdb(error) if isinstance(error, duckdb.Error) else error
