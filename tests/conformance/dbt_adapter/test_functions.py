"""dbt-tests-adapter: functions. Redshift's SQL functions number their arguments."""

from __future__ import annotations

import pytest
from dbt.tests.adapter.functions import files
from dbt.tests.adapter.functions.test_udfs import DeterministicUDF, NonDeterministicUDF, StableUDF, UDFsBasic


class Numbered:
    @pytest.fixture(scope="class")
    def functions(self) -> dict[str, str]:
        return {
            "price_for_xlarge.sql": files.MY_UDF_SQL.replace("price", "$1"),
            "price_for_xlarge.yml": files.MY_UDF_YML,
        }


@pytest.mark.quick
class TestFunction(Numbered, UDFsBasic):
    def check_function_volatility(self, sql: str) -> None:
        assert "VOLATILE" in sql  # Redshift has no default, so dbt-redshift says it


class TestDeterministicFunction(Numbered, DeterministicUDF):
    pass


class TestStableFunction(Numbered, StableUDF):
    pass


class TestNonDeterministicFunction(Numbered, NonDeterministicUDF):
    pass
