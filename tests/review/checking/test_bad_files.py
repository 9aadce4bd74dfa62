"""Whatever a pull request may bring: every bad file ends as a problem of that file, never as a traceback.

The kinds of bad input are those of the public torture collections for YAML and JSON (the YAML test suite, JSONTestSuite,
the "big list of naughty strings"), written down here anew.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from interline.contracts import Problem
from interline.review.checking import check_mesh
from tests.mesh_folder import MeshFolder

DOMAIN = "domains/bookings/domain.yaml"
PRODUCT = "domains/bookings/tickets/product.yaml"
CONTRACT = "domains/bookings/tickets/contract.yaml"
YAML_FILES = (DOMAIN, PRODUCT, CONTRACT)
DAG = "dags/bookings/tickets.py"
MODEL = "dbt/models/bookings/tickets.sql"

WHOLE_YAML = {
    "empty": b"",
    "only a comment": b"# nothing\n",
    "only a document marker": b"---\n",
    "two documents": b"a: 1\n---\nb: 2\n",
    "a list": b"- a\n- b\n",
    "a word": b"hello\n",
    "a number": b"42\n",
    "null": b"null\n",
    "a tilde": b"~\n",
    "a byte order mark": b"\xef\xbb\xbfname: x\n",
    "UTF-16": "name: x\n".encode("utf-16"),
    "Latin-1": b"name: caf\xe9\n",
    "a NUL": b"name: a\0b\n",
    "control characters": b"name: a\x07b\x1bc\n",
    "binary": bytes(range(256)) * 20,
    "a picture": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "overlong UTF-8": b"name: \xc0\xaf\n",
    "a lone surrogate": b"name: \xed\xa0\x80\n",
    "tabs": b"name:\n\tx: 1\n",
    "unclosed quote": b"name: 'x\n",
    "unclosed list": b"name: [1, 2\n",
    "unclosed mapping": b"name: {a: 1\n",
    "bad escape": b'name: "\\q"\n',
    "a key twice": b"name: a\nname: b\n",
    "a key twice, quoted": b"name: a\n'name': b\n",
    "an anchor and an alias": b"name: &x a\nid: *x\n",
    "an alias of nothing": b"name: *nobody\n",
    "a merge key": b"name: {<<: {a: 1}}\n",
    "billion laughs": b"a: &a [x,x,x,x,x,x,x,x,x]\n"
    + b"".join(b"%c: &%c [%s]\n" % (c + 1, c + 1, b",".join([b"*%c" % c] * 9)) for c in range(97, 110)),
    "an alias of itself": b"a: &a [*a]\n",
    "a Python tag": b"name: !!python/object/apply:os.system ['touch proof']\n",
    "a local tag": b"name: !secret x\n",
    "binary tag": b"name: !!binary aGVsbG8=\n",
    "a directive": b"%YAML 1.1\n---\nname: x\n",
    "a tag directive": b"%TAG ! tag:x,2000:\n---\nname: !a x\n",
    "a complex key": b"? [a, b]\n: 1\n",
    "a mapping as a key": b"{a: 1}: b\n",
    "number keys": b"1: a\n2: b\n",
    "deep lists": b"a: " + b"[" * 50_000 + b"\n",
    "deep mappings": b"a: " + b"{a: " * 50_000 + b"\n",
    "deep indentation": b"".join(b" " * n + b"a:\n" for n in range(300)),
    "a long line": b"name: " + b"x" * 900_000 + b"\n",
    "ten megabytes": b"name: x\n" + b"# padding\n" * 1_000_000,
    "many keys": b"".join(b"k%d: 1\n" % n for n in range(20_000)),
    "a thousand colons": b"a: " + b"b: " * 1_000 + b"\n",
    "carriage returns": b"name: x\rid: y\r",
    "a Windows path": b"name: C:\\temp\\x: y: z\n",
    "an emoji key": "\U0001f600: 1\n".encode(),
    "right to left": "name: \u202eevil\n".encode(),
    "unknown keys": b"surprise: 1\n",
    "JSON with a trailing comma": b'{"name": "x",}\n',
}

VALUES = {
    "NO": "NO",
    "off": "off",
    "a sexagesimal": "12:30:00",
    "an octal": "010",
    "hexadecimal": "0x1F",
    "a date": "2013-01-01",
    "infinity": ".inf",
    "not a number": ".nan",
    "nothing": "",
    "a number": "42",
    "a truth value": "true",
    "a list": "[a, b]",
    "a mapping": "{a: b}",
    "an emoji": '"\U0001f600"',
    "a name with a space": '"two words"',
    "a traversal": '"../../../etc/passwd"',
    "an absolute path": '"/etc/passwd"',
    "SQL": '"x\'; drop table users; --"',
    "a quote": '"a\\"b"',
    "a shell command": '"$(touch proof)"',
    "Jinja": '"{{ 7 * 7 }}"',
    "a NUL escape": '"a\\0b"',
    "a newline": '"a\\nb"',
    "very long": '"' + "a" * 5_000 + '"',
    "upper case": "Tickets",
    "a full-width letter": '"\uff54ickets"',
    "a Cyrillic letter": '"t\u0456ckets"',
    "a huge number": "9" * 400,
    "a huge exponent": "1e999",
}

NAMED = {
    DOMAIN: ("name: bookings", 'account: "222222222222"', "region: us-east-1", "  email: bookings@example.com"),
    PRODUCT: ("id: bookings.tickets", "status: active", "  - name: tickets", "      - name: ticket_events", "format: json"),
    CONTRACT: (
        "id: bookings.tickets",
        "version: 1.0.0",
        "      - name: ticket_id",
        "        physicalType: varchar(13)",
        "        classification: personal",
        "          minimum: 0",
        "  - role: shopping",
        "        value: [ticket_id, price]",
    ),
}  # fmt: skip


def problems_of(mesh_folder: MeshFolder) -> list[Problem]:
    problems = check_mesh(mesh_folder.root)
    assert not list(mesh_folder.root.rglob("proof")), "something of the file was run"
    for problem in problems:
        assert problem.path.is_relative_to(mesh_folder.root)
        assert problem.line >= 0
        assert len(str(problem)) < 6_000
    return problems


def files_of(mesh_folder: MeshFolder, problems: list[Problem]) -> set[str]:
    return {str(problem.path.relative_to(mesh_folder.root)) for problem in problems}


@pytest.mark.parametrize("kind", WHOLE_YAML)
@pytest.mark.parametrize("file", YAML_FILES)
def test_a_file_that_is_no_promise(mesh_folder: MeshFolder, file: str, kind: str) -> None:
    mesh_folder.path(file).write_bytes(WHOLE_YAML[kind])
    assert files_of(mesh_folder, problems_of(mesh_folder)) == {file}


@pytest.mark.parametrize("kind", VALUES)
@pytest.mark.parametrize("file", YAML_FILES)
def test_a_value_that_is_none(mesh_folder: MeshFolder, file: str, kind: str) -> None:
    """Put the value in place of each of the file's names and values in turn; the file's own lines are told."""
    original = mesh_folder.path(file).read_text()
    reported = 0
    for named in NAMED[file]:
        key = named[: named.index(":") + 1]
        mesh_folder.write(file, original.replace(named, f"{key} {VALUES[kind]}", 1))
        line = original[: original.index(named)].count("\n") + 1
        problems = problems_of(mesh_folder)
        in_file = [problem for problem in problems if files_of(mesh_folder, [problem]) == {file}]
        reported += any(problem.line == line for problem in in_file)
        if problems and not in_file:
            assert files_of(mesh_folder, problems) <= {DAG, MODEL, "domains/bookings/tickets"}
    assert reported >= len(NAMED[file]) // 2, f"{reported} of {len(NAMED[file])} were told with their line"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("expires: 2013-01-01", 42, "is a date to YAML 1.1"),
        ('expires: "2013-13-45"', 42, "expires is '2013-13-45'"),
        ('expires: "tomorrow"', 42, "expires is 'tomorrow'"),
        ('clearance: "secret"', 42, "'secret' is no clearance"),
    ],
)
def test_a_role_s_property_that_is_none(mesh_folder: MeshFolder, text: str, line: int, words: str) -> None:
    name, value = text.split(": ")
    mesh_folder.change(
        CONTRACT,
        "        value: [ticket_id, price]\n",
        f"        value: [ticket_id, price]\n      - property: {name}\n        value: {value}\n",
    )
    problems = problems_of(mesh_folder)
    assert any(problem.line == line and words in problem.message for problem in problems), problems


PYTHON = {
    "a syntax error": b"def (:\n",
    "Python 2": b"print 'x'\n",
    "a NUL": b"x = 1\0\n",
    "not UTF-8": b"# caf\xe9\n",
    "a byte order mark": b"\xef\xbb\xbfx = 1\n",
    "another encoding": b"# -*- coding: utf-7 -*-\n+AG8-pen('x')\n",
    "binary": bytes(range(256)),
    "ten megabytes": b"x = 1\n" * 1_700_000,
    "deep parentheses": b"x = " + b"(" * 5_000 + b")" * 5_000 + b"\n",
    "deep operators": b"x = " + b"-" * 50_000 + b"1\n",
    "a long sum": b"x = " + b"+".join([b"1"] * 50_000) + b"\n",
    "deep blocks": b"".join(b" " * n + b"if x:\n" for n in range(150)) + b" " * 150 + b"pass\n",
    "a deep attribute": b"x = a" + b".b" * 50_000 + b"()\n",
    "mixed tabs": b"if x:\n\ty = 1\n        z = 2\n",
    "unclosed string": b'x = """\n',
    "a bad escape": b'x = "\\N{no such name}"\n',
    "a huge number": b"x = " + b"9" * 10_000 + b"\n",
    "a non-ASCII name": "with data_product('x') as \u03c0: \U0001f600\n".encode(),
}


@pytest.mark.parametrize("kind", PYTHON)
def test_a_dag_file_that_is_none(mesh_folder: MeshFolder, kind: str) -> None:
    mesh_folder.path(DAG).write_bytes(PYTHON[kind])
    assert files_of(mesh_folder, problems_of(mesh_folder)) == {DAG}


SQL = {
    "empty": b"",
    "only a comment": b"-- nothing\n",
    "a syntax error": b"select from where\n",
    "prose": b"Dear colleague, see attachment.\n",
    "a NUL": b"select 1 as a\0\n",
    "not UTF-8": b"select 'caf\xe9' as a\n",
    "a byte order mark": b"\xef\xbb\xbfselect 1 as a\n",
    "binary": bytes(range(256)),
    "ten megabytes": b"select 1 as a\n" + b"-- padding\n" * 1_000_000,
    "two statements": b"select 1 as a; select 2 as b\n",
    "a drop": b"drop table users\n",
    "an insert": b"insert into a select 1\n",
    "unclosed quote": b"select 'x as a\n",
    "unclosed comment": b"select 1 as a /* \n",
    "deep parentheses": b"select " + b"(" * 3_000 + b"1" + b")" * 3_000 + b" as a\n",
    "a long sum": b"select " + b"+".join([b"1"] * 3_000) + b" as a\n",
    "many unions": b" union all ".join([b"select 1 as a"] * 1_000) + b"\n",
    "deep subqueries": b"select * from (" * 800 + b"select 1 as a" + b")" * 800 + b"\n",
    "unclosed Jinja": b"select {{ 1 as a\n",
    "an unknown tag": b"{% materialization x %}{% endmaterialization %}select 1 as a\n",
    "an unknown macro": b"select {{ no_such_macro() }} as a\n",
    "Python's inside": b"select {{ ''.__class__.__mro__[1].__subclasses__() }} as a\n",
    "Python's inside by attr": b"select {{ ''|attr('__class__') }} as a\n",
    "Python's inside by format": b"select {{ '{0.__class__}'.format(1) }} as a\n",
    "Python's inside by a macro": b"select {{ data_day.__globals__ }} as a\n",
    "the module behind a date": b"select {{ modules.datetime.sys.modules }} as a\n",
    "an import": b"{% import 'x' as y %}select 1 as a\n",
    "an include": b"{% include '/etc/passwd' %}\n",
    "an extends": b"{% extends 'x' %}\n",
    "the clock": b"select '{{ modules.datetime.datetime.now() }}' as a\n",
    "the clock by its class": b"select '{{ modules.datetime.date.today() }}' as a\n",
    "the environment": b"select '{{ env_var('HOME') }}' as a\n",
    "a query while rendering": b"{% set r = run_query('drop table x') %}select 1 as a\n",
    "the adapter": b"{% do adapter.drop_relation(this) %}select 1 as a\n",
    "endless text": b"{% set a = 'x' * 999999999999 %}select 1 as a\n",
    "text that doubles": b"{% set a = 'xxxxxxxxxx' %}" + b"{% set a = a ~ a %}" * 60 + b"select 1 as a\n",
    "text that is padded": b"select '{{ 'x'.ljust(99999999999) }}' as a\n",
    "text that is formatted wide": b"select '{{ '%99999999999d' % 1 }}' as a\n",
    "text that is formatted wider": b"select '{{ '{:>99999999999}'.format(1) }}' as a\n",
    "text that is replaced": b"{% set a = 'a' * 9000 %}{{ a.replace('a', a).replace('a', a) }}\n",
    "a tower of powers": b"select {{ 9 ** 9 ** 9 ** 9 }} as a\n",
    "an endless loop": b"{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}select 1 as a\n",
    "a huge range": b"{% for a in range(10 ** 12) %}{% endfor %}select 1 as a\n",
    "a macro without end": b"{% macro m() %}{{ m() }}{% endmacro %}select {{ m() }} as a\n",
    "a list that grows": b"{% set a = [1] %}" + b"{% do a.extend(a) %}" * 60 + b"select 1 as a\n",
    "a division by zero": b"select {{ 1 / 0 }} as a\n",
    "a raised error": b"{{ exceptions.raise_compiler_error('no') }}\n",
    "a name that is no name": b"select 1 as a from {{ source('../..', 'x') }}\n",
    "SQL in a name": b"select 1 as a from {{ source('bookings_landing', 'x\"; drop table y; --') }}\n",
    "a number as a name": b"select 1 as a from {{ ref(1) }}\n",
}


@pytest.mark.parametrize("kind", SQL)
def test_a_model_that_is_none(mesh_folder: MeshFolder, kind: str) -> None:
    mesh_folder.path(MODEL).write_bytes(SQL[kind])
    problems = problems_of(mesh_folder)
    assert MODEL in files_of(mesh_folder, problems)
    assert files_of(mesh_folder, problems) <= {MODEL, CONTRACT}


@pytest.mark.parametrize("kind", ["a syntax error", "unclosed Jinja", "not UTF-8", "a NUL"])
def test_a_macro_file_that_is_none_is_reported_once(mesh_folder: MeshFolder, kind: str) -> None:
    bad = SQL[kind] if kind != "a syntax error" else b"{% macro (x) %}{% endmacro %}\n"
    mesh_folder.path("dbt/macros/bad.sql").write_bytes(bad)
    problems = problems_of(mesh_folder)
    assert files_of(mesh_folder, problems) == {"dbt/macros/bad.sql"}
    assert len(problems) == 1


@pytest.mark.parametrize("file", [*YAML_FILES, DAG, MODEL])
@pytest.mark.parametrize("target", ["/etc/passwd", "/dev/zero", "/", "nowhere", "."])
def test_a_link_that_leads_astray(mesh_folder: MeshFolder, file: str, target: str) -> None:
    path = mesh_folder.path(file)
    path.unlink()
    path.symlink_to(target)
    problems = problems_of(mesh_folder)
    assert problems
    assert not any("root:" in str(problem) for problem in problems), "a foreign file is read aloud"
    assert any(problem.path == path for problem in problems)


@pytest.mark.parametrize("file", [*YAML_FILES, DAG, MODEL])
def test_a_folder_or_a_pipe_in_place_of_a_file(mesh_folder: MeshFolder, file: str) -> None:
    path = mesh_folder.path(file)
    path.unlink()
    path.mkdir()
    assert any(problem.path == path for problem in problems_of(mesh_folder))
    path.rmdir()
    os.mkfifo(path)
    assert any(problem.path == path for problem in problems_of(mesh_folder))


@pytest.mark.parametrize(
    "name", ["two words", "UPPER", "\U0001f600", "a-b", "a.b", "a;b", "$(x)", "a" * 70, "__x", "x__y"]
)
def test_a_folder_with_a_name_that_is_none(mesh_folder: MeshFolder, name: str) -> None:
    for file in ("product.yaml", "contract.yaml"):
        text = mesh_folder.path(f"domains/bookings/tickets/{file}").read_text()
        mesh_folder.write(f"domains/bookings/{name}/{file}", text.replace("tickets", name))
    mesh_folder.write(f"dags/bookings/{name}.py", mesh_folder.path(DAG).read_text())
    mesh_folder.write(f"dbt/models/bookings/{name}.sql", mesh_folder.path(MODEL).read_text())
    assert problems_of(mesh_folder)


def test_a_mesh_without_anything(tmp_path: Path) -> None:
    assert [problem.message for problem in check_mesh(tmp_path)] == ["is missing"]
    (tmp_path / "domains").mkdir()
    assert [problem.message for problem in check_mesh(tmp_path)] == ["holds no domain"]


def test_a_circle_of_folders(mesh_folder: MeshFolder) -> None:
    mesh_folder.path("domains/bookings/tickets/again").symlink_to(mesh_folder.path("domains"))
    mesh_folder.path("dags/bookings/again").symlink_to(mesh_folder.path("dags"))
    mesh_folder.path("dbt/models/bookings/tickets").mkdir()
    mesh_folder.path("dbt/models/bookings/tickets/again").symlink_to(mesh_folder.path("dbt"))
    assert isinstance(problems_of(mesh_folder), list)
