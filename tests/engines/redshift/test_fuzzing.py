"""A few hundred questions whose answers the documentation gives; the same ones every time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.engines.redshift.fuzzing.engine import Engine
from tests.engines.redshift.fuzzing.questions import SUBJECTS
from tests.engines.redshift.fuzzing.search import search

EXAMPLES = 60


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    engine = Engine()
    yield engine
    engine.close()


@pytest.mark.parametrize("subject", sorted(SUBJECTS))
def test_answers_are_those_of_the_documentation(subject: str, engine: Engine) -> None:
    assert search(SUBJECTS[subject], engine, examples=EXAMPLES, seed=1) >= EXAMPLES
