"""The table of verbs and the functions that DAG files call agree: names, arguments, tasks."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest

from interline.airflow import verbs
from interline.airflow.dag import data_product
from interline.contracts.model.verbs import LINK_TASK, VERBS, Verb

PRODUCT = "shopping.route_demand"
"""It reads a port of another domain, so that what links inputs has something to link."""
PRODUCT_WITH_SOURCES = "shopping.searches"
KINDS = {
    "none": [],
    "sources": [inspect.Parameter.VAR_POSITIONAL],
    "models": [inspect.Parameter.VAR_POSITIONAL],
    "columns": [inspect.Parameter.VAR_KEYWORD],
}
EXAMPLES: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
    "none": ((), {}),
    "sources": (("search_events",), {}),
    "models": (("one", "two"), {}),
    "features": (("features",), {"order_by": "member_id", "at_least": {"silhouette": 0.1}}),
    "columns": ((), {"member_id": "varchar(16)"}),
}
"""A call of a verb with each kind of arguments."""


def test_every_entry_has_its_function_and_no_more() -> None:
    assert sorted(verbs.__all__) == sorted(VERBS)
    assert {name: verb.name for name, verb in VERBS.items()} == {name: name for name in VERBS}
    for name in VERBS:
        assert callable(getattr(verbs, name)), name
        assert inspect.getdoc(getattr(verbs, name)), name


@pytest.mark.parametrize("verb", VERBS.values(), ids=list(VERBS))
def test_a_verb_takes_what_its_entry_says(verb: Verb) -> None:
    parameters = list(inspect.signature(getattr(verbs, verb.name)).parameters.values())
    if verb.arguments == "features":
        assert parameters[0].name == "features"
    else:
        assert [parameter.kind for parameter in parameters] == KINDS[verb.arguments]


@pytest.mark.parametrize("verb", VERBS.values(), ids=list(VERBS))
def test_a_verb_adds_the_tasks_that_its_entry_says(verb: Verb, root: Path) -> None:
    texts, named = EXAMPLES[verb.arguments]
    lands = verb.arguments == "sources"
    address = PRODUCT_WITH_SOURCES if lands else PRODUCT
    file = root / "dags" / f"{address.replace('.', '/')}.py"
    with data_product(address, file=str(file), doc_md="", schedule="0 2 * * *" if lands else None) as dag:
        getattr(verbs, verb.name)(*texts, **named)
    expected = {*verb.task_ids(texts), *([LINK_TASK] if verb.links_inputs else [])}
    assert set(dag.task_ids) == expected


def test_a_build_of_some_models_is_a_task_of_its_own() -> None:
    assert VERBS["build"].task_ids() == ("build",)
    assert VERBS["build"].task_ids(("segments", "features")) == ("build_segments_features",)
    assert VERBS["check"].task_ids(("ignored",)) == ("check",)
