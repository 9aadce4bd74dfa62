"""Sessions of one cluster beside each other: transactions, locks, temporary tables, settings, cancelling."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from local.engines.redshift.cluster import Cluster
from local.engines.redshift.errors import SqlError
from local.engines.redshift.session import Session
from local.engines.redshift.types import INTEGER

WAIT_SECONDS = 20


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    cluster = Cluster("222222222222", "bookings", "bookings", "interline")
    yield cluster
    cluster.close()


@pytest.fixture
def session(cluster: Cluster) -> Session:
    return cluster.session("interline")


@pytest.fixture
def other(cluster: Cluster) -> Session:
    return cluster.session("interline")


@pytest.fixture
def aside() -> Iterator[Callable[..., Future[Any]]]:
    """Run something in another thread."""
    with ThreadPoolExecutor(max_workers=4) as pool:
        yield pool.submit


def rows(session: Session, sql: str) -> list[tuple[Any, ...]]:
    return session.execute(sql).rows


def refused(session: Session, sql: str) -> SqlError:
    with pytest.raises(SqlError) as caught:
        session.execute(sql)
    return caught.value


def test_others_see_a_transaction_only_when_it_is_committed(session: Session, other: Session) -> None:
    session.execute("create table t (a int); insert into t values (1)")
    session.execute("begin; insert into t values (2); create table u (a int)")
    assert rows(other, "select count(*) from t") == [(1,)]
    assert refused(other, "select * from u").sqlstate == "42P01"
    session.execute("commit")
    assert rows(other, "select count(*) from t") == [(2,)]
    assert rows(other, "select count(*) from u") == [(0,)]


def test_a_transaction_reads_the_state_of_its_beginning(session: Session, other: Session) -> None:
    session.execute("create table t (a int); insert into t values (1)")
    session.execute("begin; select count(*) from t")
    other.execute("insert into t values (2)")
    assert rows(session, "select count(*) from t") == [(1,)]
    session.execute("commit")
    assert rows(session, "select count(*) from t") == [(2,)]


def test_a_second_writer_waits_for_the_first(
    session: Session, other: Session, aside: Callable[..., Future[Any]]
) -> None:
    session.execute("create table t (a int); begin; insert into t values (1)")
    waiting = aside(other.execute, "insert into t values (2)")
    with pytest.raises(TimeoutError):
        waiting.result(timeout=0.5)
    session.execute("commit")
    assert waiting.result(timeout=WAIT_SECONDS).count == 1
    assert rows(session, "select sum(a) from t") == [(3,)]


def test_readers_never_wait(session: Session, other: Session) -> None:
    session.execute("create table t (a int); begin; delete from t; drop table t")
    assert rows(other, "select count(*) from t") == [(0,)]
    session.execute("rollback")


def test_updating_a_row_changed_meanwhile_is_a_conflict(session: Session, other: Session) -> None:
    session.execute("create table t (a int); insert into t values (1)")
    session.execute("begin; select * from t")
    other.execute("update t set a = 2")
    error = refused(session, "update t set a = 3")
    assert error.sqlstate == "40001"
    assert "conflict with concurrent transaction" in error.message
    session.execute("rollback")
    assert rows(session, "select a from t") == [(2,)]


def test_waiting_for_each_other_is_a_deadlock_for_one(
    session: Session, other: Session, aside: Callable[..., Future[Any]]
) -> None:
    session.execute("create table t (a int); create table u (a int)")
    session.execute("begin; insert into t values (1)")
    other.execute("begin; insert into u values (1)")
    waiting = aside(session.execute, "insert into u values (2)")
    with pytest.raises(TimeoutError):
        waiting.result(timeout=0.5)
    assert refused(other, "insert into t values (2)").sqlstate == "40P01"
    other.execute("rollback")
    assert waiting.result(timeout=WAIT_SECONDS).count == 1
    session.execute("commit")
    assert rows(session, "select (select count(*) from t), (select count(*) from u)") == [(1, 1)]


def test_two_sessions_may_create_one_schema_if_not_exists(
    cluster: Cluster, aside: Callable[..., Future[Any]]
) -> None:
    start = threading.Barrier(4)

    def create() -> str:
        session = cluster.session("interline")
        start.wait(WAIT_SECONDS)
        for statement in ("begin", "create schema if not exists s", "commit"):
            session.execute(statement)
        return session.state

    assert [each.result(WAIT_SECONDS) for each in [aside(create) for _ in range(4)]] == ["I"] * 4


def test_many_sessions_build_tables_at_once(cluster: Cluster, aside: Callable[..., Future[Any]]) -> None:
    """What two dbt processes with several threads do: build beside, rename, drop."""

    def build(name: str) -> int:
        session = cluster.session("interline")
        for turn in range(5):
            session.execute("begin")
            session.execute(f"create table {name}__new as select {turn} as turn")
            session.execute(f"drop table if exists {name}")
            session.execute(f"alter table {name}__new rename to {name}")
            session.execute("commit")
        return int(rows(session, f"select turn from {name}")[0][0])

    assert [each.result(60) for each in [aside(build, f"t{number}") for number in range(4)]] == [4] * 4


def test_temporary_tables_belong_to_their_session(session: Session, other: Session) -> None:
    session.execute("create temp table t (a int); insert into t values (1)")
    assert refused(other, "select * from t").sqlstate == "42P01"
    other.execute("create temp table t (b int)")
    assert rows(session, "select a from t") == [(1,)]
    assert rows(session, "select column_name from information_schema.columns where table_name = 't'") == [
        ("a",)
    ]


def test_a_temporary_table_is_rolled_back(session: Session) -> None:
    session.execute("begin; create temp table t (a int); rollback")
    assert refused(session, "select * from t").sqlstate == "42P01"
    session.execute("create temp table t (a int)")
    assert rows(session, "select count(*) from t") == [(0,)]


def test_a_statement_that_fails_alone_leaves_nothing(session: Session) -> None:
    session.execute("create table t (a int)")
    assert (
        refused(session, "create table u as select 1 / a as a from (select 0 as a) as z").sqlstate == "22012"
    )
    assert refused(session, "select * from u").sqlstate == "42P01"
    assert session.state == "I"


def test_cancelling_ends_a_running_query(session: Session, aside: Callable[..., Future[Any]]) -> None:
    session.execute(
        "create table t (a int); insert into t values (1), (2), (3), (4), (5), (6), (7), (8), (9), (10)"
    )
    for _ in range(2):
        session.execute("insert into t select t.a from t, t as u")
    many = aside(session.execute, "select count(*) from t a, t b, t c where a.a + b.a + c.a = -1")
    with pytest.raises(TimeoutError):
        many.result(timeout=0.5)
    session.cancel()
    with pytest.raises(SqlError) as caught:
        many.result(timeout=WAIT_SECONDS)
    assert caught.value.sqlstate == "57014"
    assert rows(session, "select 1") == [(1,)]


def test_a_statement_ends_at_its_timeout(session: Session) -> None:
    session.execute(
        "create table t (a int); insert into t values (1), (2), (3), (4), (5), (6), (7), (8), (9), (10)"
    )
    for _ in range(2):
        session.execute("insert into t select t.a from t, t as u")
    session.execute("set statement_timeout to 300")
    error = refused(session, "select count(*) from t a, t b, t c where a.a + b.a + c.a = -1")
    assert (error.sqlstate, error.message) == (
        "57014",
        "Query cancelled on user's request: statement timeout",
    )
    session.execute("set statement_timeout to 0")
    assert rows(session, "select 1") == [(1,)]


def test_one_session_may_end_another(
    session: Session, other: Session, aside: Callable[..., Future[Any]]
) -> None:
    session.execute("create table t (a int); begin; insert into t values (1)")
    waiting = aside(other.execute, "insert into t values (2)")
    with pytest.raises(TimeoutError):
        waiting.result(timeout=0.5)
    assert rows(session, f"select pg_terminate_backend({other.pid})") == [(True,)]
    with pytest.raises(SqlError) as caught:
        waiting.result(timeout=WAIT_SECONDS)
    assert caught.value.sqlstate == "57014"
    session.execute("commit")


def test_settings_come_back_after_a_rollback(session: Session) -> None:
    session.execute("create schema s; create table s.t (a int); insert into s.t values (7)")
    session.execute("begin; set search_path to s")
    assert rows(session, "select a from t") == [(7,)]
    session.execute("rollback")
    assert refused(session, "select a from t").sqlstate == "42P01"
    session.execute("set search_path to s, public")
    assert rows(session, "show search_path") == [("s, public",)]
    assert rows(session, "select current_schema()") == [("s",)]


def test_a_setting_that_does_not_exist(session: Session) -> None:
    assert refused(session, "set memory_limit to '1GB'").sqlstate == "42704"
    assert refused(session, "set enable_case_sensitive_identifier to true").sqlstate == "0A000"


def test_parameters_take_their_type_from_where_they_stand(session: Session) -> None:
    session.execute("create table t (a int, b varchar(5), c date)")
    result = session.execute("insert into t values ($1, $2, $3)", ["5", "x", "2024-01-31"])
    assert result.count == 1
    found = session.execute(
        "select a + $1, b from t where c = $2 and a = $3", [1, "2024-01-31", "5"], [INTEGER]
    )
    assert found.rows == [(6, "x")]


def test_many_parameters(session: Session) -> None:
    """dbt's seeds bind thousands of values to one statement."""
    session.execute("create table t (a int, b varchar(10))")
    places = ", ".join(f"(${2 * row + 1}, ${2 * row + 2})" for row in range(500))
    values = [value for row in range(500) for value in (str(row), f"r{row}")]
    assert session.execute(f"insert into t values {places}", values).count == 500
    assert rows(session, "select sum(a), count(distinct b) from t") == [(124750, 500)]


def test_a_prepared_query_follows_the_catalog(session: Session) -> None:
    from local.engines.redshift.dialect.reading import statements

    session.execute("create table t (a int); insert into t values (1)")
    plan = session.prepare(statements("select a from t")[0])
    assert session.run(plan).rows == [(1,)]
    session.execute("drop table t; create table t (a int); insert into t values (2)")
    assert session.run(plan).rows == [(2,)]


def test_a_closed_session_releases_its_locks(session: Session, other: Session) -> None:
    session.execute("create table t (a int); begin; insert into t values (1)")
    session.close()
    assert other.execute("insert into t values (2)").count == 1
    assert rows(other, "select a from t") == [(2,)]


def test_the_same_text_means_each_session_s_own_temporary_table(session: Session, other: Session) -> None:
    for one, value in ((session, 1), (other, 2)):
        one.execute(f"create temp table stage as select {value} as a")
    assert rows(session, "select a from stage") == [(1,)]
    assert rows(other, "select a from stage") == [(2,)]


def test_clusters_do_not_share_what_a_text_means(cluster: Cluster, session: Session) -> None:
    second = Cluster("333333333333", "shopping", "shopping", "interline")
    try:
        elsewhere = second.session("interline")
        session.execute("create table t (a int); insert into t values (1)")
        elsewhere.execute("create table t (b varchar(3)); insert into t values ('x')")
        assert rows(session, "select * from t") == [(1,)]
        assert rows(elsewhere, "select * from t") == [("x",)]
    finally:
        second.close()
