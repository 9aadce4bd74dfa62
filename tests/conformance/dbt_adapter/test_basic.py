"""dbt's basic adapter tests."""

from __future__ import annotations

from dbt.tests.adapter.basic.test_base import BaseSimpleMaterializations


class TestSimpleMaterializations(BaseSimpleMaterializations):
    pass
