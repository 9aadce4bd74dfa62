"""dbt-tests-adapter: copies."""

from __future__ import annotations

from dbt.tests.adapter.simple_copy.test_copy_uppercase import (
    BaseSimpleCopyUppercase,
)
from dbt.tests.adapter.simple_copy.test_simple_copy import (
    EmptyModelsArentRunBase,
    SimpleCopyBase,
)


class TestSimpleCopyUppercase(BaseSimpleCopyUppercase):
    pass


class TestSimpleCopy(SimpleCopyBase):
    pass


class TestEmptyModelsArentRun(EmptyModelsArentRunBase):
    pass
