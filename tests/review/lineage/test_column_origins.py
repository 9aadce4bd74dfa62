"""Which columns a query uses and what its columns are made of, construct by construct."""

from __future__ import annotations

import pytest
import sqlglot
from sqlglot import exp

from interline.review.lineage.column_origins import Unresolved, lineage_of
from interline.review.lineage.relations import Lineage, Relation

TABLES = {
    "t": Relation("d.t", ("a", "b", "c")),
    "u": Relation("d.u", ("a", "x"), hidden=frozenset({"secret"})),
    "landed": Relation("l.landed", None),
}


def lineage(sql: str) -> Lineage:
    query = sqlglot.parse_one(sql, dialect="redshift")
    assert isinstance(query, exp.Query)
    return lineage_of(query, lambda table: TABLES[table.name.lower()])


def made_of(sql: str) -> dict[str, str]:
    return {
        name: " ".join(sorted(f"{origin.address}.{origin.column}" for origin in origins))
        for name, origins in lineage(sql).columns.items()
    }


def used(sql: str) -> str:
    return " ".join(sorted(f"{relation}.{column}" for relation, column in lineage(sql).uses))


@pytest.mark.parametrize(
    ("sql", "columns"),
    [
        ("select a, b as y from t", {"a": "d.t.a", "y": "d.t.b"}),
        ("select * from t", {"a": "d.t.a", "b": "d.t.b", "c": "d.t.c"}),
        ("select q.* from (select a, b from t) as q", {"a": "d.t.a", "b": "d.t.b"}),
        ("select t.a + u.x as s from t join u on t.a = u.a", {"s": "d.t.a d.u.x"}),
        ("select a from t union all select x from u", {"a": "d.t.a d.u.x"}),
        ("with w (k) as (select a from t) select k from w", {"k": "d.t.a"}),
        ("with w as (select a from t), v as (select * from w) select v.a from v", {"a": "d.t.a"}),
        ("select a as n, n + 1 as m from t", {"n": "d.t.a", "m": "d.t.a"}),
        ("select case when a = 1 then b end as y from t", {"y": "d.t.a d.t.b"}),
        ("select sum(b) over (partition by a order by c) as y from t", {"y": "d.t.a d.t.b d.t.c"}),
        ("select (select max(u.x) from u where u.a = t.a) as m from t", {"m": "d.u.x"}),
        ("select count(*) as n, 1 as one from t", {"n": "", "one": ""}),
        ("select e.fare.amount from landed as e", {"amount": "l.landed.fare"}),
        ("select i.sku from landed as e, e.items as i", {"sku": "l.landed.items"}),
        ("select a from t join u using (a)", {"a": "d.t.a d.u.a"}),
        ("select A, T.B from T", {"a": "d.t.a", "b": "d.t.b"}),
        (
            "with recursive r as (select a, b from t union all select r.a, t.b from r join t on t.a = r.b)"
            " select a from r",
            {"a": "d.t.a"},
        ),
    ],
)
def test_what_columns_are_made_of(sql: str, columns: dict[str, str]) -> None:
    assert made_of(sql) == columns


@pytest.mark.parametrize(
    ("sql", "columns"),
    [
        ("select a from t where b > 1", "d.t.a d.t.b"),
        ("select count(*) as n from t", ""),
        ("select t.a from t join u on t.b = u.x", "d.t.a d.t.b d.u.x"),
        ("select a from t group by a, b having max(c) > 1 order by b", "d.t.a d.t.b d.t.c"),
        ("select a from t where exists (select 1 from u where u.a = t.c)", "d.t.a d.t.c d.u.a"),
        ("select a from t where a in (select x from u)", "d.t.a d.u.x"),
        ("with w as (select * from t) select w.a from w", "d.t.a"),
        ("with w as (select a, b from t) select w.a from w", "d.t.a d.t.b"),
        ("with w as (select distinct * from t) select w.a from w", "d.t.a d.t.b d.t.c"),
        ("select * from t", "d.t.a d.t.b d.t.c"),
        ("select * from u", "d.u.a d.u.x"),
        ("select secret from u", "d.u.secret"),
        ("select a from t qualify row_number() over (partition by b order by c) = 1", "d.t.a d.t.b d.t.c"),
    ],
)
def test_what_columns_are_used(sql: str, columns: str) -> None:
    """A star brings along what the reader may see; what only passes through it is not used."""
    assert used(sql) == columns


@pytest.mark.parametrize(
    ("sql", "line", "words", "hint"),
    [
        ("select a,\n  prise\nfrom t", 2, "there is no column 'prise' here", ""),
        ("select t.d from t", 1, "d.t has no column 'd'", "it has a, b, c"),
        ("select w.a from t", 1, "there is no table 'w' in its query", "tables here are t"),
        ("select a from t join u on true", 1, "a may be a column of t or of u", "write t.a"),
        ("select w.* from t", 1, "w.* names no table of its query", "tables here are t"),
        ("select 1 as n from t, t", 1, "two tables are called 't'", "give one an alias"),
        ("select a, b from t union select x from u", 1, "UNION of 2 and 1 columns", "both sides"),
    ],
)
def test_what_can_t_be_resolved_has_its_line(sql: str, line: int, words: str, hint: str) -> None:
    with pytest.raises(Unresolved) as caught:
        lineage(sql)
    assert words in str(caught.value)
    assert hint in caught.value.hint
    assert caught.value.line == line


def test_a_star_over_a_landing_table_has_columns_nobody_knows() -> None:
    assert lineage("select e.* from landed as e").opaque == ("l.landed",)
    assert lineage("with w as (select * from landed) select w.k from w").columns["k"]
