"""What Amazon Redshift documents, case by case: the cases are in corpus/*.yaml, each with the page that is the judge."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from local.engines.redshift.cluster import Cluster
from local.engines.redshift.dialect.reading import statements
from local.engines.redshift.errors import SqlError
from local.engines.redshift.protocol.values import text_of
from local.engines.redshift.session import Session

CORPUS = Path(__file__).parent / "corpus"
GUIDE = "https://docs.aws.amazon.com/redshift/latest/dg"
LEAST_CASES = 250
KEYS = {"name", "page", "setup", "failing", "after", "as", "sql", "rows", "types", "columns", "tag", "error"}


@cache
def cases() -> list[Any]:
    return [
        pytest.param(case, id=f"{path.stem}: {case['name']}")
        for path in sorted(CORPUS.glob("*.yaml"))
        for case in yaml.safe_load(path.read_text(encoding="utf-8"))
    ]


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    cluster = Cluster("222222222222", "bookings", "bookings", "interline")
    yield cluster
    cluster.close()


def run(session: Session, sql: str) -> None:
    for statement in statements(sql):
        session.run(session.prepare(statement))


@pytest.mark.parametrize("case", cases())
def test_documented_behaviour(case: dict[str, Any], cluster: Cluster) -> None:
    page = f"{GUIDE}/{case['page']}.html"
    session = cluster.session("interline")
    run(session, case.get("setup", ""))
    if "failing" in case:
        with pytest.raises(SqlError) as failed:
            run(session, case["failing"]["sql"])
        assert failed.value.sqlstate == case["failing"]["sqlstate"], page
    run(session, case.get("after", ""))
    if "as" in case:
        session = cluster.session(case["as"])
    statement = statements(case["sql"])[0]
    if "error" in case:
        with pytest.raises(SqlError) as caught:
            session.run(session.prepare(statement))
        expected = case["error"]
        # No case may pass because of a mistake inside of the local Redshift, or by what DuckDB happens to answer.
        assert caught.value.sqlstate != "XX000" or "message" in expected, (page, str(caught.value))
        assert caught.value.sqlstate == expected.get("sqlstate", caught.value.sqlstate), (
            page,
            str(caught.value),
        )
        assert expected.get("message", "") in caught.value.message, page
        return
    plan = session.prepare(statement)
    result = session.run(plan)
    if "tag" in case:
        assert result.tag == case["tag"], page
    columns = result.columns or ()
    if "columns" in case:
        assert [each.name for each in columns] == case["columns"], page
    if "types" in case:
        assert [each.type.display for each in columns] == case["types"], page
    if "rows" in case:
        shown = [
            [
                None if value is None else text_of(column.type, value)
                for value, column in zip(row, columns, strict=True)
            ]
            for row in result.rows
        ]
        assert shown == case["rows"], page
    assert plan.columns == result.columns, "described as it is returned"


def test_the_corpus_is_complete() -> None:
    every = [case.values[0] for case in cases()]
    assert len(every) >= LEAST_CASES
    for case in every:
        assert set(case) <= KEYS, case["name"]
        assert {"error", "rows", "types", "columns", "tag"} & set(case), f"{case['name']} judges nothing"
    names = [case.id for case in cases()]
    assert len(set(names)) == len(names)
