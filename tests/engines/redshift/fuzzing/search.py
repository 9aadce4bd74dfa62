"""Asking an engine what Hypothesis makes, and shrinking what it answers wrongly."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis.strategies import SearchStrategy

from tests.engines.redshift.fuzzing.engine import Engine
from tests.engines.redshift.fuzzing.questions import Question


class Wrong(AssertionError):
    """An answer that differs from the documentation's, with the smallest question that shows it."""


def search(questions: SearchStrategy[Question], engine: Engine, *, examples: int, seed: int) -> int:
    """Ask so many questions, the same ones for the same seed; how many it were.

    Raises:
        Wrong: for the first wrong answer, made small.
    """
    count = 0

    @seeded(seed)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        print_blob=False,
        report_multiple_bugs=False,
    )
    @given(questions)
    def check(question: Question) -> None:
        nonlocal count
        count += 1
        fault = question.fault(engine.answer(question.sql))
        if fault is not None:
            raise Wrong(f"{question.sql}\n    {fault}")

    check()
    return count
