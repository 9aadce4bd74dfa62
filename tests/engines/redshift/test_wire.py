"""The wire protocol as redshift_connector, libpq (psycopg2) and asyncpg speak it, and as nobody should."""

from __future__ import annotations

import asyncio
import datetime
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from decimal import Decimal
from typing import Any

import asyncpg
import psycopg2
import pytest
import redshift_connector

# Many more pairs of rows than any engine goes through while a test waits.
ENDLESS = (
    "select count(*) from wire.many a, wire.many b, wire.many c, wire.many d where a.n + b.n + c.n + d.n < 0"
)
PATIENCE = 20


@pytest.fixture(scope="module", autouse=True)
def schema(data_api: Any) -> None:
    """Tables for the tests of this file."""
    data_api.must("create schema wire")
    data_api.must("create table wire.many (n integer)")
    data_api.must("insert into wire.many select 1 union all select 2 union all select 3 union all select 4")
    for _ in range(11):
        data_api.must("insert into wire.many select n + 4 from wire.many")


class RawClient:
    """A client that says just what it is told to say."""

    def __init__(self, connection: socket.socket, address: Any) -> None:
        self._socket = connection
        self._received = connection.makefile("rb")
        options = f"user\0{address.user}\0database\0{address.database}\0\0".encode()
        connection.sendall(struct.pack("!ii", 8 + len(options), 3 << 16) + options)
        self.read()
        self.send(message(b"p", address.password.encode() + b"\0"))
        self.answers()

    def send(self, data: bytes) -> None:
        """Send bytes."""
        self._socket.sendall(data)

    def read(self) -> tuple[bytes, bytes]:
        """The next message: kind and body."""
        head = self._received.read(5)
        if len(head) < 5:
            raise EOFError
        return head[:1], self._received.read(struct.unpack("!i", head[1:])[0] - 4)

    def answers(self) -> list[tuple[bytes, bytes]]:
        """All messages until the server is ready, without notices."""
        found = [self.read()]
        while found[-1][0] != b"Z":
            found.append(self.read())
        return [each for each in found if each[0] not in (b"N", b"S")]

    def say(self, *parts: bytes) -> list[tuple[bytes, bytes]]:
        """Send messages at once and read what comes back."""
        self.send(b"".join(parts))
        return self.answers()

    def query(self, sql: str) -> list[tuple[bytes, bytes]]:
        """A simple query."""
        return self.say(message(b"Q", sql.encode() + b"\0"))

    def rows(self, sql: str) -> list[list[bytes]]:
        """The rows of a simple query whose values are not null."""
        found = []
        for kind, body in self.query(sql):
            if kind == b"D":
                values, at = [], 2
                for _ in range(struct.unpack("!h", body[:2])[0]):
                    (size,) = struct.unpack_from("!i", body, at)
                    values.append(body[at + 4 : at + 4 + size])
                    at += 4 + size
                found.append(values)
        return found


def message(kind: bytes, body: bytes) -> bytes:
    """A client's message."""
    return kind + struct.pack("!i", len(body) + 4) + body


def parse(name: str, sql: str) -> bytes:
    """Parse, without parameter types."""
    return message(b"P", f"{name}\0{sql}\0".encode() + struct.pack("!h", 0))


def bind(name: str = "", portal: str = "") -> bytes:
    """Bind, without parameters."""
    return message(b"B", f"{portal}\0{name}\0".encode() + struct.pack("!hhh", 0, 0, 0))


def execute(portal: str = "", limit: int = 0) -> bytes:
    """Execute, of all rows or some."""
    return message(b"E", f"{portal}\0".encode() + struct.pack("!i", limit))


SYNC = message(b"S", b"")


def kinds(answers: list[tuple[bytes, bytes]]) -> str:
    """The kinds of messages, one letter each."""
    return b"".join(kind for kind, _ in answers).decode()


@pytest.fixture
def libpq(wire_address: Any) -> Iterator[Callable[..., Any]]:
    """Open connections with libpq; they are closed when the test ends."""
    opened = []

    def open_one(**arguments: Any) -> Any:
        given = {
            "host": wire_address.host,
            "port": wire_address.port,
            "user": wire_address.user,
            "password": wire_address.password,
            "dbname": wire_address.database,
            "sslmode": "verify-full",
            "sslrootcert": wire_address.ca_file,
            **arguments,
        }
        connection = psycopg2.connect(**given)
        opened.append(connection)
        return connection

    yield open_one
    for connection in opened:
        connection.close()


def wait_until(question: Callable[[], bool]) -> bool:
    """Ask again until the answer is yes, or patience ends."""
    deadline = time.monotonic() + PATIENCE
    while not question():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


class TestRedshiftConnector:
    """Extended queries with binary results."""

    def test_every_type_arrives_as_what_it_is(self, connect: Any) -> None:
        cursor = connect().cursor()
        cursor.execute(
            "select 1::smallint, 2::integer, 3::bigint, 1.50::decimal(10,2), 0.25::real, 0.1::double precision, true,"
            " 'é'::varchar(4), 'ab'::char(4), '2013-01-31'::date, '2013-01-31 23:59:59.25'::timestamp,"
            " '2013-01-31 10:00:00+00'::timestamptz, null::integer, json_parse('{\"a\":[1,2]}')"
        )
        (row,) = cursor.fetchall()
        assert row == [
            1,
            2,
            3,
            Decimal("1.50"),
            0.25,
            0.1,
            True,
            "é",
            "ab",
            datetime.date(2013, 1, 31),
            datetime.datetime(2013, 1, 31, 23, 59, 59, 250000),  # noqa: DTZ001
            datetime.datetime(2013, 1, 31, 10, tzinfo=datetime.UTC),
            None,
            '{"a":[1,2]}',
        ]

    def test_a_numeric_without_fraction_is_sent_with_its_scale(self, connect: Any) -> None:
        cursor = connect().cursor()
        cursor.execute("select sum(n::decimal(12,2)) as whole from wire.many where n = 1")
        assert str(cursor.fetchone()[0]) == "1.00"

    def test_columns_are_described(self, connect: Any) -> None:
        cursor = connect().cursor()
        cursor.execute("select 1 as first, 'x'::varchar(7) as second")
        assert [column[:2] for column in cursor.description] == [("first", 23), ("second", 1043)]

    def test_parameters_of_every_type(self, connect: Any) -> None:
        connection = connect()
        cursor = connection.cursor()
        cursor.execute(
            "create temporary table given (i int, b bigint, t varchar(20), n decimal(12,2), d date, at timestamp,"
            " f float8, ok boolean)"
        )
        values = [
            7,
            2**40,
            "it's; -- $1",
            Decimal("-12.34"),
            datetime.date(2013, 2, 1),
            datetime.datetime(2013, 2, 1, 12, 30),  # noqa: DTZ001
            0.1,
            False,
        ]
        cursor.execute("insert into given values (%s, %s, %s, %s, %s, %s, %s, %s)", values)
        cursor.execute("insert into given (t) values (%s)", [None])
        cursor.execute("select * from given where i = %s and t = %s", (7, "it's; -- $1"))
        assert list(cursor.fetchall()) == [values]

    def test_many_rows_come_complete_and_in_order(self, connect: Any) -> None:
        cursor = connect().cursor()
        cursor.execute("select n from wire.many order by n")
        found = [row[0] for row in cursor.fetchall()]
        assert len(found) == 4 * 2**11
        assert found == sorted(found)

    def test_an_error_has_a_code_and_fails_the_transaction(self, connect: Any) -> None:
        connection = connect()
        cursor = connection.cursor()
        with pytest.raises(redshift_connector.ProgrammingError) as raised:
            cursor.execute("select * from wire.nowhere")
        assert raised.value.args[0]["C"] == "42P01"
        assert raised.value.args[0]["M"] == 'relation "wire.nowhere" does not exist'
        with pytest.raises(redshift_connector.ProgrammingError) as raised:
            cursor.execute("select 1")
        assert raised.value.args[0]["C"] == "25P02"
        connection.rollback()
        cursor.execute("select 1")
        assert cursor.fetchone() == [1]

    def test_what_is_not_committed_is_not_there(self, connect: Any, data_api: Any) -> None:
        connection = connect()
        cursor = connection.cursor()
        cursor.execute("create table wire.uncommitted (a int)")
        assert "does not exist" in data_api.run("select * from wire.uncommitted")["Error"]
        connection.commit()
        assert data_api.rows("select count(*) from wire.uncommitted") == [(0,)]

    def test_two_statements_in_one_are_refused(self, connect: Any) -> None:
        with pytest.raises(redshift_connector.ProgrammingError, match="multiple commands"):
            connect().cursor().execute("select 1; select 2")


class TestTls:
    """Certificates are checked, and a connection without TLS works as long as require_ssl is off."""

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
    @pytest.mark.parametrize("mode", ["verify-ca", "verify-full"])
    def test_the_certificate_is_good_for_loopback(self, connect: Any, host: str, mode: str) -> None:
        cursor = connect(host=host, sslmode=mode).cursor()
        cursor.execute("select 1")
        assert cursor.fetchone() == [1]

    def test_another_authority_is_not_trusted(
        self, wire_address: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("SSL_CERT_FILE", raising=False)
        with pytest.raises(redshift_connector.InterfaceError, match="communication error"):
            redshift_connector.connect(
                host=wire_address.host,
                port=wire_address.port,
                user=wire_address.user,
                password=wire_address.password,
                database=wire_address.database,
            )

    def test_a_plain_connection_is_answered(self, libpq: Any) -> None:
        connection = libpq(sslmode="disable")
        assert connection.info.ssl_in_use is False
        cursor = connection.cursor()
        cursor.execute("select 1")
        assert cursor.fetchone() == (1,)

    def test_data_slipped_in_before_tls_ends_the_connection(self, raw_socket: socket.socket) -> None:
        raw_socket.sendall(struct.pack("!ii", 8, 80877103) + b"Q\x00\x00\x00\x0dselect 1\x00")
        received = raw_socket.recv(1)
        assert received == b"S"
        assert raw_socket.recv(100) == b""


class TestSimpleQueries:
    """What libpq sends for a text, which may hold several statements."""

    def test_text_results(self, libpq: Any) -> None:
        cursor = libpq().cursor()
        cursor.execute(
            "select 1.50::decimal(10,2), 1e20::float8, true, '2013-01-01 10:00:00.5'::timestamp, null::int"
        )
        assert cursor.fetchone() == (
            Decimal("1.50"),
            1e20,
            True,
            datetime.datetime(2013, 1, 1, 10, 0, 0, 500000),  # noqa: DTZ001
            None,
        )

    def test_an_error_undoes_every_statement_of_one_text(self, libpq: Any) -> None:
        connection = libpq()
        connection.autocommit = True
        cursor = connection.cursor()
        with pytest.raises(psycopg2.errors.UndefinedTable, match=r'relation "wire\.nowhere" does not exist'):
            cursor.execute("create table wire.together (a int); select * from wire.nowhere; select 1")
        with pytest.raises(psycopg2.errors.UndefinedTable, match=r'relation "wire\.together" does not exist'):
            cursor.execute("select * from wire.together")

    def test_begin_in_a_text_makes_the_transaction_the_clients_own(self, libpq: Any) -> None:
        connection = libpq()
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute("create temporary table kept (a int)")
        cursor.execute("insert into kept values (1); begin; insert into kept values (2)")
        assert connection.info.transaction_status == psycopg2.extensions.TRANSACTION_STATUS_INTRANS
        cursor.execute("rollback; insert into kept values (3)")
        cursor.execute("select a from kept")
        assert cursor.fetchall() == [(3,)]

    def test_an_empty_text_is_answered_as_such(self, libpq: Any) -> None:
        connection = libpq()
        connection.autocommit = True
        cursor = connection.cursor()
        with pytest.raises(psycopg2.ProgrammingError, match="can't execute an empty query"):
            cursor.execute("")
        with pytest.raises(psycopg2.ProgrammingError, match="can't execute an empty query"):
            cursor.execute(" ; -- nothing")
        cursor.execute("select 1")
        assert cursor.fetchone() == (1,)

    def test_a_syntax_error_tells_where(self, libpq: Any) -> None:
        with pytest.raises(psycopg2.errors.SyntaxError) as raised:
            libpq().cursor().execute("select 1 as a frm wire.many")
        assert raised.value.diag.statement_position == "15"

    def test_notices_arrive(self, libpq: Any) -> None:
        connection = libpq()
        connection.cursor().execute("create table if not exists wire.many (n integer)")
        assert any("already exists" in notice for notice in connection.notices)

    def test_a_setting_that_clients_know_is_reported(self, libpq: Any) -> None:
        connection = libpq(application_name="tests")
        assert connection.get_parameter_status("server_version") == "8.0.2"
        assert connection.get_parameter_status("application_name") == "tests"
        connection.cursor().execute("set application_name to 'renamed'")
        assert connection.get_parameter_status("application_name") == "renamed"

    def test_copy_from_stdin_is_refused_and_the_connection_lives(self, libpq: Any) -> None:
        connection = libpq()
        connection.autocommit = True
        cursor = connection.cursor()
        with pytest.raises(psycopg2.errors.FeatureNotSupported, match="COPY FROM STDIN is not supported"):
            cursor.execute("copy wire.many from stdin")
        cursor.execute("select 1")
        assert cursor.fetchone() == (1,)


class TestExtendedQueries:
    """Portals, pipelines and parameters whose types the server tells, as asyncpg uses them."""

    @staticmethod
    def _run(wire_address: Any, work: Callable[[Any], Any]) -> Any:
        async def go() -> Any:
            connection = await asyncpg.connect(
                host=wire_address.host,
                port=wire_address.port,
                user=wire_address.user,
                password=wire_address.password,
                database=wire_address.database,
                ssl=ssl.create_default_context(cafile=wire_address.ca_file),
                statement_cache_size=0,
            )
            try:
                return await work(connection)
            finally:
                connection.terminate()

        return asyncio.run(go())

    def test_a_portal_returns_its_rows_in_parts(self, wire_address: Any) -> None:
        async def work(connection: Any) -> list[int]:
            async with connection.transaction():
                rows = connection.cursor(
                    "select distinct n from wire.many where n <= 7 order by n", prefetch=3
                )
                return [row["n"] async for row in rows]

        assert self._run(wire_address, work) == [1, 2, 3, 4, 5, 6, 7]

    def test_statements_before_one_sync_stand_and_fall_together(self, wire_address: Any) -> None:
        async def work(connection: Any) -> int:
            await connection.execute("create temporary table pipelined (a integer not null)")
            with pytest.raises(
                asyncpg.NotNullViolationError, match="Cannot insert a NULL value into column a"
            ):
                await connection.executemany(
                    "insert into pipelined values ($1::integer)", [("1",), ("2",), (None,)]
                )
            await connection.executemany("insert into pipelined values ($1::integer)", [("3",), ("4",)])
            return [row["a"] for row in await connection.fetch("select a from pipelined order by a")]

        assert self._run(wire_address, work) == [3, 4]


class TestMessages:
    """The protocol message by message, where no driver goes."""

    @pytest.fixture
    def raw(self, raw_socket: socket.socket, wire_address: Any) -> RawClient:
        """A client that has been let in."""
        return RawClient(raw_socket, wire_address)

    def test_a_prepared_statement_notices_that_its_table_changed(self, raw: RawClient) -> None:
        raw.query("create temporary table changing (a integer)")
        raw.say(parse("kept", "select * from changing"), SYNC)
        raw.query("drop table changing")
        raw.query("create temporary table changing (a varchar(5), b integer)")
        answers = raw.say(bind("kept"), execute(), SYNC)
        assert kinds(answers) == "2EZ"
        assert b"cached plan must not change result type" in answers[1][1]

    def test_executes_before_one_sync_are_one_transaction(self, raw: RawClient) -> None:
        raw.query("create temporary table pairs (a integer not null)")
        insert, null = "insert into pairs values (1)", "insert into pairs values (null)"
        answers = raw.say(parse("", insert), bind(), execute(), parse("", null), bind(), execute(), SYNC)
        assert kinds(answers) == "12C12EZ"
        assert answers[-1][1] == b"I"
        assert raw.rows("select count(*) from pairs") == [[b"0"]]
        raw.say(parse("", insert), bind(), execute(), parse("", insert), bind(), execute(), SYNC)
        assert raw.rows("select count(*) from pairs") == [[b"2"]]

    def test_after_an_error_everything_is_skipped_until_sync(self, raw: RawClient) -> None:
        answers = raw.say(
            parse("", "select * from wire.nowhere"), bind(), execute(), parse("", "select 1"), SYNC
        )
        assert kinds(answers) == "EZ"

    def test_a_portal_is_suspended_and_goes_on(self, raw: RawClient) -> None:
        raw.query("begin")
        numbers = "select distinct n from wire.many where n <= 5 order by n"
        answers = raw.say(
            parse("", numbers), bind(portal="some"), execute("some", 2), execute("some", 2), SYNC
        )
        assert kinds(answers) == "12DDsDDsZ"
        assert answers[-1][1] == b"T"
        assert kinds(raw.say(execute("some", 2), SYNC)) == "DCZ"
        raw.query("commit")
        assert kinds(raw.say(execute("some", 2), SYNC)) == "EZ"

    def test_the_state_of_the_transaction_is_reported(self, raw: RawClient) -> None:
        states = [raw.query(sql)[-1][1] for sql in ("select 1", "begin", "selec", "select 1", "rollback")]
        assert states == [b"I", b"T", b"E", b"E", b"I"]

    def test_parameters_without_a_type_are_described_as_text(self, raw: RawClient) -> None:
        described = raw.say(
            parse("", "select $1::integer + 1, $2::varchar(3)"), b"D\x00\x00\x00\x06S\x00", SYNC
        )
        assert kinds(described) == "1tTZ"
        assert described[1][1] == struct.pack("!hii", 2, 1043, 1043)

    def test_a_wrong_number_of_parameters_is_refused(self, raw: RawClient) -> None:
        answers = raw.say(parse("", "select $1::integer"), bind(), SYNC)
        assert kinds(answers) == "1EZ"
        assert b"supplies 0 parameters" in answers[1][1]

    def test_an_unknown_message_ends_the_connection(self, raw: RawClient) -> None:
        raw.send(b"!\x00\x00\x00\x04")
        assert raw.read()[0] == b"E"
        with pytest.raises(EOFError):
            raw.read()


class TestDisconnects:
    """Cancel requests and clients that are gone."""

    def test_a_statement_can_be_cancelled(self, libpq: Any) -> None:
        connection = libpq()
        timer = threading.Timer(0.5, connection.cancel)
        timer.start()
        with pytest.raises(psycopg2.errors.QueryCanceled):
            connection.cursor().execute(ENDLESS)
        timer.join()
        connection.rollback()
        cursor = connection.cursor()
        cursor.execute("select 1")
        assert cursor.fetchone() == (1,)

    def test_a_cancel_request_with_a_wrong_key_does_nothing(self, libpq: Any, wire_address: Any) -> None:
        connection = libpq()
        pid = connection.info.backend_pid
        with closing(
            socket.create_connection((wire_address.host, wire_address.port), timeout=PATIENCE)
        ) as other:
            other.sendall(struct.pack("!iiiI", 16, 80877102, pid, 1))
            assert other.recv(1) == b""
        cursor = connection.cursor()
        cursor.execute("select 1")
        assert cursor.fetchone() == (1,)

    def test_a_client_that_vanishes_releases_its_locks(self, libpq: Any, connect: Any) -> None:
        vanishing = libpq()
        vanishing.cursor().execute(
            "create table wire.freed (a int); commit; begin; insert into wire.freed values (1)"
        )
        cut(vanishing)
        cursor = connect().cursor()
        cursor.execute("lock table wire.freed")
        cursor.execute("select count(*) from wire.freed")
        assert cursor.fetchone() == [0]

    def test_a_client_that_vanishes_during_a_statement_ends_it(self, libpq: Any, data_api: Any) -> None:
        vanishing = libpq(application_name="vanishing")
        pid = vanishing.info.backend_pid
        thread = threading.Thread(target=_ignore_errors, args=(vanishing, ENDLESS), daemon=True)
        thread.start()
        sessions = f"select count(*) from stv_sessions where process = {pid}"
        assert data_api.rows(sessions) == [(1,)]
        time.sleep(0.3)
        cut(vanishing)
        assert wait_until(lambda: data_api.rows(sessions) == [(0,)])
        thread.join(PATIENCE)


def cut(connection: Any) -> None:
    """End a connection as a cable does: without a word, and with no client left to say one."""
    with closing(socket.socket(fileno=connection.fileno())) as raw:
        raw.shutdown(socket.SHUT_RDWR)
        raw.detach()


def _ignore_errors(connection: Any, sql: str) -> None:
    try:
        connection.cursor().execute(sql)
    except psycopg2.Error:
        # The connection was cut under the statement: that is the point.
        return


class TestStrangers:
    """What is not a client of Redshift gets nothing and harms nobody."""

    @pytest.mark.parametrize(
        ("sent", "answered"),
        [
            (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", b""),
            (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b""),
            (struct.pack("!ii", 8, 0), b"unsupported frontend protocol 0.0"),
            (struct.pack("!i", -1), b""),
            (b"\x00" * 64, b""),
        ],
    )
    def test_noise_ends_the_connection(
        self, raw_socket: socket.socket, connect: Any, sent: bytes, answered: bytes
    ) -> None:
        raw_socket.sendall(sent)
        raw_socket.shutdown(socket.SHUT_WR)
        answer = b""
        while part := raw_socket.recv(1000):
            answer += part
        assert (answer[:1], answered in answer) == (b"E" if answered else b"", True)
        cursor = connect().cursor()
        cursor.execute("select 1")
        assert cursor.fetchone() == [1]

    def test_an_old_protocol_is_refused_in_words(self, raw_socket: socket.socket) -> None:
        raw_socket.sendall(struct.pack("!iI", 8, 2 << 16))
        answer = raw_socket.recv(1000)
        assert answer.startswith(b"E")
        assert b"unsupported frontend protocol 2.0" in answer

    def test_statements_before_the_password_are_not_run(self, raw_socket: socket.socket) -> None:
        body = b"user\x00interline\x00database\x00bookings\x00\x00"
        raw_socket.sendall(struct.pack("!ii", 8 + len(body), 3 << 16) + body)
        assert raw_socket.recv(9) == b"R" + struct.pack("!ii", 8, 3)
        text = b"create table public.slipped_in (a int)\x00"
        raw_socket.sendall(b"Q" + struct.pack("!i", len(text) + 4) + text)
        answer = raw_socket.recv(1000)
        assert answer.startswith(b"E")
        assert b"08P01" in answer
