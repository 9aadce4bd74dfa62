"""dbt-tests-adapter: seeds."""

from __future__ import annotations

from typing import Any

import pytest
from dbt.tests.adapter.simple_seed.seeds import seeds__expected_sql
from dbt.tests.adapter.simple_seed.test_seed import (
    BaseBasicSeedTests,
    BaseSeedConfigFullRefreshOff,
    BaseSeedConfigFullRefreshOn,
    BaseSeedCustomSchema,
    BaseSeedParsing,
    BaseSeedSpecificFormats,
    BaseSeedWithEmptyDelimiter,
    BaseSeedWithUniqueDelimiter,
    BaseSeedWithWrongDelimiter,
    BaseSimpleSeedEnabledViaConfig,
    BaseSimpleSeedWithBOM,
    BaseTestEmptySeed,
)
from dbt.tests.adapter.simple_seed.test_seed_type_override import (
    BaseSimpleSeedColumnOverride,
)


class OneByOne:
    """redshift_connector prepares what it runs, and a prepared statement is one: the table that seeds are compared with."""

    @pytest.fixture(scope="class", autouse=True)
    def setUp(self, project: Any) -> None:
        for statement in filter(str.strip, seeds__expected_sql.split(";")):
            project.run_sql(statement)


class TestBasicSeedTests(OneByOne, BaseBasicSeedTests):
    pass


class TestSeedConfigFullRefreshOn(OneByOne, BaseSeedConfigFullRefreshOn):
    pass


class TestSeedConfigFullRefreshOff(OneByOne, BaseSeedConfigFullRefreshOff):
    pass


class TestSeedCustomSchema(OneByOne, BaseSeedCustomSchema):
    pass


class TestSeedWithUniqueDelimiter(OneByOne, BaseSeedWithUniqueDelimiter):
    pass


class TestSeedWithWrongDelimiter(OneByOne, BaseSeedWithWrongDelimiter):
    pass


class TestSeedWithEmptyDelimiter(OneByOne, BaseSeedWithEmptyDelimiter):
    pass


class TestSimpleSeedEnabledViaConfig(BaseSimpleSeedEnabledViaConfig):
    pass


class TestSeedParsing(BaseSeedParsing):
    pass


class TestSimpleSeedWithBOM(BaseSimpleSeedWithBOM):
    pass


class TestSeedSpecificFormats(BaseSeedSpecificFormats):
    pass


class TestEmptySeed(BaseTestEmptySeed):
    pass


class TestSimpleSeedColumnOverride(BaseSimpleSeedColumnOverride):
    pass
