"""COPY and UNLOAD between a cluster's tables and S3, as the role that the statement names."""

from __future__ import annotations

import gzip
import io
import json
import uuid
from dataclasses import dataclass
from typing import Any

import pyarrow.parquet
import pytest

BUCKET = "bookings-artifacts"
COLUMNS = (
    "id integer not null, name varchar(10), amount decimal(10,2), ok boolean, at timestamp, day date,"
    " ratio double precision, note varchar(5) default 'dflt'"
)
ROWS = [
    (1, 'a,"q"', "1.50", True, "2013-01-01 10:00:00.50", "2013-01-01", 0.1, "x"),
    (2, "", None, False, None, None, 1e20, None),
    (3, None, "-7.25", None, "2013-01-02 00:00:00", "2013-01-02", 2.5, "é|"),
]
VALUES = """
(1, 'a,"q"', 1.5, true, '2013-01-01 10:00:00.50', '2013-01-01', 0.1, 'x'),
(2, '', null, false, null, null, 1e20, null),
(3, null, -7.25, null, '2013-01-02', '2013-01-02', 2.5, 'é|')
"""


@dataclass
class Lake:
    """The artifacts bucket under a prefix of the test's own, and the clause that names the role."""

    s3: Any
    prefix: str
    role: str

    @property
    def uri(self) -> str:
        """Where the test's files are."""
        return f"s3://{BUCKET}/{self.prefix}"

    @property
    def authorization(self) -> str:
        """The clause of COPY and UNLOAD."""
        return f"iam_role '{self.role}'"

    def put(self, name: str, content: str | bytes) -> None:
        """Store a file."""
        body = content.encode() if isinstance(content, str) else content
        self.s3.put_object(Bucket=BUCKET, Key=self.prefix + name, Body=body)

    def files(self) -> dict[str, bytes]:
        """Name → content of everything there."""
        listed = self.s3.list_objects_v2(Bucket=BUCKET, Prefix=self.prefix).get("Contents", [])
        return {
            each["Key"].removeprefix(self.prefix): self.s3.get_object(Bucket=BUCKET, Key=each["Key"])[
                "Body"
            ].read()
            for each in listed
        }


@pytest.fixture
def lake(local_aws: Any) -> Lake:
    """A prefix that no other test uses."""
    return Lake(
        local_aws.client("s3", "bookings"), f"copy/{uuid.uuid4().hex}/", local_aws.role_arn("bookings")
    )


@pytest.fixture(scope="module", autouse=True)
def source(data_api: Any) -> None:
    """The table that is unloaded."""
    data_api.must("create schema copying")
    data_api.must(f"create table copying.source ({COLUMNS})")
    data_api.must(f"insert into copying.source values {VALUES}")


@pytest.fixture
def target(data_api: Any) -> str:
    """An empty table like the source, under a name of its own."""
    name = f"copying.t_{uuid.uuid4().hex[:12]}"
    data_api.must(f"create table {name} ({COLUMNS})")
    return name


def unload(
    data_api: Any, lake: Lake, options: str, query: str = "select * from copying.source order by id"
) -> Any:
    """Unload a query under the test's prefix."""
    return data_api.run(f"unload ('{query}') to '{lake.uri}part_' {lake.authorization} {options}")


def copy(data_api: Any, lake: Lake, table: str, options: str, name: str = "") -> Any:
    """Copy the test's files into a table."""
    return data_api.run(f"copy {table} from '{lake.uri}{name}' {lake.authorization} {options}")


class TestUnload:
    """Which files there are, and what is in them."""

    def test_csv_in_one_file_in_the_querys_order(self, data_api: Any, lake: Lake) -> None:
        described = unload(
            data_api,
            lake,
            "format csv parallel off",
            "select id, name, amount, ok, at from copying.source order by id desc",
        )
        assert (described["Status"], described["ResultRows"]) == ("FINISHED", 3)
        assert lake.files() == {
            "part_000": b'3,,-7.25,,2013-01-02 00:00:00\n2,"",,f,\n1,"a,""q""",1.50,t,2013-01-01 10:00:00.50\n'
        }

    def test_the_order_of_many_rows_stays(self, data_api: Any, lake: Lake) -> None:
        data_api.must("create table if not exists copying.numbers (n integer)")
        data_api.must("insert into copying.numbers select 1")
        for _ in range(17):
            data_api.must(
                "insert into copying.numbers select n + (select max(n) from copying.numbers) from copying.numbers"
            )
        unload(data_api, lake, "csv parallel off", "select n from copying.numbers order by n desc")
        assert lake.files()["part_000"].split() == [str(n).encode() for n in range(2**17, 0, -1)]

    def test_header_text_delimiter_and_null_as(self, data_api: Any, lake: Lake) -> None:
        described = unload(
            data_api,
            lake,
            "header delimiter '\\t' null as 'NIL'",
            "select id, amount from copying.source order by id",
        )
        assert described["Status"] == "FINISHED", described.get("Error")
        assert lake.files() == {"part_0000_part_00": b"id\tamount\n1\t1.50\n2\tNIL\n3\t-7.25\n"}

    def test_parquet_keeps_the_types(self, data_api: Any, lake: Lake) -> None:
        unload(data_api, lake, "format as parquet", "select id, amount, at, day, note from copying.source")
        (name, content), *more = lake.files().items()
        assert (name, more) == ("part_0000_part_00.parquet", [])
        schema = pyarrow.parquet.read_schema(io.BytesIO(content))
        assert [str(kind) for kind in schema.types] == [
            "int32",
            "decimal128(10, 2)",
            "timestamp[us]",
            "date32[day]",
            "string",
        ]

    def test_json_lines(self, data_api: Any, lake: Lake) -> None:
        unload(data_api, lake, "format json", "select id, name, ok from copying.source order by id")
        lines = lake.files()["part_0000_part_00"].splitlines()
        assert [json.loads(line) for line in lines] == [
            {"id": 1, "name": 'a,"q"', "ok": True},
            {"id": 2, "name": "", "ok": False},
            {"id": 3, "name": None, "ok": None},
        ]

    def test_a_manifest_names_the_files(self, data_api: Any, lake: Lake) -> None:
        unload(
            data_api, lake, "csv gzip manifest extension 'csv'", "select id from copying.source order by id"
        )
        files = lake.files()
        assert sorted(files) == ["part_0000_part_00.csv.gz", "part_manifest"]
        assert gzip.decompress(files["part_0000_part_00.csv.gz"]) == b"1\n2\n3\n"
        (entry,) = json.loads(files["part_manifest"])["entries"]
        assert entry["url"] == f"{lake.uri}part_0000_part_00.csv.gz"
        assert entry["meta"]["content_length"] == len(files["part_0000_part_00.csv.gz"])

    def test_existing_objects_stay_without_allowoverwrite(self, data_api: Any, lake: Lake) -> None:
        lake.put("part_old", "old")
        described = unload(data_api, lake, "csv")
        assert "Specified unload destination on S3 is not empty" in described["Error"]
        assert unload(data_api, lake, "csv allowoverwrite")["Status"] == "FINISHED"
        assert sorted(lake.files()) == ["part_0000_part_00", "part_old"]
        assert unload(data_api, lake, "csv parallel off cleanpath")["Status"] == "FINISHED"
        assert sorted(lake.files()) == ["part_000"]

    def test_quotes_in_the_query_are_doubled(self, data_api: Any, lake: Lake) -> None:
        unload(data_api, lake, "csv parallel off", "select ''it''''s'' from copying.source where id = 1")
        assert lake.files() == {"part_000": b"it's\n"}

    @pytest.mark.parametrize(
        ("query", "options", "error"),
        [
            ("select * from copying.source limit 1", "csv", "Limit clause is not supported"),
            ("delete from copying.source", "csv", "UNLOAD takes one SELECT"),
            ("select * from copying.nowhere", "csv", 'relation "copying.nowhere" does not exist'),
            (
                "select 1",
                "csv partition by (a)",
                "PARTITION of UNLOAD in the local Redshift is not supported",
            ),
            ("select 1", "parquet header", "PARQUET cannot be combined with HEADER"),
            ("select 1", "csv sorted", "syntax error"),
        ],
    )
    def test_refusals(self, data_api: Any, lake: Lake, query: str, options: str, error: str) -> None:
        described = unload(data_api, lake, options, query)
        assert described["Status"] == "FAILED"
        assert error in described["Error"]
        assert lake.files() == {}


class TestCopy:
    """Files become rows, or say where they do not."""

    @pytest.mark.parametrize(
        ("written", "read"),
        [
            ("csv", "csv"),
            ("csv header", "format as csv ignoreheader 1"),
            ("csv gzip", "csv gzip"),
            ("csv zstd delimiter '|'", "csv zstd delimiter '|'"),
        ],
    )
    def test_what_was_unloaded_as_csv_comes_back(
        self, data_api: Any, lake: Lake, target: str, written: str, read: str
    ) -> None:
        unload(data_api, lake, written)
        described = copy(data_api, lake, target, read)
        assert (described["Status"], described["ResultRows"]) == ("FINISHED", 3), described.get("Error")
        # CSV does not tell an empty text from no text.
        expected = [
            tuple("" if at in (1, 7) and each is None else each for at, each in enumerate(row))
            for row in ROWS
        ]
        assert data_api.rows(f"select * from {target} order by id") == expected

    @pytest.mark.parametrize(("written", "read"), [("parquet", "format parquet"), ("json", "json 'auto'")])
    def test_formats_that_know_null_come_back_exactly(
        self, data_api: Any, lake: Lake, target: str, written: str, read: str
    ) -> None:
        unload(data_api, lake, written)
        described = copy(data_api, lake, target, read)
        assert described["Status"] == "FINISHED", described.get("Error")
        assert data_api.rows(f"select * from {target} order by id") == ROWS

    def test_columns_that_are_not_named_take_their_defaults(
        self, data_api: Any, lake: Lake, target: str
    ) -> None:
        lake.put("rows.csv", "x,7\ny,8\n")
        assert copy(data_api, lake, f"{target} (name, id)", "csv")["Status"] == "FINISHED"
        assert data_api.rows(f"select id, name, note, amount from {target} order by id") == [
            (7, "x", "dflt", None),
            (8, "y", "dflt", None),
        ]

    def test_all_files_of_a_prefix_and_no_others(self, data_api: Any, lake: Lake, target: str) -> None:
        lake.put("day=1/a.csv", "1,a\n")
        lake.put("day=1/b.csv", "2,b\n")
        lake.put("day=2/a.csv", "3,c\n")
        copy(data_api, lake, f"{target} (id, name)", "csv", "day=1")
        assert data_api.rows(f"select id from {target} order by id") == [(1,), (2,)]

    def test_a_manifest(self, data_api: Any, lake: Lake, target: str) -> None:
        lake.put("a.csv", "1,a\n")
        lake.put("b.csv", "2,b\n")
        entries = [
            {"url": f"{lake.uri}b.csv", "mandatory": True},
            {"url": f"{lake.uri}gone.csv", "mandatory": False},
        ]
        lake.put("files.json", json.dumps({"entries": entries}))
        described = copy(data_api, lake, f"{target} (id, name)", "csv manifest", "files.json")
        assert described["ResultRows"] == 1, described.get("Error")
        entries[1]["mandatory"] = True
        lake.put("files.json", json.dumps({"entries": entries}))
        described = copy(data_api, lake, f"{target} (id, name)", "csv manifest", "files.json")
        assert "does not exist" in described["Error"]

    def test_empty_fields_and_blanks(self, data_api: Any, lake: Lake, target: str) -> None:
        lake.put("rows.csv", "1,, 2.5 \n2,  ,\n3,\\N,7\n")
        copy(data_api, lake, f"{target} (id, name, amount)", "csv")
        assert data_api.rows(f"select id, name, amount from {target} order by id") == [
            (1, "", "2.50"),
            (2, "  ", None),
            (3, None, "7.00"),
        ]
        data_api.must(f"truncate {target}")
        copy(data_api, lake, f"{target} (id, name, amount)", "csv emptyasnull blanksasnull")
        assert data_api.rows(f"select name from {target} order by id") == [(None,), (None,), (None,)]

    def test_digits_beyond_the_scale_are_cut_or_rounded(self, data_api: Any, lake: Lake, target: str) -> None:
        lake.put("rows.csv", "1,a,1.256\n2,b,-.999\n3,c,12.3\n")
        copy(data_api, lake, f"{target} (id, name, amount)", "csv")
        query = f"select amount from {target} order by id"
        assert data_api.rows(query) == [("1.25",), ("-0.99",), ("12.30",)]
        data_api.must(f"truncate {target}")
        copy(data_api, lake, f"{target} (id, name, amount)", "csv roundec")
        assert data_api.rows(query) == [("1.26",), ("-1.00",), ("12.30",)]

    def test_a_field_may_contain_line_ends(self, data_api: Any, lake: Lake, target: str) -> None:
        lake.put("rows.csv", '1,"two\n\nlines"\n2,"say ""x"""\n')
        copy(data_api, lake, f"{target} (id, name)", "csv")
        assert data_api.rows(f"select name from {target} order by id") == [("two\n\nlines",), ('say "x"',)]

    def test_truncatecolumns_cuts_what_is_too_long(self, data_api: Any, lake: Lake, target: str) -> None:
        lake.put("rows.csv", "1,éééééééé\n")
        assert "value too long" in copy(data_api, lake, f"{target} (id, name)", "csv")["Error"]
        copy(data_api, lake, f"{target} (id, name)", "csv truncatecolumns")
        assert data_api.rows(f"select name from {target}") == [("ééééé",)]

    @pytest.mark.parametrize(
        ("content", "detail"),
        [
            ("1,a\nfour,b\n", 'rows.csv:2: invalid input syntax for integer: "four"'),
            ("1,a\n2,b\n3,longer than ten\n", "rows.csv:3: value too long for type character varying(10)"),
            ("1,a\n2\n", "Delimiter not found"),
            ("1,a\n2,b,c\n", "Extra column(s) found"),
            ("1,a\n\n2,b\n", "rows.csv:2: Delimiter not found (a blank line)"),
            ('1,a\n2,"b\n', "Invalid quote formatting for CSV"),
            ('1,a\n2,"b\n3,c\n4,d\n', "Invalid quote formatting for CSV"),
            (b"1,a\n2,\xff\xfe\n", "invalid or unsupported UTF8"),
            ("1,a\n,b\n", "Cannot insert a NULL value into column id"),
            # "null terminators cause your COPY to fail" without NULL AS (Preparing your input data)
            ("1,a\n2,b\0c\n", "rows.csv:2: a NUL"),
            # "The maximum size of a single input row from any source is 4 MB" (COPY)
            (f"1,a\n2,{'x' * 4_200_000}\n", "rows.csv:2: Row is larger than 4 MB"),
            ("1,a\r\n2,b\n3,c\n", "its lines end in several ways"),
        ],
        ids=lambda value: value[-40:] if isinstance(value, str) else "bytes",
    )
    def test_a_bad_line_is_named_and_nothing_is_loaded(
        self, data_api: Any, lake: Lake, target: str, content: str | bytes, detail: str
    ) -> None:
        lake.put("good.csv", "8,good\n")
        lake.put("rows.csv", content)
        described = copy(data_api, lake, f"{target} (id, name)", "csv")
        assert described["Status"] == "FAILED"
        assert f"Load into table '{target.split('.')[1]}' failed" in described["Error"]
        assert detail in described["Error"]
        assert data_api.rows(f"select count(*) from {target}") == [(0,)]

    def test_bad_json_is_named(self, data_api: Any, lake: Lake, target: str) -> None:
        lake.put("rows.json", '{"id": 1}\n{"id": "z"}\n')
        assert (
            'rows.json:2: invalid input syntax for integer: "z"'
            in copy(data_api, lake, target, "json 'auto'")["Error"]
        )
        lake.put("rows.json", '{"id": 1}\n{"id": \n')
        assert "Malformed JSON" in copy(data_api, lake, target, "json 'auto'")["Error"]

    @pytest.mark.parametrize("content", ['[{"id": 1}]', "[1]", "1", '"id"'])
    def test_json_that_is_no_object_is_no_row_of_nulls(
        self, data_api: Any, lake: Lake, target: str, content: str
    ) -> None:
        lake.put("rows.json", f'{{"id": 1}}\n{content}\n')
        assert f"no JSON object: {content}" in copy(data_api, lake, target, "json 'auto'")["Error"]

    @pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
    @pytest.mark.parametrize("options", ["csv", "delimiter ','"])
    def test_every_line_end_ends_a_row(
        self, data_api: Any, lake: Lake, target: str, ending: str, options: str
    ) -> None:
        lake.put("rows.csv", f"1,a{ending}2,b{ending}3,c")
        copy(data_api, lake, f"{target} (id, name)", options)
        assert data_api.rows(f"select id, name from {target} order by id") == [(1, "a"), (2, "b"), (3, "c")]

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            pytest.param(gzip.compress(b"1,a\n" * 100)[:-10], "Unexpected end of input stream", id="cut off"),
            pytest.param(b"1,a\n", "incorrect header check", id="no gzip"),
        ],
    )
    def test_a_damaged_gzip_is_named(
        self, data_api: Any, lake: Lake, target: str, content: bytes, reason: str
    ) -> None:
        lake.put("rows.csv.gz", content)
        described = copy(data_api, lake, f"{target} (id, name)", "csv gzip")
        assert f"rows.csv.gz: {reason}" in described["Error"]

    def test_all_members_of_a_gzip_are_loaded(self, data_api: Any, lake: Lake, target: str) -> None:
        lake.put("rows.csv.gz", gzip.compress(b"1,a\n") + gzip.compress(b"2,b\n"))
        copy(data_api, lake, f"{target} (id, name)", "csv gzip")
        assert data_api.rows(f"select count(*) from {target}") == [(2,)]

    def test_parquet_of_another_shape_is_refused(self, data_api: Any, lake: Lake, target: str) -> None:
        unload(data_api, lake, "parquet", "select id, name from copying.source")
        assert "Unmatched number of columns" in copy(data_api, lake, target, "parquet")["Error"]
        assert (
            "incompatible Parquet schema" in copy(data_api, lake, f"{target} (name, id)", "parquet")["Error"]
        )

    @pytest.mark.parametrize(
        ("options", "error"),
        [
            ("csv maxerror 3", "MAXERROR of COPY in the local Redshift is not supported"),
            ("json 's3://bookings-artifacts/paths.json'", "is not supported"),
            ("csv dateformat 'DD.MM.YYYY'", "DATEFORMAT 'dd.mm.yyyy'"),
            ("parquet ignoreheader 1", "IGNOREHEADER option is not supported for PARQUET"),
            ("csv sorted", "syntax error"),
        ],
    )
    def test_refusals(self, data_api: Any, lake: Lake, target: str, options: str, error: str) -> None:
        lake.put("rows.csv", "1,a\n")
        described = copy(data_api, lake, f"{target} (id, name)", options)
        assert described["Status"] == "FAILED"
        assert error.lower() in described["Error"].lower()


class TestRoles:
    """S3 decides for the role that the statement names."""

    def test_another_domains_bucket_is_closed(self, data_api: Any, lake: Lake, target: str) -> None:
        described = data_api.run(f"copy {target} from 's3://shopping-artifacts/x' {lake.authorization} csv")
        assert "s3:ListBucket on resource: arn:aws:s3:::shopping-artifacts" in described["Error"]
        described = data_api.run(
            f"unload ('select 1') to 's3://shopping-artifacts/x' {lake.authorization} csv"
        )
        assert "s3:PutObject on resource: arn:aws:s3:::shopping-artifacts/x" in described["Error"]

    def test_the_landing_bucket_is_not_written(self, data_api: Any, lake: Lake) -> None:
        described = data_api.run(f"unload ('select 1') to 's3://bookings-landing/x' {lake.authorization} csv")
        assert "s3:PutObject" in described["Error"]

    def test_a_role_that_the_cluster_does_not_have(self, data_api: Any, local_aws: Any, target: str) -> None:
        role = local_aws.role_arn("shopping")
        described = data_api.run(f"copy {target} from 's3://shopping-artifacts/x' iam_role '{role}' csv")
        assert f"is not authorized to assume IAM Role {role}" in described["Error"]

    def test_nothing_there(self, data_api: Any, lake: Lake, target: str) -> None:
        described = copy(data_api, lake, target, "csv", "nothing/")
        assert "The specified S3 prefix" in described["Error"]

    def test_keys_in_the_text_are_refused(self, data_api: Any, lake: Lake, target: str) -> None:
        described = data_api.run(
            f"copy {target} from '{lake.uri}' access_key_id 'a' secret_access_key 'b' csv"
        )
        assert "authorization other than IAM_ROLE" in described["Error"]

    def test_loading_requires_insert_on_the_table(
        self, data_api: Any, lake: Lake, target: str, connect: Any
    ) -> None:
        data_api.must("create user loader password 'Loader-123'")
        data_api.must("grant usage on schema copying to loader")
        lake.put("rows.csv", "1,a\n")
        cursor = connect(user="loader", password="Loader-123").cursor()
        with pytest.raises(Exception, match="permission denied for relation"):
            cursor.execute(f"copy {target} (id, name) from '{lake.uri}' {lake.authorization} csv")
