"""The conversation with one client that has been let in: simple and extended queries ("Message Flow")."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from local.engines.redshift.dialect.reading import PARAMETER_PREFIX, Statement, statements
from local.engines.redshift.dialect.typed import Output
from local.engines.redshift.errors import INTERNAL_ERROR, PROTOCOL_VIOLATION, SYNTAX_ERROR, SqlError
from local.engines.redshift.protocol import messages, values
from local.engines.redshift.protocol.messages import Fields
from local.engines.redshift.protocol.stream import Disconnected, Stream
from local.engines.redshift.session import IDLE, IN_TRANSACTION, Plan, Result, Session
from local.engines.redshift.types import Type

# Settings whose changes a client is told of, under the names that clients know.
REPORTED = {
    "server_version": "server_version",
    "client_encoding": "client_encoding",
    "datestyle": "DateStyle",
    "timezone": "TimeZone",
    "application_name": "application_name",
    "standard_conforming_strings": "standard_conforming_strings",
}
FIXED = {"server_encoding": "UTF8", "integer_datetimes": "on"}

# A parameter whose type the client leaves open is described as text: it is sent as text and takes its type from where
# it stands.
_OPEN_OID = 1043

_PARAMETER = re.compile(rf"{PARAMETER_PREFIX}(\d+)")
# What may follow Execute before Sync and carries the transaction on.
_SAME_TRANSACTION = (b"P", b"B", b"D", b"E", b"C")

_NEAR = re.compile(r'at or near "(.+)"$', re.DOTALL)
_BEGIN, _END = ("BEGIN", "START"), ("COMMIT", "END", "ROLLBACK", "ABORT")

log = logging.getLogger(__name__)


@dataclass
class Prepared:
    """A statement of the extended protocol; `statement` is None for an empty one."""

    statement: Statement | None
    plan: Plan | None
    oids: tuple[int, ...]
    types: tuple[Type, ...]

    @property
    def columns(self) -> tuple[Output, ...] | None:
        return self.plan.columns if self.plan is not None else None


@dataclass
class Portal:
    """A statement with its parameters, and how much of its result has been sent."""

    prepared: Prepared
    parameters: list[Any]
    formats: tuple[int, ...]
    result: Result | None = None
    sent: int = 0


@dataclass
class Conversation:
    """One client's statements. Runs in one thread.

    Attributes:
        implicit: whether a transaction is open that the client did not ask for: it ends with the simple query, or
            with Sync.
    """

    stream: Stream
    session: Session
    implicit: bool = False
    _prepared: dict[str, Prepared] = field(default_factory=dict)
    _portals: dict[str, Portal] = field(default_factory=dict)
    _reported_settings: dict[str, str] = field(default_factory=dict)
    _text: str = ""

    def greet(self, secret: int) -> None:
        """Say that the client is in: settings, the key for cancel requests, ready."""
        self.stream.write(messages.authentication(messages.AUTHENTICATION_OK))
        for name, value in FIXED.items():
            self.stream.write(messages.parameter_status(name, value))
        self._send_settings()
        self.stream.write(messages.backend_key(self.session.pid, secret))
        self._ready()

    def converse(self) -> None:
        """Answer messages until the client says goodbye.

        Raises:
            Disconnected: when it leaves without a word.
        """
        handlers: dict[bytes, Callable[[Fields], None]] = {
            b"P": self._parse,
            b"B": self._bind,
            b"D": self._describe,
            b"E": self._execute,
            b"C": self._close,
        }
        failed = False
        while True:
            kind, body = self.stream.read_message()
            if kind == b"X":
                return
            if kind == b"S":
                self._guarded(self._sync)
                failed = False
                self._ready()
            elif kind == b"H":
                self.stream.flush()
            elif kind == b"Q":
                self._guarded(partial(self._simple_query, Fields(body)))
                self._ready()
            elif kind in (b"d", b"c", b"f"):
                # Leftovers of a COPY that was refused ("COPY Operations").
                continue
            elif kind == b"F":
                self._fail(SqlError("0A000", "function call protocol is not supported"))
                self._ready()
            elif kind not in handlers:
                raise SqlError(PROTOCOL_VIOLATION, f"invalid frontend message type {kind[0]}")
            elif not failed:
                failed = not self._guarded(partial(handlers[kind], Fields(body)))

    def _guarded(self, action: Callable[[], None]) -> bool:
        """Do something; an error is told to the client, and False returned."""
        try:
            action()
        except SqlError as error:
            self._fail(error)
        except Disconnected:
            raise
        except Exception as error:
            log.exception("process %s: internal error", self.session.pid)
            self._fail(SqlError(INTERNAL_ERROR, f"internal error of the local Redshift: {error!r}"))
        else:
            return True
        return False

    def _fail(self, error: SqlError) -> None:
        if self.implicit:
            self._leave_implicit(commit=False)
        self._send_notices()
        self.stream.write(messages.error_response(error, position=position_of(error, self._text)))

    def _ready(self) -> None:
        self._send_notices()
        self._send_settings()
        if self.session.state == IDLE:
            # A portal lives as long as its transaction.
            self._portals.clear()
        self.stream.write(messages.ready_for_query(self.session.state))
        self.stream.flush()

    def _send_notices(self) -> None:
        for notice in self.session.notices:
            self.stream.write(messages.notice_response(notice))
        self.session.notices.clear()

    def _send_settings(self) -> None:
        for setting, name in REPORTED.items():
            value = self.session.settings.get(setting, "")
            if self._reported_settings.get(setting) != value:
                self._reported_settings[setting] = value
                self.stream.write(messages.parameter_status(name, value))

    # -- transactions that nobody asked for -----------------------------------------------------------------

    def _enter_implicit(self) -> None:
        if self.session.state == IDLE:
            self.session.begin()
            self.implicit = True

    def _leave_implicit(self, *, commit: bool) -> None:
        """End the transaction, if it is still open.

        Raises:
            SqlError: when it cannot be committed.
        """
        self.implicit = False
        if commit and self.session.state == IN_TRANSACTION:
            self.session.commit()
        elif self.session.state != IDLE:
            self.session.rollback()

    def _run(self, statement: Statement, plan: Plan, parameters: Sequence[Any]) -> Result:
        """Run a statement where a transaction may be open that nobody asked for: BEGIN makes it the client's own."""
        if self.implicit and statement.verb in _BEGIN:
            self.implicit = False
            return Result(statement.verb if statement.verb == "BEGIN" else "START TRANSACTION")
        if self.implicit and statement.verb in _END:
            self.implicit = False
        return self.session.run(plan, parameters)

    # -- simple queries -------------------------------------------------------------------------------------

    def _simple_query(self, fields: Fields) -> None:
        """Run the statements of a text: one transaction, except where it says otherwise itself."""
        text = self._text = fields.text()
        found = statements(text)
        if not found:
            self.stream.write(messages.EMPTY_QUERY)
        for statement in found:
            if len(found) > 1 and statement.verb not in (*_BEGIN, *_END):
                self._enter_implicit()
            result = self._run(statement, self.session.prepare(statement), ())
            if result.columns is not None:
                formats = [values.TEXT_FORMAT] * len(result.columns)
                self.stream.write(messages.row_description(result.columns, formats))
                self._send_rows(result.columns, formats, result.rows)
            self._send_notices()
            self.stream.write(messages.command_complete(result.tag))
        if self.implicit:
            self._leave_implicit(commit=True)

    # -- extended queries -----------------------------------------------------------------------------------

    def _parse(self, fields: Fields) -> None:
        name, text = fields.text(), fields.text()
        self._text = text
        oids = [fields.uint32() for _ in range(fields.uint16())]
        found = statements(text)
        if len(found) > 1:
            raise SqlError(SYNTAX_ERROR, "cannot insert multiple commands into a prepared statement")
        if name and name in self._prepared:
            raise SqlError("42P05", f'prepared statement "{name}" already exists')
        if found:
            # Parameters that the client says nothing about take their type from where they stand.
            oids += [0] * (_parameters_of(found[0]) - len(oids))
            kinds = tuple(values.parameter_type(oid) for oid in oids)
            plan = self.session.prepare(found[0], kinds)
            self._prepared[name] = Prepared(found[0], plan, tuple(oids), kinds)
        else:
            self._prepared[name] = Prepared(None, None, tuple(oids), ())
        self.stream.write(messages.PARSE_COMPLETE)

    def _bind(self, fields: Fields) -> None:
        portal, name = fields.text(), fields.text()
        prepared = self._find_prepared(name)
        formats = [fields.uint16() for _ in range(fields.uint16())]
        count = fields.uint16()
        if count != len(prepared.oids):
            raise SqlError(
                PROTOCOL_VIOLATION,
                f'bind message supplies {count} parameters, but prepared statement "{name}" requires {len(prepared.oids)}',
            )
        kinds = prepared.types or (values.parameter_type(0),) * count
        parameters = [
            values.decode(kind, each, fields.value())
            for kind, each in zip(kinds, _spread(formats, count), strict=True)
        ]
        result_formats = [fields.uint16() for _ in range(fields.uint16())]
        width = len(prepared.columns or ())
        self._portals[portal] = Portal(prepared, parameters, _spread(result_formats, width))
        self.stream.write(messages.BIND_COMPLETE)

    def _describe(self, fields: Fields) -> None:
        kind, name = fields.byte(), fields.text()
        if kind == b"S":
            prepared = self._find_prepared(name)
            self.stream.write(messages.parameter_description([oid or _OPEN_OID for oid in prepared.oids]))
            formats: Sequence[int] = [values.TEXT_FORMAT] * len(prepared.columns or ())
        elif kind == b"P":
            cursor = self.session.cursors.get(name)
            if cursor is not None and name not in self._portals:
                # libpq describes a cursor of DECLARE as the portal that it is on a server of PostgreSQL.
                self.stream.write(
                    messages.row_description(cursor.columns, [values.TEXT_FORMAT] * len(cursor.columns))
                )
                return
            portal = self._find_portal(name)
            prepared, formats = portal.prepared, portal.formats
        else:
            raise SqlError(PROTOCOL_VIOLATION, f"invalid DESCRIBE message subtype {kind[0]}")
        if prepared.columns is None:
            self.stream.write(messages.NO_DATA)
        else:
            self.stream.write(messages.row_description(prepared.columns, formats))

    def _execute(self, fields: Fields) -> None:
        portal = self._find_portal(fields.text())
        limit = fields.int32()
        prepared = portal.prepared
        if prepared.statement is None or prepared.plan is None:
            self.stream.write(messages.EMPTY_QUERY)
            return
        if portal.result is None:
            # Whatever comes before Sync belongs to the same transaction; a statement that Sync follows commits by
            # itself. Nobody waits for an answer to Execute alone, so the next message is on its way.
            if self.stream.next_kind() in _SAME_TRANSACTION and prepared.statement.verb not in (
                *_BEGIN,
                *_END,
            ):
                self._enter_implicit()
            portal.result = self._run(prepared.statement, prepared.plan, portal.parameters)
        result = portal.result
        if result.columns is not None:
            _require_same_columns(result.columns, prepared.columns or ())
            last = portal.sent + limit if limit > 0 else len(result.rows)
            self._send_rows(result.columns, portal.formats, result.rows[portal.sent : last])
            portal.sent = last
            if last < len(result.rows):
                self.stream.write(messages.PORTAL_SUSPENDED)
                return
        self._send_notices()
        self.stream.write(messages.command_complete(result.tag))

    def _close(self, fields: Fields) -> None:
        kind, name = fields.byte(), fields.text()
        if kind == b"S":
            self._prepared.pop(name, None)
        elif kind == b"P":
            self._portals.pop(name, None)
        else:
            raise SqlError(PROTOCOL_VIOLATION, f"invalid CLOSE message subtype {kind[0]}")
        self.stream.write(messages.CLOSE_COMPLETE)

    def _sync(self) -> None:
        if self.implicit:
            self._leave_implicit(commit=True)

    def _find_prepared(self, name: str) -> Prepared:
        found = self._prepared.get(name)
        if found is None:
            raise SqlError("26000", f'prepared statement "{name}" does not exist')
        return found

    def _find_portal(self, name: str) -> Portal:
        found = self._portals.get(name)
        if found is None:
            raise SqlError("34000", f'portal "{name}" does not exist')
        return found

    def _send_rows(
        self, columns: Sequence[Output], formats: Sequence[int], rows: Sequence[tuple[Any, ...]]
    ) -> None:
        encoders = [values.encoder(column.type, each) for column, each in zip(columns, formats, strict=True)]
        for row in messages.data_rows(rows, encoders):
            self.stream.write(row)


def position_of(error: SqlError, text: str) -> int | None:
    """Where in a text a syntax error is, in characters from 1; None when that is not certain."""
    near = _NEAR.search(error.message) if error.sqlstate == SYNTAX_ERROR else None
    if near is None or text.count(near[1]) != 1:
        return None
    return text.index(near[1]) + 1


def _parameters_of(statement: Statement) -> int:
    """How many parameters a statement has: the highest number that it mentions."""
    return max(
        (int(found[1]) for token in statement.tokens if (found := _PARAMETER.fullmatch(token.text))),
        default=0,
    )


def _spread(formats: Sequence[int], count: int) -> tuple[int, ...]:
    """The format of each of so many values: none means text, one is that of all.

    Raises:
        SqlError: 08P01 for another number of formats.
    """
    if not formats:
        return (values.TEXT_FORMAT,) * count
    if len(formats) == 1:
        return (formats[0],) * count
    if len(formats) != count:
        raise SqlError(PROTOCOL_VIOLATION, f"bind message has {len(formats)} formats but {count} values")
    return tuple(formats)


def _require_same_columns(now: Sequence[Output], before: Sequence[Output]) -> None:
    """Raise 0A000 when a table changed so that a prepared statement gives other columns than it was said to."""
    if [(each.name, each.type.oid) for each in now] != [(each.name, each.type.oid) for each in before]:
        raise SqlError("0A000", "cached plan must not change result type")
