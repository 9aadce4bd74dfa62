"""dbt-redshift, unchanged, over the wire with IAM credentials: everything that a project may contain."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local.mesh.dbt import DBT_VARIABLE

PROJECT = Path(__file__).parent / "dbt_project"
MINUTES = 300


@dataclass
class Dbt:
    """One copy of the test project, in a schema of its own."""

    folder: Path
    schema: str
    environment: dict[str, str]

    def start(self, *arguments: str, target: str = "target") -> subprocess.Popen[str]:
        """Start dbt."""
        return subprocess.Popen(
            [self.environment[DBT_VARIABLE], "--no-use-colors", *arguments, "--target-path", target],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: str) -> dict[str, str]:
        """Run dbt; the status of every node by its name."""
        process = self.start(*arguments)
        output, _ = process.communicate(timeout=MINUTES)
        self.output = output
        results = json.loads((self.folder / "target" / "run_results.json").read_text())["results"]
        return {each["unique_id"].split(".", 2)[2]: each["status"] for each in results}

    def message(self, name: str) -> str:
        """What dbt said of a node in its last run."""
        results = json.loads((self.folder / "target" / "run_results.json").read_text())["results"]
        return next(str(each["message"]) for each in results if each["unique_id"].endswith(f".{name}"))


def project(local_aws: Any, loaded_dbt: Mapping[str, str], folder: Path, schema: str) -> Dbt:
    """A copy of the test project."""
    shutil.copytree(PROJECT, folder)
    address = local_aws.description["redshift"]["bookings"]
    credentials = {name.upper(): value for name, value in local_aws.credentials("bookings").items()}
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "DBT_"))}
    environment = clean | credentials | loaded_dbt
    environment |= {
        "AWS_ENDPOINT_URL": local_aws.endpoint,
        "AWS_DEFAULT_REGION": "us-east-1",
        "SSL_CERT_FILE": local_aws.description["ca_file"],
        "REDSHIFT_HOST": address["host"],
        "REDSHIFT_PORT": str(address["port"]),
        "REDSHIFT_SCHEMA": schema,
        "DBT_PROFILES_DIR": str(folder),
    }
    return Dbt(folder, schema, environment)


@pytest.fixture(scope="module")
def built(
    local_aws: Any,
    data_api: Any,
    loaded_dbt: Mapping[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Dbt:
    """The project, built once."""
    data_api.must("create user analyst password disable")
    dbt = project(local_aws, loaded_dbt, tmp_path_factory.mktemp("dbt") / "project", "everything")
    statuses = dbt.run("build")
    assert set(statuses.values()) <= {"success", "pass"}, dbt.output
    assert len(statuses) == 20
    return dbt


@pytest.fixture(scope="module")
def built_again(built: Dbt) -> Dbt:
    """The project, built a second time after its data changed."""
    changed = (built.folder / "seeds" / "sightings.csv").read_text().replace("09:15:30,250", "09:15:30,350")
    (built.folder / "seeds" / "sightings.csv").write_text(changed + "5,LHR,2013-01-03 12:00:00,7\n")
    statuses = built.run("build", "--vars", "{round: 2}")
    assert set(statuses.values()) <= {"success", "pass"}, built.output
    return built


def test_a_contracted_table_has_the_rows_of_its_query(built: Dbt, data_api: Any) -> None:
    assert data_api.rows("select * from everything.by_airport order by code") == [
        ("GIG", 12, "12.00", "2013-01-03 23:59:59"),
        ("JFK", 350, "175.00", "2013-01-02 09:15:30"),
        ("LHR", None, None, "2013-01-01 11:30:00"),
    ]


def test_seeds_keep_text_that_is_not_english(built: Dbt, data_api: Any) -> None:
    assert data_api.rows("select name, latitude, opened from everything.airports where code = 'GIG'") == [
        ("Galeão, Rio", "-22.80900", "1952-02-01")
    ]


def test_views_bound_and_late_binding_answer(built: Dbt, data_api: Any) -> None:
    assert data_api.rows("select name from everything.northern_late order by 1") == [
        ("JOHN F. KENNEDY",),
        ("LONDON HEATHROW",),
    ]


def test_a_grant_of_dbt_is_in_force(built: Dbt, data_api: Any) -> None:
    may_select = "select has_table_privilege('analyst', 'everything.{}', 'select')"
    assert data_api.rows(may_select.format("by_airport")) == [(True,)]
    assert data_api.rows(may_select.format("kinds")) == [(False,)]


def test_descriptions_are_comments_in_the_catalog(built: Dbt) -> None:
    assert built.start("docs", "generate").wait(MINUTES) == 0
    catalog = json.loads((built.folder / "target" / "catalog.json").read_text())
    table = catalog["nodes"]["model.everything.by_airport"]
    assert table["metadata"]["comment"] == "Passengers seen at each airport; it's counted."
    assert table["columns"]["code"]["comment"] == "IATA code, e.g. 'JFK'"
    assert [column["type"] for column in table["columns"].values()] == [
        "character varying(3)",
        "bigint",
        "numeric(12,2)",
        "timestamp without time zone",
    ]
    assert catalog["nodes"]["model.everything.northern"]["metadata"]["type"] == "VIEW"


def test_a_stale_source_is_reported(built: Dbt) -> None:
    assert built.start("source", "freshness").wait(MINUTES) == 0
    (result,) = json.loads((built.folder / "target" / "sources.json").read_text())["results"]
    assert result["status"] == "warn"
    assert result["max_loaded_at"].startswith("2013-01-03T23:59:59")


def test_delete_and_insert_replaces_only_the_newest_days(built_again: Dbt, data_api: Any) -> None:
    assert data_api.rows(
        "select seen_on, sightings, written_in from everything.daily_replaced order by 1"
    ) == [
        ("2013-01-01", 2, 1),
        ("2013-01-02", 1, 1),
        ("2013-01-03", 2, 2),
    ]


def test_merge_updates_inserts_and_takes_the_new_column(built_again: Dbt, data_api: Any) -> None:
    found = data_api.rows(
        "select sighting_id, passengers, written_in from everything.daily_merged order by 1"
    )
    assert found == [(1, 100, 2), (2, 0, 2), (3, 350, 2), (4, 12, 2), (5, 7, 2)]


def test_append_leaves_earlier_rows(built_again: Dbt, data_api: Any) -> None:
    found = data_api.rows("select written_in, sightings from everything.daily_appended order by 1")
    assert found == [(1, 4), (2, 5)]


def test_a_snapshot_keeps_the_former_version(built_again: Dbt, data_api: Any) -> None:
    found = data_api.rows(
        "select passengers, dbt_valid_to is null from everything.airports_checked where code = 'JFK' order by 2"
    )
    assert found == [(350, False), (450, True)]


def test_a_materialized_view_has_the_new_rows(built_again: Dbt, data_api: Any) -> None:
    data_api.must("refresh materialized view everything.materialized")
    found = data_api.rows("select sightings from everything.materialized where airport = 'LHR'")
    assert found == [(2,)]


@pytest.fixture(scope="module")
def partly_built(
    local_aws: Any, loaded_dbt: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Dbt, dict[str, str]]:
    """The project with a broken contract and models that Redshift cannot run, built; and how each node ended."""
    dbt = project(local_aws, loaded_dbt, tmp_path_factory.mktemp("dbt") / "project", "partly")
    for name, sql in BAD.items():
        (dbt.folder / "models" / f"{name}.sql").write_text(sql)
    model = dbt.folder / "models" / "by_airport.sql"
    model.write_text(model.read_text().replace("::bigint as passengers", "::varchar(20) as passengers"))
    select = ["--select", "airports", "kinds", "+by_airport", *BAD]
    return dbt, dbt.run("build", *select, "--exclude-resource-type", "test", "unit_test")


BAD = {
    "with_strftime": "select strftime(current_date, '%Y') as year",
    "with_group_by_all": "select code, count(*) from {{ ref('airports') }} group by all",
    "with_missing_column": "select nothing_like_it from {{ ref('airports') }}",
}


def test_what_redshift_lacks_fails_and_the_rest_is_built(partly_built: tuple[Dbt, dict[str, str]]) -> None:
    dbt, statuses = partly_built
    assert [statuses[name] for name in (*BAD, "airports", "kinds")] == [
        "error",
        "error",
        "error",
        "success",
        "success",
    ]
    assert "function strftime" in dbt.message("with_strftime")
    assert 'column "nothing_like_it" does not exist' in dbt.message("with_missing_column")


def test_a_broken_contract_builds_nothing(partly_built: tuple[Dbt, dict[str, str]], data_api: Any) -> None:
    dbt, statuses = partly_built
    assert statuses["by_airport"] == "error"
    assert "data type mismatch" in dbt.message("by_airport")
    assert (
        'relation "partly.by_airport" does not exist'
        in data_api.run("select 1 from partly.by_airport")["Error"]
    )


def test_two_dbt_processes_build_side_by_side(built: Dbt, data_api: Any) -> None:
    first = built.start("build", "--select", "kinds", "northern+", target="target_a")
    second = built.start("build", "--select", "latest_at_airport", "by_airport", target="target_b")
    outputs = [process.communicate(timeout=MINUTES)[0] for process in (first, second)]
    assert (first.returncode, second.returncode) == (0, 0), outputs
    assert data_api.rows("select count(*) from everything.latest_at_airport") == [(3,)]
