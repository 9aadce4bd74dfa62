"""Mistakes in a contract's SQL, each refused with what is wrong and, where there is one, the nearest right word.

The judge of names, types and functions is the Amazon Redshift Database Developer Guide ("SQL functions reference", "Type
compatibility and conversion", "POSIX operators"); what may differ when a day is checked again are its functions of the clock,
of chance and of the session.
"""

from __future__ import annotations

import time

import pytest

from interline.sql.parsing import SqlMistake
from interline.sql.predicates import checked_expression, checked_query
from interline.sql.row_filters import named_columns

COLUMNS = {
    "price": "decimal(10,2)",
    "email": "varchar(100)",
    "birth_date": "date",
    "balance": "integer",
    "points": "bigint",
    "is_paid": "boolean",
    "distance": "double precision",
    "sold_at": "timestamp",
}
BATCH = '"a"."b"'

EXPRESSIONS = [
    # names
    ("prise > 1", "did you mean 'price'?"),
    ("t.price > 1", "'t.price', which is no column"),
    ("price > ${balance}", "is no SQL|can't have"),
    ("birth_date < $1", "can't have"),
    ("{{ balance }} = 1", "can't have"),
    ("balance = ?", "can't have"),
    # functions
    ("foo(birth_date) > 0", "Redshift has no such function"),
    ("lenn(email) > 1", "did you mean 'len'?"),
    ("left(email) = 'x'", "takes 2"),
    ("upper(price) = 'x'", "it takes a text"),
    ("dateadd(dya, 1, birth_date) > birth_date", "no part of a date"),
    ("extract(yeer from birth_date) = 1", "did you mean 'year'?"),
    ("soundex(email) = 'x'", "rules have not"),
    # types
    ("balance + 1", "where a condition is expected"),
    ("price", "where a condition is expected"),
    ("not balance", "where a condition is expected"),
    ("is_paid and balance", "where a condition is expected"),
    ("email > 3", "compares a text with a whole number"),
    ("is_paid = 1", "compares true or false with a whole number"),
    ("birth_date > balance", "compares a date with a whole number"),
    ("price > 'x'", "'x', which is no"),
    ("birth_date < '2013-13-01'", "'2013-13-01', which is no date"),
    ("is_paid = 'yes'", "'yes', which is no boolean"),
    ("price in (1, 'x')", "'x', which is no"),
    ("coalesce(price, 'x') > 1", "expected one type"),
    ("case when is_paid then 1 else email end = 1", "expected one type"),
    ("email + 1 > 0", "expected a number"),
    ("email || is_paid = 'x'", "beside ||"),
    ("price is true", "IS TRUE after a number"),
    ("price like '1%'", "expected a text"),
    ("email ~ '^a{8000}$'", "POSIX goes to 255"),
    ("email ~ '('", "no regular expression"),
    ("email like 'x\\\\'", "ends with its escape"),
    # what differs when it is asked again
    ("birth_date < getdate()", "asks for getdate"),
    ("birth_date < current_date", "asks for current_date"),
    ("sold_at < sysdate", "asks for sysdate"),
    ("sold_at < current_timestamp", "asks for current_timestamp"),
    ("now() > sold_at", "asks for now"),
    ("random() > 0.5", "asks for random"),
    ("email = current_user", "asks for current_user"),
    ("email = user", "asks for current_user"),
    ("pg_backend_pid() > 1", "asks for pg_backend_pid"),
    # what fails for some values
    ("cast(email as integer) > 1", "fails for a text that is none"),
    ("email::date > birth_date", "fails for a text that is none"),
    ("distance::integer > 1", "fails for NaN"),
    ("points::integer > 1", "too large"),
    ("price::decimal(4,2) > 1", "too large"),
    ("price::varchar(3) = '1'", "longer value"),
    ("to_date(email, 'YYYY') > birth_date", "fails for some values"),
    ("sqrt(price) > 1", "fails for some values"),
    ("json_extract_path_text(email, 'a') = 'x'", "fails for some values"),
    ("price / 0 > 1", "divides by 0"),
    ("points * points * points > 1", "more than 38 digits"),
    ("price = 123456789012345678901234567890123456789", "38 digits"),
    # more than a row
    ("price > (select max(price) from x)", "beyond its own row"),
    ("exists (select 1)", "beyond its own row"),
    ("max(price) > 1", "beyond its own row"),
    ("sum(price) over () > 1", "beyond its own row"),
]


@pytest.mark.parametrize(("expression", "words"), EXPRESSIONS)
def test_a_mistake_in_an_expression(expression: str, words: str) -> None:
    with pytest.raises(
        SqlMistake, match=words.replace("(", "[(]").replace("?", "[?]").replace("||", "[|][|]")
    ):
        checked_expression(expression, COLUMNS, "batch")


QUERIES = [
    ("select count(*) from ${object} where prise > 1000", "did you mean 'price'?"),
    ("select count(*) from ${object} where foo(price) > 1", "no such function"),
    ("select count(*) from ${object} where price > 'abc'", "'abc', which is no"),
    ("select count(*) from ${object} where email = 1", "compares a text with a whole number"),
    ("select count(*) from ${object} where price", "where a condition is expected"),
    ("select count(*) from ${object} where sold_at < getdate()", "asks for getdate"),
    ("select count(*) from ${object} where count(*) > 1", "has the aggregate count() in WHERE"),
    ("select count(x.price) from ${object} y", "there is no table 'x'"),
    ("select count(*) from ${object} a join ${object} c on a.price = c.prise", "did you mean 'price'?"),
    ("select count(*) from ${object} a join ${object} c on a.email = c.email where price > 1", "may be a column of a or of c"),
    ("select price from ${object}", "many rows"),
    ("select count(*) from ${object} group by price", "many rows"),
    ("select max(price) from ${object} having count(*) > 1", "many rows"),
    ("select count(*) from ${object} union select 1", "many rows"),
    ("select count(*) from ${object} where price = (select price from ${object})", "many rows"),
    ("select max(email) from ${object}", "gives a text"),
    ("select max(sold_at) from ${object}", "gives a timestamp"),
    ("select count(*), 1 from ${object}", "gives 2 columns"),
    ("select * from ${object}", "gives 8 columns"),
    ("select price + count(*) from ${object}", "not grouped"),
    ("select count(*) from (select price, price from ${object}) x", "two columns called 'price'"),
    ("select count(*) from (select price from ${object} limit 5) x", "LIMIT without ORDER BY"),
    ("select count(*) from (select row_number() over (partition by email) as n from ${object}) x", "in no order"),
    ("select count(*) from bookings.other where 1 in (select 1 from ${object})", "reads the table bookings.other"),
    ("select listagg(email) from ${object}", "asks for listagg"),
    ("with recursive r as (select 1 as n from ${object}) select count(*) from r", "recursive"),
]  # fmt: skip


@pytest.mark.parametrize(("query", "words"), QUERIES)
def test_a_mistake_in_a_query(query: str, words: str) -> None:
    with pytest.raises(SqlMistake, match=words.replace("()", "[(][)]").replace("?", "[?]")):
        checked_query(query, BATCH, COLUMNS)


def test_a_mistake_has_its_line() -> None:
    with pytest.raises(SqlMistake) as caught:
        checked_query("select count(*)\nfrom ${object}\nwhere price > 1\n  and prise < 9", BATCH, COLUMNS)
    assert caught.value.line == 4


DEEP = {
    "parentheses": "(" * 50 + "price" + ")" * 50 + " > 1",
    "many parentheses": "(" * 5_000 + "price" + ")" * 5_000 + " > 1",
    "CASE": "case when is_paid then " * 60 + "is_paid" + " end" * 60,
    "CASE by its condition": "case when " * 60 + "is_paid" + " then true end" * 60,
    "NOT": "not " * 500 + "is_paid",
    "minus": "- " * 500 + "price > 1",
    "plus": "+ " * 500 + "price > 1",
    "calls": "abs(" * 60 + "price" + ")" * 60 + " > 1",
    "casts": "price" + "::varchar(64)" * 300 + " = 'x'",
    "time zones": "sold_at" + " at time zone 'UTC'" * 300 + " > sold_at",
    "unclosed": "(" * 3_000,
    "lists": "price in " + "(" * 60 + "1" + ")" * 60,
}


@pytest.mark.parametrize("kind", DEEP)
def test_what_nests_too_deeply_is_refused_at_once(kind: str) -> None:
    began = time.process_time()
    for read in (
        lambda: checked_expression(DEEP[kind], COLUMNS, "batch"),
        lambda: checked_query(f"select count(*) from ${{object}} where {DEEP[kind]}", BATCH, COLUMNS),
        lambda: named_columns(DEEP[kind]),
    ):
        with pytest.raises(SqlMistake, match=r"nested too deeply|can't have|words and signs") as caught:
            read()
        assert len(str(caught.value)) < 200
    assert time.process_time() - began < 1


@pytest.mark.parametrize("word", ["and", "or"])
def test_ten_thousand_conditions_are_too_many(word: str) -> None:
    began = time.process_time()
    with pytest.raises(SqlMistake, match="at most"):
        checked_expression(f" {word} ".join(["price > 1"] * 10_000), COLUMNS, "batch")
    with pytest.raises(SqlMistake, match="words and signs; at most"):
        checked_expression(f" {word} ".join(["is_paid"] * 1_200), COLUMNS, "batch")
    assert time.process_time() - began < 1


def test_deep_subqueries_are_refused() -> None:
    query = "select count(*) from (" * 30 + "select 1 as a from ${object}" + ") x" * 30
    with pytest.raises(SqlMistake, match="nested too deeply"):
        checked_query(query, BATCH, COLUMNS)


def test_a_division_is_null_where_it_would_fail() -> None:
    assert checked_expression("price / balance > 1", COLUMNS, "r") == 'r."price" / NULLIF(r."balance", 0) > 1'
    assert checked_expression("price / 2 > 1", COLUMNS, "r") == 'r."price" / 2 > 1'


def test_a_truth_value_of_a_query_becomes_a_number() -> None:
    """ODCS v3.2.0, "SQL": a query "returns either a numeric or boolean value for comparison"."""
    sql = checked_query("select count(*) > 3 from ${object}", BATCH, COLUMNS)
    assert sql == 'SELECT CASE WHEN COUNT(*) > 3 THEN 1 WHEN NOT (COUNT(*) > 3) THEN 0 END FROM "a"."b"'
