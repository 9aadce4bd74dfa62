"""Athena speaks Trino: what Trino gives, what it refuses, and what clients see of a query."""

from __future__ import annotations

import json
import time
import uuid

import pytest
from botocore.exceptions import ClientError

from local.engines.errors import QueryError
from local.services.athena import statements
from local.services.athena.binding import Session

ONE = "loyalty"


@pytest.fixture
def run(bench):
    """A function that runs a statement without a server and gives its rows."""

    def run_statement(sql: str) -> list[list[str | None]]:
        session = Session(bench.caller, bench.account, bench.database)
        return statements.run(statements.read(sql), session, lambda _: None, bench.location).rows

    return run_statement


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("5 / 2", "2"),
        ("-5 / 2", "-2"),
        ("5 / 2e0", "2.5"),
        ("1e0 / 0", "Infinity"),
        ("5 % 3", "2"),
        ("mod(-5, 3)", "-2"),
        ("decimal '10.50' + decimal '0.5'", "11.00"),
        ("cast('10.50' AS decimal)", "11"),
        ("cast('10.50' AS decimal(10, 1))", "10.5"),
        ("1e10", "1.0E10"),
        ("1e-4", "1.0E-4"),
        ("0.1e0 + 0.2e0", "0.30000000000000004"),
        ("cast(2.5e0 AS integer)", "3"),
        ("cast(3.5e0 AS integer)", "4"),
        ("cast('7' AS bigint) + 1", "8"),
        ("try_cast('x' AS integer)", None),
        ("try_cast('2013-13-01' AS date)", None),
        ("cast(true AS varchar)", "true"),
        ("cast(timestamp '2013-01-01 00:00:00' AS varchar)", "2013-01-01 00:00:00.000"),
        ("cast('abcdef' AS varchar(3))", "abc"),
        ("'a' || NULL", None),
        ("concat('a', NULL, 'b')", None),
        ("concat_ws(',', 'a', NULL, 'b')", "a,b"),
        ("greatest(1, NULL)", None),
        ("least(3, 2)", "2"),
        ("coalesce(NULL, 'x')", "x"),
        ("if(1 > 2, 'a')", None),
        ("nullif(1, 1)", None),
        ("(1, null) = (1, null)", None),
        ("(1, null) = (2, null)", "false"),
        ("(1, null) <> (2, null)", "true"),
        ("(1, 2) IN ((1, null), (1, 2))", "true"),
        ("(1, 3) NOT IN ((1, null), (1, 2))", None),
        ("length('Zürich')", "6"),
        ("substr('abcdef', -2)", "ef"),
        ("substr('abcdef', 0)", ""),
        ("split_part('a,b', ',', 2)", "b"),
        ("split_part('a,b', ',', 3)", None),
        ("regexp_like('abc', 'b')", "true"),
        ("regexp_extract('flight AA12', '[A-Z]{2}(\\d+)', 1)", "12"),
        ("regexp_extract('x', 'y')", None),
        ("regexp_replace('a1b2', '(\\d)', '<$1>')", "a<1>b<2>"),
        ("strpos('abc', 'c')", "3"),
        ("lpad('7', 3, '0')", "007"),
        ("to_hex(md5(to_utf8('a')))", "0CC175B9C0F1B6A831C399E269772661"),
        ("json_extract_scalar('{\"a\": {\"b\": 1}}', '$.a.b')", "1"),
        ("json_extract_scalar('{\"a\": {\"b\": 1}}', '$.a')", None),
        ("date '2013-01-31' + interval '1' month", "2013-02-28"),
        ("date_add('day', 1, date '2013-01-01')", "2013-01-02"),
        ("date_add('quarter', 1, date '2013-01-01')", "2013-04-01"),
        ("date_diff('day', timestamp '2013-01-01 12:00:00', timestamp '2013-01-02 11:00:00')", "0"),
        ("date_diff('month', date '2013-01-15', date '2013-02-14')", "0"),
        ("date_trunc('month', date '2013-01-15')", "2013-01-01"),
        ("date_format(timestamp '2013-01-02 03:04:05', '%Y/%m/%d %H:%i')", "2013/01/02 03:04"),
        ("date_parse('2013-01-02 03', '%Y-%m-%d %H')", "2013-01-02 03:00:00.000"),
        ("day_of_week(date '2013-01-06')", "7"),
        ("extract(dow FROM date '2013-01-06')", "7"),
        ("week(date '2013-01-01')", "1"),
        ("year(date '2013-01-01')", "2013"),
        ("from_unixtime(0)", "1970-01-01 00:00:00.000 UTC"),
        ("to_unixtime(timestamp '1970-01-01 00:00:01')", "1.0"),
        ("array[1, 2][2]", "2"),
        ("cardinality(array[1, 2])", "2"),
        ("element_at(array[1, 2], 5)", None),
        ("transform(array[1, 2], x -> x + 1)", "[2, 3]"),
        ("contains(array[1, 2], 2)", "true"),
        ("round(2.5e0)", "3.0"),
        ("1 IS DISTINCT FROM NULL", "true"),
        ("CASE WHEN 1 = 2 THEN 'a' ELSE 'b' END", "b"),
    ],
)
def test_expressions_return_what_trino_returns(run, expression, expected):
    assert run(f"SELECT {expression}") == [[expected]]


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        (
            "SELECT strftime(date '2013-01-01', '%Y')",
            "FUNCTION_NOT_FOUND: Function 'strftime' not registered",
        ),
        ("SELECT abs(list_sum(array[1]))", "FUNCTION_NOT_FOUND: Function 'list_sum'"),
        ("SELECT read_parquet('/etc/passwd')", "FUNCTION_NOT_FOUND"),
        ("SELECT * FROM read_csv('/etc/passwd')", "NOT_SUPPORTED: a table function"),
        ("SELECT a FROM (VALUES 1) t(a) GROUP BY ALL", "GROUP BY ALL"),
        ("SELECT * EXCLUDE (a) FROM (VALUES 1) t(a)", "EXCLUDE"),
        ("SELECT 'a' ILIKE 'A'", "ILike"),
        ("SELECT DISTINCT ON (a) a FROM (VALUES 1) t(a)", "DISTINCT ON"),
        ("SELECT * FROM (VALUES 1) t(a) ANTI JOIN (VALUES 1) u(a) ON t.a = u.a", "ANTI"),
        ("SELECT 1 = '1'", "TYPE_MISMATCH: Cannot apply operator"),
        ("SELECT lower('A') = 1", "TYPE_MISMATCH"),
        ("SELECT 'a' || 1", "TYPE_MISMATCH"),
        ("SELECT '1' + 1", "TYPE_MISMATCH"),
        ("SELECT CASE WHEN true THEN 1 ELSE 'a' END", "TYPE_MISMATCH"),
        ("SELECT coalesce(1, 'a')", "TYPE_MISMATCH"),
        ("SELECT year('2013-01-01')", "TYPE_MISMATCH"),
        ("SELECT lower(5)", "TYPE_MISMATCH"),
        ("SELECT date_diff('day', '2013-01-01', date '2013-01-02')", "TYPE_MISMATCH"),
        ("SELECT lower(a) AS n FROM (SELECT 'x' AS a) t GROUP BY n", "COLUMN_NOT_FOUND"),
        ("SELECT n FROM (SELECT a AS n FROM (SELECT 1 AS a) x WHERE n > 1) y", "COLUMN_NOT_FOUND"),
        ("SELECT a AS b, b + 1 FROM (SELECT 1 AS a) t", "COLUMN_NOT_FOUND"),
        ("SELECT cast('1.5' AS integer)", "INVALID_CAST_ARGUMENT"),
        ("SELECT cast('yes' AS boolean)", "INVALID_CAST_ARGUMENT"),
        ("SELECT date '2013/01/01'", "INVALID_LITERAL"),
        ("SELECT 1 / 0", "DIVISION_BY_ZERO"),
        ("SELECT array[1][2]", "INVALID_FUNCTION_ARGUMENT: Array subscript out of bounds"),
        ("SELECT 1.5 / 2", "NOT_SUPPORTED: division of decimals"),
        ("SELECT nobody", "COLUMN_NOT_FOUND: Column 'nobody' cannot be resolved"),
        (
            "SELECT * FROM nothing",
            "TABLE_NOT_FOUND: Table 'awsdatacatalog.bench.nothing' does not exist",
        ),
        ("SELECT * FROM no_such.nothing", "SCHEMA_NOT_FOUND"),
        ("SELECT * FROM other.bench.nothing", "CATALOG_NOT_FOUND"),
        ("SELECT a, count(*) FROM (VALUES (1, 2)) t(a, b) GROUP BY b", "EXPRESSION_NOT_AGGREGATE"),
        ("SELECT row_number()", "MISSING_OVER"),
        ("SELECT date_add('fortnight', 1, date '2013-01-01')", "INVALID_FUNCTION_ARGUMENT"),
        ("DELETE FROM nothing", "TABLE_NOT_FOUND: Table 'awsdatacatalog.bench.nothing' does not exist"),
        ("WITH c AS (SELECT 1 AS a) DELETE FROM nothing", "SYNTAX_ERROR: mismatched input 'DELETE'"),
        ("VACUUM nothing", "NOT_SUPPORTED: VACUUM"),
        ("EXPLAIN SELECT 1", "NOT_SUPPORTED: EXPLAIN"),
    ],
)
def test_what_trino_does_not_have_fails_in_athenas_words(run, sql, message):
    with pytest.raises(QueryError) as failed:
        run(sql)
    assert message in str(failed.value)


@pytest.mark.parametrize(
    "sql",
    [
        "selec nonsense",
        "SELECT 1::varchar",
        "SELECT [1, 2]",
        "SELECT {'a': 1}",
        "FROM t",
        "SELECT a FROM t LIMIT 1 OFFSET 1",
        "SELECT 1; SELECT 2",
        "SELECT 2 ** 3",
        "SELECT",
        "SELECT * FROM '/etc/passwd'",
        ";",
    ],
)
def test_what_is_no_sql_is_refused_at_once(lake, sql):
    with pytest.raises(ClientError, match="InvalidRequestException"):
        lake.query(ONE, sql)


def test_output_columns_have_trinos_names_and_types(lake):
    outcome = lake.query(
        ONE,
        "SELECT count(*), sum(a) AS Total, a, 'x', cast(a AS decimal(10, 2)) AS d, date '2013-01-01' AS day, "
        "avg(a) FROM (VALUES 1, 2) t(a) GROUP BY a ORDER BY a DESC",
    )
    assert outcome.columns == ["_col0", "total", "a", "_col3", "d", "day", "_col6"]
    assert outcome.types == ["bigint", "bigint", "integer", "varchar", "decimal", "date", "double"]
    assert outcome.rows[0] == ("1", "2", "2", "x", "2.00", "2013-01-01", "2.0")


def test_nulls_come_last_both_ways(lake):
    values = "(VALUES 2, NULL, 1) t(a)"
    assert [one for (one,) in lake.rows(ONE, f"SELECT a FROM {values} ORDER BY a")] == ["1", "2", None]
    assert [one for (one,) in lake.rows(ONE, f"SELECT a FROM {values} ORDER BY a DESC")] == ["2", "1", None]


def test_windows_joins_ctes_and_set_operations(lake):
    sql = """
        WITH sales (day, route, seats) AS (
            VALUES (date '2013-01-01', 'JFK-LAX', 3), (date '2013-01-01', 'JFK-SFO', 5), (date '2013-01-02', 'JFK-LAX', 7)
        ),
        best AS (
            SELECT day, route, row_number() OVER (PARTITION BY day ORDER BY seats DESC) AS place,
                   sum(seats) OVER (ORDER BY day, route ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running
            FROM sales
        )
        SELECT s.route, b.running FROM best b JOIN sales s ON s.day = b.day AND s.route = b.route WHERE b.place = 1
        UNION ALL SELECT 'all', count(*) FROM sales
        ORDER BY 2
    """
    assert lake.rows(ONE, sql) == [("all", "3"), ("JFK-SFO", "8"), ("JFK-LAX", "15")]


def test_unnest(lake):
    sql = "SELECT t.id, u.tag, u.n FROM (VALUES (1, array['a', 'b'])) t(id, tags) CROSS JOIN UNNEST(t.tags) WITH ORDINALITY AS u(tag, n) ORDER BY 3"
    assert lake.rows(ONE, sql) == [("1", "a", "1"), ("1", "b", "2")]


def test_execution_parameters(lake):
    sql = "SELECT a FROM (VALUES (1, 'x'), (2, 'it''s')) t(a, b) WHERE b = ? AND a > ? LIMIT 5"
    outcome = lake.query(ONE, sql, ExecutionParameters=["'it''s'", "1"])
    assert outcome.rows == [("2",)]
    assert outcome.execution["ExecutionParameters"] == ["'it''s'", "1"]
    for wrong in (["'x'"], ["'x'", "1", "2"], ["'x'", "(SELECT 1)"], ["'x'", "a"]):
        reason = lake.query(ONE, sql, ExecutionParameters=wrong)
        assert reason.state == "FAILED"
        assert "INVALID_PARAMETER_USAGE" in reason.reason


def test_a_result_lies_in_s3_as_csv_and_is_paged(lake, local_aws):
    outcome = lake.query(
        ONE, "SELECT a, CASE WHEN a > 1 THEN 'say \"hi\", you' END AS b FROM (VALUES 1, 2, 3) t(a) ORDER BY a"
    )
    location = outcome.execution["ResultConfiguration"]["OutputLocation"]
    identifier = outcome.execution["QueryExecutionId"]
    assert location == f"s3://loyalty-artifacts/athena/{identifier}.csv"
    body = (
        local_aws.client("s3", ONE)
        .get_object(Bucket="loyalty-artifacts", Key=f"athena/{identifier}.csv")["Body"]
        .read()
    )
    assert body == b'"a","b"\n"1",\n"2","say ""hi"", you"\n"3","say ""hi"", you"\n'
    athena = local_aws.client("athena", ONE)
    first = athena.get_query_results(QueryExecutionId=identifier, MaxResults=2)
    assert len(first["ResultSet"]["Rows"]) == 2
    rest = athena.get_query_results(QueryExecutionId=identifier, NextToken=first["NextToken"])
    assert len(rest["ResultSet"]["Rows"]) == 2
    assert "NextToken" not in rest


def test_who_decides_where_results_go(lake, local_aws):
    outcome = lake.query(
        ONE, "SELECT 1", ResultConfiguration={"OutputLocation": "s3://loyalty-curated/elsewhere/"}
    )
    assert outcome.execution["ResultConfiguration"]["OutputLocation"].startswith(
        "s3://loyalty-artifacts/athena/"
    )
    with pytest.raises(ClientError, match="AccessDenied"):
        local_aws.client("athena", ONE).start_query_execution(QueryString="SELECT 1")


def test_the_same_request_token_is_the_same_query(local_aws):
    athena, token = local_aws.client("athena", ONE), uuid.uuid4().hex
    first = athena.start_query_execution(QueryString="SELECT 1", WorkGroup=ONE, ClientRequestToken=token)
    assert (
        athena.start_query_execution(QueryString="SELECT 1", WorkGroup=ONE, ClientRequestToken=token)[
            "QueryExecutionId"
        ]
        == first["QueryExecutionId"]
    )
    with pytest.raises(ClientError, match="Idempotent"):
        athena.start_query_execution(QueryString="SELECT 2", WorkGroup=ONE, ClientRequestToken=token)


def test_a_running_query_can_be_stopped(local_aws):
    athena = local_aws.client("athena", ONE)
    endless = "SELECT count(*) FROM UNNEST(sequence(1, 100000)) a(x) CROSS JOIN UNNEST(sequence(1, 100000)) b(y) WHERE x * y = 7"
    identifier = athena.start_query_execution(QueryString=endless, WorkGroup=ONE)["QueryExecutionId"]
    with pytest.raises(ClientError, match="Query has not yet finished"):
        athena.get_query_results(QueryExecutionId=identifier)
    time.sleep(0.3)
    athena.stop_query_execution(QueryExecutionId=identifier)
    deadline = time.monotonic() + 20
    while (
        state := athena.get_query_execution(QueryExecutionId=identifier)["QueryExecution"]["Status"]["State"]
    ) in ("QUEUED", "RUNNING"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert state == "CANCELLED"


def test_hive_tables_are_created_filled_repaired_and_dropped(lake, local_aws, name):
    location = f"s3://loyalty-curated/{name}/"
    lake.rows(
        ONE,
        f"CREATE EXTERNAL TABLE {name} (id int COMMENT 'the id', tags array<string>) PARTITIONED BY (dt string) "
        f"ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' LOCATION '{location}' TBLPROPERTIES ('owner'='tests')",
    )
    assert "TABLE_ALREADY_EXISTS" in lake.refusal(
        ONE, f"CREATE EXTERNAL TABLE {name} (id int) LOCATION '{location}'"
    )
    s3 = local_aws.client("s3", ONE)
    for day in ("2013-01-01", "2013-01-02"):
        s3.put_object(
            Bucket="loyalty-curated",
            Key=f"{name}/dt={day}/a.json",
            Body=json.dumps({"id": int(day[-1])}).encode(),
        )
    assert lake.rows(ONE, f"SELECT * FROM {name}") == []
    repaired = lake.rows(ONE, f"MSCK REPAIR TABLE {name}")
    assert (f"Repair: Added partition to metastore {name}:dt=2013-01-01",) in repaired
    assert lake.rows(ONE, f"SHOW PARTITIONS {name}") == [("dt=2013-01-01",), ("dt=2013-01-02",)]
    lake.rows(ONE, f"ALTER TABLE {name} DROP PARTITION (dt = '2013-01-01')")
    lake.rows(
        ONE,
        f"ALTER TABLE {name} ADD IF NOT EXISTS PARTITION (dt = '2013-01-02') PARTITION (dt = 'x') LOCATION '{location}dt=2013-01-01/'",
    )
    assert lake.rows(ONE, f"SELECT id, dt FROM {name} ORDER BY id") == [("1", "x"), ("2", "2013-01-02")]
    lake.rows(ONE, f"INSERT INTO {name} SELECT 3, array['a'], '2013-01-03'")
    assert lake.rows(ONE, f"SELECT id, tags FROM {name} WHERE dt = '2013-01-03'") == [("3", "[a]")]
    assert lake.rows(ONE, f"DESCRIBE {name}")[0][0].split() == ["id", "int", "the", "id"]
    assert lake.rows(ONE, f"SHOW COLUMNS IN {name}") == [("id",), ("tags",), ("dt",)]
    assert (name,) in lake.rows(ONE, "SHOW TABLES")
    lake.rows(ONE, f"DROP TABLE {name}")
    assert "TABLE_NOT_FOUND" in lake.refusal(ONE, f"SELECT * FROM {name}")
    assert s3.list_objects_v2(Bucket="loyalty-curated", Prefix=f"{name}/")["KeyCount"] == 3


def test_iceberg_tables_from_creation_to_time_travel_and_drop(lake, local_aws, name):
    lake.rows(
        ONE,
        f"CREATE TABLE {name} (id bigint NOT NULL, day date) PARTITIONED BY (day) "
        f"LOCATION 's3://loyalty-curated/{name}/' TBLPROPERTIES ('table_type' = 'ICEBERG')",
    )
    lake.rows(ONE, f"INSERT INTO {name} VALUES (1, date '2013-01-01'), (2, date '2013-01-02')")
    between = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(time.time() + 1))
    time.sleep(1.1)
    lake.rows(ONE, f"INSERT INTO {name} (id) SELECT 3")
    assert lake.rows(ONE, f"SELECT id, day FROM {name} ORDER BY id") == [
        ("1", "2013-01-01"),
        ("2", "2013-01-02"),
        ("3", None),
    ]
    assert lake.rows(ONE, f"SELECT count(*) FROM {name} FOR TIMESTAMP AS OF timestamp '{between}'") == [
        ("2",)
    ]
    assert "CONSTRAINT_VIOLATION" in lake.refusal(ONE, f"INSERT INTO {name} VALUES (NULL, date '2013-01-01')")
    assert "TYPE_MISMATCH: Insert query has mismatched column types" in lake.refusal(
        ONE, f"INSERT INTO {name} VALUES ('a', 'b')"
    )
    pruned = lake.query(ONE, f"SELECT id FROM {name} WHERE day = date '2013-01-01'")
    whole = lake.query(ONE, f"SELECT id FROM {name}")
    assert (
        0
        < pruned.execution["Statistics"]["DataScannedInBytes"]
        < whole.execution["Statistics"]["DataScannedInBytes"]
    )
    lake.rows(ONE, f"DROP TABLE {name}")
    assert (
        local_aws.client("s3", ONE).list_objects_v2(Bucket="loyalty-curated", Prefix=f"{name}/")["KeyCount"]
        == 0
    )


@pytest.mark.parametrize("form", ["PARQUET", "JSON", "TEXTFILE"])
def test_create_table_as_select(lake, name, form):
    location = f"s3://loyalty-curated/{name}/"
    create = (
        f"CREATE TABLE {name} WITH (format = '{form}', external_location = '{location}', partitioned_by = ARRAY['day']) AS "
        "SELECT a AS id, b AS name, c AS day FROM (VALUES (1, 'x', '2013-01-01'), (2, NULL, '2013-01-02')) t(a, b, c)"
    )
    lake.rows(ONE, create)
    assert lake.rows(ONE, f"SELECT * FROM {name} ORDER BY id") == [
        ("1", "x", "2013-01-01"),
        ("2", None, "2013-01-02"),
    ]
    lake.rows(ONE, f"DROP TABLE {name}")
    assert "HIVE_PATH_ALREADY_EXISTS" in lake.refusal(ONE, create)
    assert "MISSING_COLUMN_NAME" in lake.refusal(ONE, f"CREATE TABLE {name}_2 AS SELECT 1 + 1")


def test_create_iceberg_table_as_select(lake, name):
    lake.rows(
        ONE,
        f"CREATE TABLE {name} WITH (table_type = 'ICEBERG', is_external = false, location = 's3://loyalty-curated/{name}/', "
        "partitioning = ARRAY['day']) AS SELECT 1 AS id, date '2013-01-01' AS day",
    )
    assert lake.rows(ONE, f"SELECT * FROM {name}") == [("1", "2013-01-01")]


def test_unload(lake, local_aws, name):
    sql = f"UNLOAD (SELECT 1 AS id, 'x' AS name) TO 's3://loyalty-artifacts/{name}/' WITH (format = 'TEXTFILE', field_delimiter = '|', compression = 'none')"
    lake.rows(ONE, sql)
    s3 = local_aws.client("s3", ONE)
    (written,) = s3.list_objects_v2(Bucket="loyalty-artifacts", Prefix=f"{name}/")["Contents"]
    assert s3.get_object(Bucket="loyalty-artifacts", Key=written["Key"])["Body"].read() == b"1|x\n"
    assert "HIVE_PATH_ALREADY_EXISTS" in lake.refusal(ONE, sql)
    assert "is not authorized" in lake.refusal(ONE, sql.replace("loyalty-artifacts", "bookings-artifacts"))


def test_databases(lake, name):
    lake.rows(ONE, f"CREATE DATABASE IF NOT EXISTS {name}")
    assert (name,) in lake.rows(ONE, "SHOW DATABASES")
    assert "DATABASE_ALREADY_EXISTS" in lake.refusal(ONE, f"CREATE DATABASE {name}")
    lake.rows(ONE, f"DROP DATABASE {name}")
    assert "SCHEMA_NOT_FOUND" in lake.refusal(ONE, f"DROP DATABASE {name}")


def test_the_hidden_column_path_is_the_address_of_the_object(lake, name):
    # "Get the file locations in Amazon S3" (Amazon Athena User Guide)
    lake.land("bookings", f"{name}/dt=2013-01-01/a.json", '{"id": 1}\n{"id": 2}\n')
    lake.land("bookings", f"{name}/dt=2013-01-02/b.json", '{"id": 3}\n')
    lake.crawled("bookings", name)
    counted = f"SELECT \"$path\", count(*) FROM {name} WHERE dt = '%s' GROUP BY 1"
    place = f"s3://bookings-landing/{name}"
    assert lake.rows("bookings", counted % "2013-01-01", "bookings_landing") == [
        (f"{place}/dt=2013-01-01/a.json", "2")
    ]
    assert lake.rows("bookings", counted % "2013-01-03", "bookings_landing") == []
    assert lake.rows(
        "bookings",
        f"SELECT id FROM {name} WHERE \"$path\" = '{place}/dt=2013-01-02/b.json'",
        "bookings_landing",
    ) == [("3",)]
    assert 'the hidden column "$path" beside a star' in lake.refusal(
        "bookings", f'SELECT *, "$path" FROM {name}', "bookings_landing"
    )
    assert 'the hidden column "$file_size"' in lake.refusal(
        "bookings", f'SELECT "$file_size" FROM {name}', "bookings_landing"
    )


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 1 AS id, null AS delay",
        "SELECT 1 AS id, (null) AS delay",
        "SELECT 1 AS id, null AS delay UNION ALL SELECT 2, null",
    ],
)
def test_a_column_of_nothing_but_null_is_not_stored(lake, name, query):
    # Trino's StatementAnalyzer: COLUMN_TYPE_UNKNOWN, "Column type is unknown at position %s"
    reason = lake.refusal("bookings", f"CREATE TABLE {name} AS {query}")
    assert "COLUMN_TYPE_UNKNOWN: Column type is unknown at position 2" in reason


def test_null_beside_a_value_has_the_values_type(lake, name):
    lake.rows("bookings", f"CREATE TABLE {name} AS SELECT null AS delay UNION ALL SELECT 2")
    assert lake.rows("bookings", f"SELECT count(*), sum(delay) FROM {name}") == [("2", "2")]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT t FROM (SELECT 1 AS a) t",
        "SELECT count(t) FROM (SELECT 1 AS a) AS t",
        "SELECT a FROM (SELECT 1 AS a) t WHERE t IS NOT NULL",
        "WITH t AS (SELECT 1 AS a) SELECT t FROM t",
    ],
)
def test_a_tables_name_is_no_value(lake, query):
    # "Column 't' cannot be resolved": Trino has columns where PostgreSQL and DuckDB take a table for a row
    assert "COLUMN_NOT_FOUND: Column 't' cannot be resolved" in lake.refusal("bookings", query)


def test_a_column_may_have_the_name_of_its_table(lake):
    assert lake.rows("bookings", "SELECT t, t.t FROM (SELECT 1 AS t) t") == [("1", "1")]


# Trino's "Conditional expressions" (TRY), "Aggregate functions" (approx_percentile, listagg), "Map functions" and "Date and
# time functions" are the judges
@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("try(cast('x' AS integer))", None),
        ("try(cast('7' AS integer))", "7"),
        ("try(1 / 0)", None),
        ("try(7 / 2)", "3"),
        ("try(7 % 0)", None),
        ("try(1e0 / 0)", "Infinity"),
        ("try(cast('x' AS integer) + 1)", None),
        ("try(date_parse('2013-13-01', '%Y-%m-%d'))", None),
        ("try(date_parse('2013-12-01', '%Y-%m-%d'))", "2013-12-01 00:00:00.000"),
        ("try(date('2013-13-45'))", None),
        ("coalesce(try(1 / 0), 5)", "5"),
        ("from_iso8601_timestamp('2013-01-01T05:00:00+02:00')", "2013-01-01 03:00:00.000 UTC"),
        ("from_iso8601_timestamp('2013-01-01')", "2013-01-01 00:00:00.000 UTC"),
        ("try(from_iso8601_timestamp('yesterday'))", None),
        ("cardinality(map_keys(map(ARRAY['a', 'b'], ARRAY[1, 2])))", "2"),
        ("map(ARRAY['a'], ARRAY[1])", "{a=1}"),
    ],
)
def test_functions_that_clients_use(lake, expression, value):
    assert lake.rows("bookings", f"SELECT {expression}") == [(value,)]


def test_aggregates_that_clients_use(lake):
    values = "(VALUES ('a', 1), ('b', 2), (null, 3), ('a', 9)) AS t (item, amount)"
    assert lake.rows(
        "bookings",
        f"SELECT listagg(item, ',') WITHIN GROUP (ORDER BY amount DESC), approx_percentile(amount, 0.5) FROM {values}",
    ) == [("a,b,a", "2")]
    assert lake.rows(
        "bookings",
        f"SELECT item, listagg(cast(amount AS varchar)) WITHIN GROUP (ORDER BY amount) FROM {values} GROUP BY item ORDER BY 1",
    ) == [("a", "19"), ("b", "2"), (None, "3")]


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("try(coalesce(cast('x' AS integer), 5))", "NOT_SUPPORTED: try over COALESCE"),
        ("try(1.5 / 2)", "NOT_SUPPORTED: division of decimals"),
        ("approx_percentile(1, 2, 0.5)", "NOT_SUPPORTED: approx_percentile with weights"),
        ("from_iso8601_timestamp('yesterday')", "INVALID_CAST_ARGUMENT"),
        ("map(ARRAY[1])", "FUNCTION_NOT_FOUND"),
    ],
)
def test_what_of_these_functions_is_not_served_is_named(lake, expression, message):
    assert message in lake.refusal("bookings", f"SELECT {expression}")


def test_information_schema_shows_what_the_caller_sees(lake, name):
    # "Query the AWS Glue Data Catalog" (Amazon Athena User Guide)
    lake.land("bookings", f"{name}/dt=2013-01-01/a.json", '{"id": 1, "who": "x"}\n')
    lake.crawled("bookings", name)
    assert lake.rows(
        "bookings",
        "SELECT column_name, ordinal_position, data_type, extra_info FROM information_schema.columns"
        f" WHERE table_schema = 'bookings_landing' AND table_name = '{name}' ORDER BY ordinal_position",
    ) == [
        ("id", "1", "integer", None),
        ("who", "2", "varchar", None),
        ("dt", "3", "varchar", "partition key"),
    ]
    assert lake.rows(
        "bookings",
        f"SELECT table_type FROM awsdatacatalog.information_schema.tables WHERE table_name = '{name}'",
    ) == [("BASE TABLE",)]
    schemas = lake.rows("bookings", "SELECT schema_name FROM information_schema.schemata ORDER BY 1")
    assert ("bookings_landing",) in schemas
    # a database of an account that shares nothing with this one
    assert ("loyalty_curated",) not in schemas
    assert lake.rows(
        "shopping", f"SELECT count(*) FROM information_schema.tables WHERE table_name = '{name}'"
    ) == [("0",)]
    assert "the system table information_schema.views" in lake.refusal(
        "bookings", "SELECT * FROM information_schema.views"
    )
