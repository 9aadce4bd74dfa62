"""What `check` lets through in a contract runs on Redshift, and has an answer for every row.

Every function and operator that a rule may have is called with the largest, smallest and oddest values of its arguments'
types; the local Redshift stands for Redshift. No statement may fail.
"""

from __future__ import annotations

from itertools import product

import pytest

from interline.sql.function_table import AGGREGATES, ROW_FUNCTIONS, WINDOW_FUNCTIONS, Signature
from interline.sql.predicates import checked_expression, checked_query
from interline.sql.quoting import literal
from tests.engines.quarantine.in_process import InProcessHook

COLUMNS = {
    "n": "integer",
    "big": "bigint",
    "dec": "decimal(12,4)",
    "longest": "decimal(38,10)",
    "f": "double precision",
    "single": "real",
    "t": "varchar(200)",
    "u": "varchar(20)",
    "b": "boolean",
    "d": "date",
    "e": "date",
    "ts": "timestamp",
    "tz": "timestamptz",
}
ROWS: list[dict[str, object]] = [
    {"n": -(2**31), "big": -(2**63), "dec": "-99999999.9999", "longest": "-9999999999999999999999.9999999999",
     "f": "NaN", "single": "NaN", "t": "", "u": "", "b": False, "d": "0001-01-01", "e": "9999-12-31",
     "ts": "0001-01-01 00:00:00", "tz": "0001-01-02 00:00:00+00"},
    {"n": 2**31 - 1, "big": 2**63 - 1, "dec": "99999999.9999", "longest": "9999999999999999999999.9999999999",
     "f": "Infinity", "single": "Infinity", "t": "é名🙂" * 20, "u": "%\\", "b": True, "d": "9999-12-31", "e": "0001-01-01",
     "ts": "9999-12-31 23:59:59.999999", "tz": "9999-12-30 00:00:00+00"},
    {"n": 0, "big": 0, "dec": 0, "longest": 0, "f": "-0.0", "single": 0, "t": "(", "u": "a", "b": True, "d": "2012-02-29",
     "e": "2012-02-29", "ts": "2012-02-29 12:00:00", "tz": "2012-02-29 12:00:00+00"},
    {"n": -1, "big": -1, "dec": "-0.0001", "longest": "-0.0000000001", "f": "1e308", "single": "3e38", "t": "x" * 200,
     "u": "NaN", "b": False, "d": "2013-01-31", "e": "2016-12-31", "ts": "2013-01-01 00:00:00", "tz": "2013-01-01 00:00:00+00"},
    {"n": None, "f": "-Infinity", "t": "a\tb'"},
]  # fmt: skip
ARGUMENTS = {
    "text": ("t", "u", "'x'"),
    "integer": ("n", "big", "3"),
    "number": ("n", "big", "dec", "longest", "f", "single"),
    "moment": ("d", "ts", "tz"),
    "boolean": ("b",),
    "any": ("t", "n", "f", "d", "b"),
    "count": ("0", "2"),
    "position": ("1",),
    "bits": ("256",),
    "pattern": ("'^[a-z]+$'",),
    "constant": ("'YYYY-MM-DD'",),
    "part": ("year", "day", "microsecond"),
}
SAME = (("n", "big"), ("dec", "n"), ("f", "longest"), ("t", "u"), ("d", "ts"), ("b", "b"))


@pytest.fixture(scope="module")
def redshift() -> InProcessHook:
    hook = InProcessHook("bookings")
    listed = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    hook.sql("create schema a", f"create table a.b ({listed})")
    for row in ROWS:
        values = ", ".join(
            "null" if row.get(name) is None else literal(row[name])  # type: ignore[arg-type]
            for name in COLUMNS
        )
        hook.sql(f"insert into a.b values ({values})")
    return hook


def calls(name: str, signature: Signature) -> list[str]:
    """Return calls of a function with every number and, by turns, every kind of argument."""
    if "same" in (word.rstrip("*?") for word in signature.arguments):
        first = "b, " if signature.arguments[0] == "any" else ""
        return [f"{name}({first}{one}, {other})" for one, other in SAME]
    found = []
    least, most = signature.least, signature.most
    most = least + 1 if most is None else most
    for count in range(least, most + 1):
        choices = [ARGUMENTS[signature.word(place)] for place in range(count)]
        found += [f"{name}({', '.join(chosen)})" for chosen in product(*choices)]
    return found


def run_expression(redshift: InProcessHook, condition: str) -> None:
    sql = checked_expression(condition, COLUMNS, "r")
    rows = redshift.sql(f"select coalesce(not ({sql}), true) from a.b as r")
    assert len(rows) == len(ROWS)


@pytest.mark.parametrize("name", sorted(ROW_FUNCTIONS))
def test_a_function_of_a_row_has_an_answer_for_every_value(redshift: InProcessHook, name: str) -> None:
    if name == "extract":
        written = [
            f"extract({part} from {moment})" for part in ("year", "epoch") for moment in ("d", "ts", "tz")
        ]
    elif name == "mod":
        written = [f"mod({one}, {other})" for one, other in product(("n", "big", "dec", "longest"), repeat=2)]
    elif name == "trunc":
        written = [f"trunc({number})" for number in ("n", "big", "dec", "f", "single")]
    elif name == "position":
        written = ["position(u in t)"]
    elif name == "to_char":
        written = ["to_char(ts, 'YYYY-MM-DD')", "to_char(n, '999')", "to_char(d, 'Day')"]
    else:
        written = calls(name, ROW_FUNCTIONS[name])
    for call in written:
        run_expression(redshift, f"{call} is not null")


@pytest.mark.parametrize(
    ("operator", "pairs"),
    [
        (operator, pairs)
        for operator, pairs in (
            ("+", ("n n", "big big", "n big", "dec dec", "f f", "big 1", "n dec", "single longest", "n f")),
            ("-", ("n n", "big big", "dec big", "f f", "d e", "ts tz", "tz ts", "n 1", "d ts")),
            ("*", ("n n", "big n", "big big", "f f", "n 1000", "single single")),
            (
                "/",
                (
                    "n n",
                    "big big",
                    "n big",
                    "dec dec",
                    "longest longest",
                    "longest dec",
                    "f f",
                    "1 n",
                    "big 3",
                    "f n",
                ),
            ),
            ("%", ("n n", "big big", "dec dec", "big n", "longest dec", "n 7")),
            ("||", ("t u", "t n", "u d", "t dec")),
        )
    ],
)
def test_an_operator_has_an_answer_for_every_value(
    redshift: InProcessHook, operator: str, pairs: tuple[str, ...]
) -> None:
    for pair in pairs:
        one, other = pair.split()
        run_expression(redshift, f"({one} {operator} {other}) is not null")


@pytest.mark.parametrize(
    "condition",
    [
        "-n > 0", "-big > 0", "-longest > 0", "-f > 0", "n + big * 2 - n > big", "d + n > e", "d - 30 < e", "ts + interval '1 day' > tz",
        "dateadd(day, n, d) > ts", "dateadd(year, big, ts) > d", "add_months(d, n) = e", "datediff(microsecond, d, e) > 0",
        "cast(ts as date) = d", "cast(d as timestamp) < tz", "cast(n as bigint) = big", "cast(n as decimal(38,2)) = dec",
        "cast(dec as varchar(64)) = t", "cast(b as integer) = 1", "cast(dec as bigint) > 0", "cast(t as varchar(3)) = u",
        "case when n > 0 then 1 / n else 0.5 end > 0", "case n when 0 then t else u end = 'x'", "n between -1 and big", "t in ('a', u)",
        "n not in (1, 2.5)", "t like 'a%'", "t not ilike '%x_'", "t ~ '^a'", "t !~ 'x{2,3}'", "t similar to 'a%'", "b", "not b", "b is true",
        "b is not false", "(n > 0) = b", "d < '2013-01-01'", "ts >= '2013-01-01 00:00:00'", "n = '5'", "n is null or t is not null",
        "t like 'a^%' escape '^'", "tz at time zone 'America/New_York' > ts", "round(f) = trunc(dec)", "null is null", "1 = 1",
    ],
)  # fmt: skip
def test_a_condition_has_an_answer_for_every_row(redshift: InProcessHook, condition: str) -> None:
    run_expression(redshift, condition)


def test_a_long_chain_of_operators_is_no_nesting(redshift: InProcessHook) -> None:
    run_expression(redshift, " and ".join(["n > 0"] * 300))
    run_expression(redshift, " + ".join(["n"] * 25) + " > 0")
    run_expression(redshift, " || ".join(["u"] * 200) + " <> ''")


@pytest.mark.parametrize("name", sorted(AGGREGATES))
def test_an_aggregate_runs(redshift: InProcessHook, name: str) -> None:
    for call in calls(name, AGGREGATES[name]):
        if call.endswith("()") or (name in ("min", "max") and call.endswith("(b)")):
            continue
        sql = checked_query(
            f"select count(*) from (select {call} as x from ${{object}}) y", '"a"."b"', COLUMNS
        )
        assert redshift.sql(sql) == ((1,),)


@pytest.mark.parametrize("name", sorted(WINDOW_FUNCTIONS))
def test_a_window_function_runs(redshift: InProcessHook, name: str) -> None:
    for call in calls(name, WINDOW_FUNCTIONS[name])[:3]:
        frame = " rows unbounded preceding" if name.endswith("_value") else ""
        query = f"select count(*) from (select {call} over (partition by b order by n{frame}) as x from ${{object}}) y"
        assert redshift.sql(checked_query(query, '"a"."b"', COLUMNS)) == ((len(ROWS),),)


@pytest.mark.parametrize(
    "query",
    [
        "select count(*) from ${object}", "select count(distinct t) - count(distinct u) from ${object}",
        "select 100.0 * sum(case when b then 1 else 0 end) / count(*) from ${object}", "select sum(n) / sum(big) from ${object} where n = 0",
        "select max(x.n) from (select t, count(*) as n from ${object} group by t) x", "select max(n) - min(n) from ${object}",
        "with g as (select u, sum(n) as total from ${object} group by 1 having count(*) > 1) select count(*) from g",
        "select count(*) from ${object} x join ${object} y on x.t = y.t and x.n < y.n", "select count(*) > 0 from ${object}",
        "select (select count(*) from ${object}) - (select count(*) from ${object} where b)", "select max(datediff(day, d, e)) from ${object}",
        "select count(*) from ${object} o where exists (select 1 from ${object} p where p.u = o.t)",
        "select count(*) from (select n from ${object} union all select big from ${object}) z", "select bool_and(b) from ${object}",
        "select count(*) from (select n from ${object} order by n, t limit 2) z", "select count(*) from ${object} where t in (select u from ${object})",
    ],
)  # fmt: skip
def test_a_query_gives_one_number(redshift: InProcessHook, query: str) -> None:
    rows = redshift.sql(
        f"select ({checked_query(query, chr(34) + 'a' + chr(34) + '.' + chr(34) + 'b' + chr(34), COLUMNS)}) as m"
    )
    assert len(rows) == 1
    assert rows[0][0] is None or isinstance(rows[0][0], (int, float, str))
    assert not isinstance(rows[0][0], bool)
