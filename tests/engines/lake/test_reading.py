"""Objects as typed rows: exact types, and malformed data named by object and line."""

from __future__ import annotations

import gzip
import re

import duckdb
import pyarrow
import pyarrow.parquet
import pytest
from sqlglot import parse_one

from local.engines import catalog, hive_types, objects, reading
from local.engines.catalog_changes import add_partition
from local.engines.errors import BadData, InvalidInput, NotSupported, QueryError
from local.engines.lake_permissions import permissions

JSON = "org.openx.data.jsonserde.JsonSerDe"
CSV = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
QUOTED = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
PARQUET = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"


@pytest.fixture
def connection():
    with duckdb.connect() as opened:
        yield opened


@pytest.fixture
def table(bench):
    """A function that makes a table of the given format and columns, with objects in it."""

    def make(serde, columns, *contents, keys=(), serde_parameters=None, parameters=None, suffix=""):
        location = f"{bench.location}t/"
        permissions.create_table(
            bench.caller,
            bench.account,
            bench.database,
            {
                "Name": "t",
                "Parameters": parameters or {},
                "PartitionKeys": [{"Name": key, "Type": "string"} for key in keys],
                "StorageDescriptor": {
                    "Location": location,
                    "Columns": [{"Name": name, "Type": kind} for name, kind in columns.items()],
                    "SerdeInfo": {"SerializationLibrary": serde, "Parameters": serde_parameters or {}},
                },
            },
        )
        for number, content in enumerate(contents):
            objects.put(
                f"{location}{number}{suffix}", content.encode() if isinstance(content, str) else content
            )
        return catalog.find_table(bench.account, bench.database, "t")

    return make


def rows(connection, table, *names, **arguments):
    relation = reading.relation(connection, table, names or None, **arguments)
    return connection.execute(f"SELECT * FROM {relation}").fetchall()


def test_json_values_become_the_types_of_the_catalog(connection, table):
    columns = {
        "id": "bigint",
        "name": "string",
        "rate": "double",
        "ok": "boolean",
        "day": "date",
        "at": "timestamp",
    }
    text = (
        '{"ID": "7", "name": 5, "rate": 2, "ok": "TRUE", "day": "2013-01-01", "at": "2013-01-01 01:02:03"}\n'
        '\n{"id": null, "other": 1}\n{"id": 8, "name": {"a": 1}}\n'
    )
    found = rows(connection, table(JSON, columns, text))
    # the blank line is a row too: "Extra Line Feed in Json File creates a extra row" (rcongiu/Hive-JSON-Serde #207)
    assert [row[:4] for row in found] == [
        (7, "5", 2.0, True),
        (None, None, None, None),
        (None, None, None, None),
        (8, '{"a":1}', None, None),
    ]
    assert str(found[0][4]) == "2013-01-01"
    assert str(found[0][5]) == "2013-01-01 01:02:03"


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("int", "1.5", "1.5"),
        ("int", '"many"', "many"),
        ("int", "99999999999", "99999999999"),
        ("boolean", "1", "1"),
        ("double", '"x"', "x"),
        ("date", '"2013-13-01"', "2013-13-01"),
        ("timestamp", '"2013-01-01T00:00:00Z"', "2013-01-01T00:00:00Z"),
        ("array<int>", "5", "5"),
    ],
)
def test_a_value_that_does_not_fit_is_named_with_object_and_line(connection, table, kind, value, shown):
    broken = table(
        JSON, {"id": "int", "value": kind}, '{"id": 1}\n', f'{{"id": 1}}\n{{"id": 2, "value": {value}}}\n'
    )
    with pytest.raises(BadData) as failed:
        rows(connection, broken)
    assert failed.value.code == "HIVE_BAD_DATA"
    assert f"'{shown}' for field 1 (value {kind})" in str(failed.value)
    assert failed.value.uri.endswith("/t/1")
    assert failed.value.line == 2


@pytest.mark.parametrize("line", ['{"id": 1', "[1]", "id", '{"id": 1} {"id": 2}'])
def test_a_line_that_is_no_json_object_is_named(connection, table, line):
    broken = table(JSON, {"id": "int"}, f'{{"id": 1}}\n{line}\n{{"id": 3}}\n')
    with pytest.raises(BadData) as failed:
        rows(connection, broken)
    assert failed.value.code == "HIVE_CURSOR_ERROR"
    assert failed.value.line == 2


def test_a_bad_value_in_an_unread_column_fails_nothing(connection, table):
    broken = table(JSON, {"id": "int", "value": "int"}, '{"id": 1, "value": "many"}\n')
    assert rows(connection, broken, "id") == [(1,)]


def test_a_table_without_objects_has_its_columns(connection, table):
    empty = table(JSON, {"id": "int", "at": "timestamp"})
    relation = reading.relation(connection, empty)
    described = connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
    assert [(name, kind) for name, kind, *_ in described] == [("id", "INTEGER"), ("at", "TIMESTAMP")]


def test_hidden_and_empty_objects_are_not_read(connection, bench, table):
    found = table(JSON, {"id": "int"}, '{"id": 1}\n', "")
    objects.put(f"{bench.location}t/_SUCCESS", b"not json")
    objects.put(f"{bench.location}t/.hidden/a", b"not json")
    assert rows(connection, found) == [(1,)]


def test_compressed_lines(connection, table):
    packed = table(JSON, {"id": "int"}, gzip.compress(b'{"id": 1}\n{"id": 2}\n'), suffix=".gz")
    assert rows(connection, packed) == [(1,), (2,)]
    objects.put(f"{packed.location}x.bz2", b"BZh")
    with pytest.raises(NotSupported, match="compression"):
        rows(connection, packed)


def test_delimited_text_as_lazy_simple_serde_reads_it(connection, table):
    text = 'id|name|rate\n1|"x"|1.5\n2||\n\\N|\\N|2|surplus\n4\n'
    found = table(
        CSV,
        {"id": "int", "name": "string", "rate": "double"},
        text,
        serde_parameters={"field.delim": "|"},
        parameters={"skip.header.line.count": "1"},
    )
    assert rows(connection, found) == [(1, '"x"', 1.5), (2, "", None), (None, None, 2.0), (4, None, None)]


def test_a_bad_field_of_delimited_text_is_named(connection, table):
    broken = table(
        CSV,
        {"id": "int", "name": "string"},
        "id,name\n1,a\nx,b\n",
        serde_parameters={"field.delim": ","},
        parameters={"skip.header.line.count": "1"},
    )
    with pytest.raises(BadData, match=r"'x' for field 0 \(id int\)") as failed:
        rows(connection, broken)
    assert failed.value.line == 3


def test_quoted_text(connection, table):
    found = table(QUOTED, {"id": "string", "name": "string"}, '1,"a, ""b"""\n')
    assert rows(connection, found) == [("1", 'a, "b"')]


# Lines end at LF, CR and CR LF, the last one needs no end, and a byte order mark is passed over: Trino's TextLineReader
# (trino/lib/trino-hive-formats), which reads text for Athena engine version 3.
@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1,a\r\n2,b\r\n", [1, 2]),
        ("1,a\r2,b\r", [1, 2]),
        ("1,a\r\n2,b\n3,c\r4,d", [1, 2, 3, 4]),
        ("\ufeff1,a\n2,b\n", [1, 2]),
        ("1,a\n\n2,b\n", [1, None, 2]),
        ("\n\n", [None, None]),
        ("1,a\n2,b\n\n", [1, 2, None]),
        ("1,a\0b\n2,c\n", [1, 2]),
        ('1,"a\n2,b"\n', [1, 2]),
        ("1,#a\n2,#b\n", [1, 2]),
        (f"1,{'x' * 50_000_000}\n2,b\n", [1, 2]),
    ],
    ids=[
        "CR LF", "CR", "mixed", "byte order mark", "blank line", "blank lines only", "blank last line", "NUL",
        "quotes mean nothing", "hash", "50 MB line",
    ],
)  # fmt: skip
def test_every_line_of_delimited_text_is_a_row(connection, table, text, numbers):
    found = table(CSV, {"id": "int", "name": "string"}, text, serde_parameters={"field.delim": ","})
    assert [row[0] for row in rows(connection, found)] == numbers


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ('{"id":1}\r\n{"id":2}\r\n', [1, 2]),
        ('{"id":1}\r{"id":2}', [1, 2]),
        ('\ufeff{"id":1}\n{"id":2}\n', [1, 2]),
        ('{"id":1}\n\n{"id":2}\n\n', [1, None, 2, None]),
        ('{"id":1,"x":"' + "y" * 50_000_000 + '"}\n{"id":2}\n', [1, 2]),
    ],
    ids=["CR LF", "CR", "byte order mark", "blank lines", "50 MB line"],
)
def test_every_line_of_json_is_a_row(connection, table, text, numbers):
    assert [row[0] for row in rows(connection, table(JSON, {"id": "int"}, text), "id")] == numbers


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        # "doesn't allow duplicate keys in map or struct key names" (OpenX JSON SerDe, Amazon Athena User Guide)
        ('{"Id": 2, "id": 3}', 'Duplicate key "id"'),
        ('{"id": 2, "id": 3}', 'Duplicate key "id"'),
        ('{"id": 2, "other": 1, "OTHER": 1}', 'Duplicate key "other"'),
        ('{"id": ' + "[" * 5_000 + "]" * 5_000 + "}", "nested deeper than 1,000 levels"),
        ('[{"id": 2}]', "a JSONObject text must begin with"),
    ],
    ids=["two spellings", "one spelling", "a key not asked for", "deep", "array"],
)
def test_a_json_line_that_the_serde_does_not_take(connection, table, line, reason):
    with pytest.raises(BadData, match=reason) as failed:
        rows(connection, table(JSON, {"id": "int"}, f'{{"id": 1}}\n{line}\n'))
    assert failed.value.code == "HIVE_CURSOR_ERROR"
    assert failed.value.line == 2


def test_two_spellings_of_a_key_in_two_lines_are_one_column(connection, table):
    assert rows(connection, table(JSON, {"id": "int"}, '{"Id": 1}\n{"id": 2}\n')) == [(1,), (2,)]


NESTED = {"id": "int", "who": "struct<name:string,tags:array<struct<code:int>>>"}


def test_names_within_a_struct_are_found_without_regard_to_case(connection, table):
    # case.insensitive is true unless the table says otherwise ("OpenX JSON SerDe", Amazon Athena User Guide)
    found = table(
        JSON,
        NESTED,
        '{"id": 1, "who": {"Name": "x", "Tags": [{"CODE": 7}]}}\n{"id": 2, "who": null}\n{"id": 3, "who": {"Name": "y"}}\n',
    )
    assert rows(connection, found) == [
        (1, {"name": "x", "tags": [{"code": 7}]}),
        (2, None),
        (3, {"name": "y", "tags": None}),
    ]


def test_a_name_within_a_struct_in_several_spellings_is_refused(connection, table):
    text = '{"who": {"Name": "x"}}\n{"who": {"name": "y"}}\n'
    with pytest.raises(
        NotSupported, match=r"several spellings of a key \(Name, name\) within the column who"
    ):
        rows(connection, table(JSON, NESTED, text))


def test_a_parquet_column_in_several_spellings_is_refused(connection, table):
    sink = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(pyarrow.table({"Id": [1], "id": [2]}), sink)
    found = table(PARQUET, {"id": "bigint"}, sink.getvalue().to_pybytes())
    with pytest.raises(BadData, match="several columns of the file are called id"):
        rows(connection, found)


PACKED = gzip.compress(b'{"id": 1}\n' * 1_000)


# "HIVE_CURSOR_ERROR exceptions" (re:Post Knowledge Center): Unexpected end of input stream, incorrect header check,
# incorrect data check; several members are one stream (RFC 1952)
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (PACKED[:-20], "Unexpected end of input stream"),
        (PACKED[:4], "Unexpected end of input stream"),
        (PACKED + b"trailing", "incorrect header check"),
        (b'{"id": 1}\n', "incorrect header check"),
        (PACKED[:-8] + b"\0" * 8, "incorrect data check|incorrect header check"),
    ],
    ids=["ends early", "ends in the header", "more behind", "not packed", "wrong checksum"],
)
def test_a_damaged_gzip_is_named(connection, table, content, reason):
    with pytest.raises(BadData, match=reason) as failed:
        rows(connection, table(JSON, {"id": "int"}, content, suffix=".gz"))
    assert failed.value.uri.endswith("0.gz")


def test_all_members_of_a_gzip_are_read(connection, table):
    assert len(rows(connection, table(JSON, {"id": "int"}, PACKED + PACKED, suffix=".gz"))) == 2_000


def test_a_zstd_that_ends_early_is_named(connection, table):
    packed = pyarrow.compress(b'{"id": 1}\n' * 1_000, codec="zstd", asbytes=True)
    found = table(JSON, {"id": "int"}, packed, suffix=".zst")
    assert len(rows(connection, found)) == 1_000
    objects.put(f"{found.location}1.zst", packed[:-3])
    with pytest.raises(BadData, match="Unexpected end of input stream"):
        rows(connection, found)


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        ("1,a\n2,é\n".encode("latin-1"), 2, "not UTF-8"),
        ("1,a\n2,b\n".encode("utf-16"), 1, "UTF-16"),
    ],
    ids=["Latin-1", "UTF-16"],
)
def test_text_that_is_not_utf_8_is_named(connection, table, content, line, reason):
    with pytest.raises(BadData, match=reason) as failed:
        rows(
            connection,
            table(CSV, {"id": "int", "name": "string"}, content, serde_parameters={"field.delim": ","}),
        )
    assert failed.value.line == line


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        ('1,"a, ""b"""', ("1", 'a, "b"')),
        (r'1,"a\"b"', ("1", 'a"b')),
        (r'1,"a\\b"', ("1", r"a\b")),
        ("1", ("1", None)),
        ("", (None, None)),
        ("1,", ("1", "")),
    ],
)
def test_quoted_fields_as_open_csv_serde_cuts_them(connection, table, line, fields):
    found = table(QUOTED, {"id": "string", "name": "string"}, f"0,x\n{line}\n2,y\n")
    assert rows(connection, found) == [("0", "x"), fields, ("2", "y")]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        # "Does not support embedded line breaks in CSV files" (Open CSV SerDe for processing CSV, Athena User Guide)
        ('0,x\n1,"a\nb"\n', "a quote is not closed on its line"),
        ("0,x\n1,a,surplus\n", "3 fields for 2 columns"),
    ],
)
def test_what_open_csv_serde_would_lose_is_named(connection, table, text, reason):
    with pytest.raises(BadData, match=reason) as failed:
        rows(connection, table(QUOTED, {"id": "string", "name": "string"}, text))
    assert failed.value.line == 2


def test_a_header_only_object_has_no_rows(connection, table):
    found = table(
        CSV,
        {"id": "int"},
        "id\n",
        "id",
        serde_parameters={"field.delim": ","},
        parameters={"skip.header.line.count": "1"},
    )
    assert rows(connection, found) == []


def test_a_key_of_the_folder_that_repeats_a_column_is_refused(connection, table):
    # "Table descriptor contains duplicate columns" (Troubleshooting in Athena, HIVE_INVALID_METADATA)
    with pytest.raises(QueryError, match="duplicate columns: id") as failed:
        rows(connection, table(JSON, {"id": "int"}, '{"id": 7}\n', keys=("id",)))
    assert failed.value.code == "HIVE_INVALID_METADATA"


def test_parquet_by_name_with_widening_only(connection, bench, table, tmp_path):
    path = tmp_path / "x.parquet"
    connection.execute(f"COPY (SELECT 1::INTEGER AS Id, 'x' AS name) TO '{path}' (FORMAT parquet)")
    found = table(PARQUET, {"name": "string", "id": "bigint", "later": "double"}, path.read_bytes())
    assert rows(connection, found) == [("x", 1, None)]
    connection.execute(f"COPY (SELECT 'y' AS id) TO '{path}' (FORMAT parquet)")
    objects.put(f"{bench.location}t/second", path.read_bytes())
    assert rows(connection, found, "name")
    with pytest.raises(BadData, match="is incompatible with type bigint"):
        rows(connection, found, "id")
    objects.put(f"{bench.location}t/third", b"no parquet")
    with pytest.raises(BadData, match="HIVE_CANNOT_OPEN_SPLIT"):
        rows(connection, found, "name")


def test_partition_values_and_pruning_by_condition(connection, bench, table):
    found = table(JSON, {"id": "int"}, keys=("dt",))
    stored = catalog.stored_table(bench.account, bench.database, "t")
    for day in ("2013-01-01", "2013-01-02"):
        objects.put(f"{found.location}dt={day}/a", f'{{"id": {int(day[-2:])}}}\n'.encode())
        storage = catalog.current_version(stored)["StorageDescriptor"]
        add_partition(
            found,
            stored,
            {"Values": [day], "StorageDescriptor": {**storage, "Location": f"{found.location}dt={day}/"}},
        )
    objects.put(f"{found.location}dt=2013-01-03/a", b'{"id": 3}\n')
    assert rows(connection, found) == [(1, "2013-01-01"), (2, "2013-01-02")]
    condition = parse_one("t.dt > '2013-01-01' AND id < 100", read="duckdb")
    assert rows(connection, found, "dt", condition=condition) == [("2013-01-02",)]
    assert [one.key[-14:] for one, _ in reading.objects_of(found, condition)] == ["t=2013-01-02/a"]


def test_a_replaced_object_is_read_anew(connection, bench, table):
    found = table(JSON, {"id": "int"}, '{"id": 1}\n')
    assert rows(connection, found) == [(1,)]
    objects.put(f"{bench.location}t/0", b'{"id": 2}\n')
    assert rows(connection, found) == [(2,)]


def test_options_that_are_not_understood_are_refused(connection, table):
    with pytest.raises(NotSupported, match=r"escape\.delim"):
        rows(connection, table(CSV, {"id": "int"}, "1\n", serde_parameters={"escape.delim": "\\"}))


def test_a_location_in_no_bucket(connection, bench):
    storage = {
        "Location": "s3://no-such-bucket/t/",
        "Columns": [],
        "SerdeInfo": {"SerializationLibrary": JSON},
    }
    permissions.create_table(
        bench.caller, bench.account, bench.database, {"Name": "lost", "StorageDescriptor": storage}
    )
    with pytest.raises(QueryError, match="HIVE_METASTORE_ERROR"):
        rows(connection, catalog.find_table(bench.account, bench.database, "lost"))


@pytest.mark.parametrize(
    ("glue", "duck"),
    [
        ("decimal(10,2)", "DECIMAL(10,2)"),
        ("array<struct<a:int,b:map<string,double>>>", 'STRUCT("a" INTEGER, "b" MAP(VARCHAR, DOUBLE))[]'),
        ("varchar(10)", "VARCHAR"),
    ],
)
def test_catalog_types_in_duckdb(glue, duck):
    assert hive_types.to_duckdb(glue) == duck


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not a Data Catalog type: ''"),
        ("array<int", "array is not closed in 'array<int'"),
        ("sausage", "unknown Data Catalog type 'sausage'"),
        ("map<string>", "map has the wrong number of types in 'map<string>'"),
        ("decimal(10,2) x", "not a Data Catalog type: 'decimal(10,2) x'"),
        ("struct<a>", "struct needs name:type in 'struct<a>'"),
    ],
)
def test_what_is_no_catalog_type(text, message):
    with pytest.raises(InvalidInput, match=re.escape(message)):
        hive_types.parse(text)
