"""The Redshift Data API: statements that really run, transactions that really roll back, and who may ask."""

from __future__ import annotations

import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.engines.redshift.dialect.typed import Output
from local.engines.redshift.types import BIGINT, TEXT
from local.services.redshift_data import parameters, results

ENDLESS = "select count(*) from data_api.many a, data_api.many b, data_api.many c, data_api.many d where a.n + d.n < 0"
# Arguments of two ways to ask for what is not there.
UNKNOWN = "12345678-1234-1234-1234-123456789012"


@pytest.fixture(scope="module", autouse=True)
def schema(data_api: Any) -> None:
    """Tables for the tests of this file."""
    data_api.must("create schema data_api")
    data_api.must("create table data_api.many (n integer)")
    data_api.must(
        "insert into data_api.many select 1 union all select 2 union all select 3 union all select 4"
    )
    for _ in range(10):
        data_api.must("insert into data_api.many select n + 4 from data_api.many")


def refusal(call: Any, **arguments: Any) -> tuple[str, str]:
    """Code and message of the refusal of a call."""
    with pytest.raises(ClientError) as raised:
        call(**arguments)
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


class TestStatements:
    """ExecuteStatement, DescribeStatement, GetStatementResult."""

    def test_a_query_has_a_result_and_its_description(self, data_api: Any) -> None:
        described = data_api.run("select 1 as one, 'é' as text")
        assert described["Status"] == "FINISHED"
        assert described["HasResultSet"] is True
        assert described["ResultRows"] == 1
        assert described["ResultSize"] == 3
        assert described["Duration"] > 0
        assert described["RedshiftPid"] > 0
        assert described["QueryString"] == "select 1 as one, 'é' as text"
        assert (described["ClusterIdentifier"], described["Database"], described["DbUser"]) == (
            "bookings",
            "bookings",
            "interline",
        )
        assert "Error" not in described

    def test_fields_are_typed_as_aws_types_them(self, data_api: Any) -> None:
        sql = (
            "select 1::smallint a, 2::integer b, 3::bigint c, 1.50::decimal(10,2) d, 0.5::float8 e, true f, 'x'::varchar(5)"
            " g, '2013-01-31'::date h, '2013-01-31 10:00:00'::timestamp i, '2013-01-31 10:00:00+02'::timestamptz j,"
            " null::integer k, 'y'::char(3) l"
        )
        described = data_api.must(sql)
        answer = data_api.client.get_statement_result(Id=described["Id"])
        assert answer["Records"] == [
            [
                {"longValue": 1},
                {"longValue": 2},
                {"longValue": 3},
                {"stringValue": "1.50"},
                {"doubleValue": 0.5},
                {"booleanValue": True},
                {"stringValue": "x"},
                {"stringValue": "2013-01-31"},
                {"stringValue": "2013-01-31 10:00:00"},
                {"stringValue": "2013-01-31 08:00:00+00"},
                {"isNull": True},
                {"stringValue": "y"},
            ]
        ]
        named_types = [(column["name"], column["typeName"]) for column in answer["ColumnMetadata"]]
        assert named_types == list(
            zip(
                "abcdefghijkl",
                [
                    "int2",
                    "int4",
                    "int8",
                    "numeric",
                    "float8",
                    "bool",
                    "varchar",
                    "date",
                    "timestamp",
                    "timestamptz",
                    "int4",
                    "bpchar",
                ],
                strict=True,
            )
        )
        numeric = answer["ColumnMetadata"][3]
        assert (numeric["precision"], numeric["scale"]) == (10, 2)
        assert answer["TotalNumRows"] == 1

    def test_columns_are_listed_even_without_rows(self, data_api: Any) -> None:
        described = data_api.must("select n from data_api.many limit 0")
        answer = data_api.client.get_statement_result(Id=described["Id"])
        assert [column["name"] for column in answer["ColumnMetadata"]] == ["n"]
        assert answer["Records"] == []

    def test_dml_reports_how_many_rows(self, data_api: Any) -> None:
        data_api.must("create table data_api.touched (a int)")
        described = data_api.must("insert into data_api.touched values (1), (2), (3)")
        assert (described["HasResultSet"], described["ResultRows"]) == (False, 3)
        assert data_api.must("update data_api.touched set a = 0 where a > 1")["ResultRows"] == 2

    @pytest.mark.parametrize(
        ("sql", "error"),
        [
            ("select * from data_api.nowhere", 'ERROR: relation "data_api.nowhere" does not exist'),
            ("select 1 as a frm x", 'ERROR: syntax error at or near "frm"'),
            ("select 1 / 0", "ERROR: Divide by zero"),
            ("select 1; select 2", "ERROR: cannot insert multiple commands into a prepared statement"),
            ("-- nothing", "ERROR: the statement is empty"),
        ],
    )
    def test_a_failure_says_what_redshift_says(self, data_api: Any, sql: str, error: str) -> None:
        described = data_api.run(sql)
        assert described["Status"] == "FAILED"
        assert described["Error"].startswith(error)
        code, message = refusal(data_api.client.get_statement_result, Id=described["Id"])
        assert code == "ResourceNotFoundException"
        assert "does not have result" in message

    def test_nothing_of_a_failed_statement_stays(self, data_api: Any) -> None:
        data_api.must("create table data_api.strict (a int not null)")
        assert data_api.run("insert into data_api.strict values (1), (null)")["Status"] == "FAILED"
        assert data_api.rows("select count(*) from data_api.strict") == [(0,)]

    def test_a_large_result_comes_in_pages_without_loss(self, data_api: Any) -> None:
        sql = "select n, repeat('x', 300) from data_api.many order by n"
        described = data_api.must(sql)
        first = data_api.client.get_statement_result(Id=described["Id"])
        assert "NextToken" in first
        assert first["TotalNumRows"] == 4096
        rows = data_api.rows(sql)
        assert len(rows) == 4096
        assert [row[0] for row in rows] == sorted(row[0] for row in rows)

    def test_a_token_of_somebodys_own_making_is_refused(self, data_api: Any) -> None:
        described = data_api.must("select 1")
        code, _ = refusal(data_api.client.get_statement_result, Id=described["Id"], NextToken="cGFnZTo5OTk=")
        assert code == "ValidationException"

    def test_execute_can_wait_for_the_end(self, data_api: Any) -> None:
        answer = data_api.client.execute_statement(Sql="select 1", WaitTimeSeconds=10, **data_api.place)
        assert (answer["Status"], answer["HasResultSet"]) == ("FINISHED", True)

    def test_the_same_client_token_runs_once(self, data_api: Any) -> None:
        data_api.must("create table data_api.once (a int)")
        insert = {"Sql": "insert into data_api.once values (1)", "ClientToken": "a" * 64, **data_api.place}
        first, second = (data_api.client.execute_statement(**insert)["Id"] for _ in range(2))
        assert first == second
        data_api.ended(first)
        assert data_api.rows("select count(*) from data_api.once") == [(1,)]


class TestParameters:
    """:name in the text, values as text."""

    def test_values_are_bound_not_pasted(self, data_api: Any) -> None:
        given = [{"name": "a", "value": "41"}, {"name": "b", "value": "it's :a; drop table x --"}]
        assert data_api.rows("select :a::integer + 1, :b, ':a', :a", Parameters=given) == [
            (42, "it's :a; drop table x --", ":a", "41")
        ]

    def test_a_parameter_takes_its_type_from_where_it_stands(self, data_api: Any) -> None:
        given = [{"name": "most", "value": "3"}]
        assert data_api.rows(
            "select count(distinct n) from data_api.many where n <= :most", Parameters=given
        ) == [(3,)]

    def test_an_unused_parameter_is_refused(self, data_api: Any) -> None:
        code, message = refusal(
            data_api.client.execute_statement,
            Sql="select 1",
            Parameters=[{"name": "idle", "value": "1"}],
            **data_api.place,
        )
        assert code == "ValidationException"
        assert "[idle]" in message

    def test_a_missing_parameter_is_a_syntax_error(self, data_api: Any) -> None:
        described = data_api.run("select :a, :b", Parameters=[{"name": "a", "value": "1"}])
        assert described["Status"] == "FAILED"

    def test_casts_and_literals_are_left_alone(self) -> None:
        sql = "select x::int, ':v', \"a:v\" /* :v */ from t where y = :v and z = :w -- :v"
        bound, given = parameters.bind(sql, {"v": "1", "w": "2"})
        assert bound == "select x::int, ':v', \"a:v\" /* :v */ from t where y = $1 and z = $2 -- :v"
        assert given == ["1", "2"]


class TestBatches:
    """BatchExecuteStatement: one transaction, unless told otherwise."""

    def test_every_statement_has_its_own_description_and_result(self, data_api: Any) -> None:
        described = data_api.run_batch(
            [
                "create table data_api.batch (a int)",
                "insert into data_api.batch values (7)",
                "select * from data_api.batch",
            ]
        )
        assert described["Status"] == "FINISHED"
        parts = described["SubStatements"]
        assert [part["Id"] for part in parts] == [f"{described['Id']}:{number}" for number in (1, 2, 3)]
        assert [part["HasResultSet"] for part in parts] == [False, False, True]
        assert [part["ResultRows"] for part in parts] == [-1, 1, 1]
        answer = data_api.client.get_statement_result(Id=parts[2]["Id"])
        assert answer["Records"] == [[{"longValue": 7}]]
        alone = data_api.client.describe_statement(Id=parts[1]["Id"])
        assert (alone["Status"], alone["QueryString"]) == (
            "FINISHED",
            "insert into data_api.batch values (7)",
        )

    def test_a_failure_undoes_everything_and_aborts_the_rest(self, data_api: Any) -> None:
        data_api.must("create table data_api.undone (a int)")
        described = data_api.run_batch(
            [
                "insert into data_api.undone values (1)",
                "select * from data_api.nowhere",
                "insert into data_api.undone values (2)",
            ]
        )
        assert described["Status"] == "FAILED"
        assert 'relation "data_api.nowhere" does not exist' in described["Error"]
        parts = described["SubStatements"]
        assert [part["Status"] for part in parts] == ["FINISHED", "FAILED", "ABORTED"]
        assert parts[1]["Error"] == 'ERROR: relation "data_api.nowhere" does not exist'
        assert data_api.rows("select count(*) from data_api.undone") == [(0,)]

    def test_temporary_tables_live_as_long_as_the_batch(self, data_api: Any) -> None:
        described = data_api.run_batch(
            ["create temporary table seen as select 5 as a", "select a from seen", "drop table seen"]
        )
        assert described["Status"] == "FINISHED", described.get("Error")
        assert "does not exist" in data_api.run("select a from seen")["Error"]

    def test_auto_commit_leaves_what_worked(self, data_api: Any) -> None:
        data_api.must("create table data_api.each (a int)")
        described = data_api.run_batch(
            [
                "insert into data_api.each values (1)",
                "insert into data_api.each values ('x')",
                "insert into data_api.each values (3)",
            ],
            ExecutionMode="AUTO_COMMIT",
        )
        assert [part["Status"] for part in described["SubStatements"]] == ["FINISHED", "FAILED", "FINISHED"]
        assert described["Status"] == "FAILED"
        assert data_api.rows("select a from data_api.each order by a") == [(1,), (3,)]

    def test_a_batch_cannot_end_its_own_transaction(self, data_api: Any) -> None:
        data_api.must("create table data_api.held (a int)")
        described = data_api.run_batch(
            ["insert into data_api.held values (1)", "commit", "select * from nowhere"]
        )
        assert described["Status"] == "FAILED"
        assert "COMMIT in a batch" in described["Error"]
        assert data_api.rows("select count(*) from data_api.held") == [(0,)]

    def test_a_batch_has_a_largest_size(self, data_api: Any) -> None:
        code, _ = refusal(data_api.client.batch_execute_statement, Sqls=["select 1"] * 41, **data_api.place)
        assert code == "ValidationException"


class TestCancelling:
    """CancelStatement."""

    def test_a_running_statement_is_aborted(self, data_api: Any) -> None:
        submitted = data_api.client.execute_statement(Sql=ENDLESS, **data_api.place)
        deadline = time.monotonic() + 20
        while data_api.client.describe_statement(Id=submitted["Id"])["Status"] != "STARTED":
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert data_api.client.cancel_statement(Id=submitted["Id"])["Status"] is True
        assert data_api.ended(submitted["Id"])["Status"] == "ABORTED"

    def test_a_cancelled_batch_leaves_nothing(self, data_api: Any) -> None:
        data_api.must("create table data_api.cancelled (a int)")
        submitted = data_api.client.batch_execute_statement(
            Sqls=["insert into data_api.cancelled values (1)", ENDLESS, "select 1"], **data_api.place
        )
        time.sleep(0.5)
        data_api.client.cancel_statement(Id=submitted["Id"])
        described = data_api.ended(submitted["Id"])
        assert described["Status"] == "ABORTED"
        assert [part["Status"] for part in described["SubStatements"]][1:] == ["ABORTED", "ABORTED"]
        assert data_api.rows("select count(*) from data_api.cancelled") == [(0,)]

    def test_what_has_ended_cannot_be_cancelled(self, data_api: Any) -> None:
        described = data_api.must("select 1")
        code, message = refusal(data_api.client.cancel_statement, Id=described["Id"])
        assert code == "ValidationException"
        assert "already in FINISHED state" in message


class TestListing:
    """ListStatements."""

    def test_finished_ones_newest_first_and_by_name(self, data_api: Any) -> None:
        for number in range(3):
            data_api.must(f"select {number}", StatementName="listed")
        data_api.run("select broken from", StatementName="listed")
        listed = data_api.client.list_statements(StatementName="listed")["Statements"]
        assert [each["QueryString"] for each in listed] == ["select 2", "select 1", "select 0"]
        failed = data_api.client.list_statements(StatementName="listed", Status="FAILED")["Statements"]
        assert [each["QueryString"] for each in failed] == ["select broken from"]

    def test_pages_list_every_statement_once(self, data_api: Any) -> None:
        for number in range(5):
            data_api.must(f"select {number}", StatementName="paged")
        pages = data_api.client.get_paginator("list_statements").paginate(
            StatementName="paged", PaginationConfig={"PageSize": 2}
        )
        found = [each["QueryString"] for page in pages for each in page["Statements"]]
        assert found == [f"select {number}" for number in (4, 3, 2, 1, 0)]


class TestWhoMayAsk:
    """Statements belong to the role that ran them; a database user must be allowed by IAM."""

    def test_another_role_does_not_see_a_statement(self, data_api: Any, local_aws: Any) -> None:
        described = data_api.must("select 'secret'")
        other = local_aws.client("redshift-data", "shopping")
        for call in (other.describe_statement, other.get_statement_result, other.cancel_statement):
            code, _ = refusal(call, Id=described["Id"])
            assert code == "ResourceNotFoundException"
        assert described["Id"] not in [
            each["Id"] for each in other.list_statements(Status="ALL")["Statements"]
        ]

    def test_another_domains_cluster_is_denied(self, data_api: Any) -> None:
        code, _ = refusal(
            data_api.client.execute_statement,
            ClusterIdentifier="shopping",
            Database="shopping",
            DbUser="interline",
            Sql="select 1",
        )
        assert code == "AccessDeniedException"

    def test_a_database_user_not_allowed_by_iam_is_denied(self, data_api: Any) -> None:
        place = data_api.place | {"DbUser": "rdsdb"}
        code, message = refusal(data_api.client.execute_statement, Sql="select 1", **place)
        assert code == "AccessDeniedException"
        assert "redshift:GetClusterCredentials" in message

    def test_without_a_user_iam_must_allow_the_role(self, data_api: Any) -> None:
        place = {"ClusterIdentifier": "bookings", "Database": "bookings"}
        code, message = refusal(data_api.client.execute_statement, Sql="select 1", **place)
        assert code == "AccessDeniedException"
        assert "redshift:GetClusterCredentialsWithIAM" in message

    def test_a_cluster_not_allowed_by_iam_is_denied(self, data_api: Any) -> None:
        """Also one that is not there: IAM comes first, and no role may ask for every cluster."""
        code, message = refusal(
            data_api.client.execute_statement,
            ClusterIdentifier="nowhere",
            Database="bookings",
            DbUser="interline",
            Sql="select 1",
        )
        assert code == "AccessDeniedException"
        assert "cluster:nowhere" in message

    def test_an_unknown_statement(self, data_api: Any) -> None:
        for identifier in (UNKNOWN, f"{UNKNOWN}:1", data_api.must("select 1")["Id"] + ":2"):
            code, _ = refusal(data_api.client.describe_statement, Id=identifier)
            assert code == "ResourceNotFoundException"
        code, _ = refusal(data_api.client.describe_statement, Id="no-such-form")
        assert code == "ValidationException"


class TestRefusals:
    """What the local Data API does not do, it does not pretend."""

    @pytest.mark.parametrize(
        "extra",
        [
            {"SecretArn": "arn:aws:secretsmanager:us-east-1:222222222222:secret:x"},
            {"WithEvent": True},
            {"SessionKeepAliveSeconds": 60},
            {"ResultFormat": "CSV"},
        ],
    )
    def test_arguments(self, data_api: Any, extra: dict[str, Any]) -> None:
        code, message = refusal(data_api.client.execute_statement, Sql="select 1", **data_api.place, **extra)
        assert code == "UnknownOperationException"
        assert "docs/local-aws.md" in message

    def test_operations(self, data_api: Any) -> None:
        code, message = refusal(
            data_api.client.list_databases, ClusterIdentifier="bookings", Database="bookings"
        )
        assert code == "UnknownOperationException"
        assert "redshift-data:ListDatabases: the local AWS does not implement it" in message

    def test_a_statement_has_a_longest_text(self, data_api: Any) -> None:
        code, _ = refusal(data_api.client.execute_statement, Sql=f"select '{'x' * 102400}'", **data_api.place)
        assert code == "ValidationException"


def test_one_row_larger_than_a_page_is_a_page() -> None:
    columns = (Output("n", BIGINT), Output("text", TEXT))
    rows = [(number, "x" * (results.PAGE_BYTES + 1)) for number in range(3)]
    seen, position = [], 0
    while position < len(rows):
        records, position = results.page(columns, rows, position)
        seen.append([record[0]["longValue"] for record in records])
    assert seen == [[0], [1], [2]]
