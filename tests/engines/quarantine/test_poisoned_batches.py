"""Whatever is wrong with a batch, no consumer ever reads it, every row is accounted for, the last good version stays."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from tests.engines.conftest import LocalAwsProcess
from tests.engines.probe_mesh import TABLES, Probes, good_row

FIRST, SECOND = "2013-01-01", "2013-01-02"
GOOD = ["P1", "P2", "P3"]


def good_batch(day: str) -> list[dict[str, Any]]:
    return [good_row(day, number) for number in (1, 2, 3)]


@pytest.fixture(scope="module")
def published(probes: Probes) -> Probes:
    """The probes with a good version published for the first day."""
    probes.batch(FIRST, *good_batch(FIRST))
    probes.run("check", FIRST)
    probes.publish(FIRST)
    assert probes.published(FIRST) == GOOD
    return probes


def test_openlineage_hears_the_version_and_the_rows_of_a_publish(published: Probes) -> None:
    found = published.ran["publish.commit"].get_openlineage_facets_on_complete(None)
    [port] = found.outputs
    assert (port.namespace, port.name) == ("s3://bookings-curated", "probes")
    assert port.outputFacets["outputStatistics"].rowCount == len(GOOD)
    assert port.facets["version"].datasetVersion.isdigit()
    assert [field.name for field in port.facets["schema"].fields] == list(
        published.product.contract.column_names
    )
    assert ("s3://bookings-landing", "airports") in {
        (source.namespace, source.name) for source in found.inputs
    }


ROW_POISONS = {
    "required": ({"seen_at": None}, "seen_at_required"),
    "a part of the key": ({"probe_id": None}, "probe_id_required"),
    "pattern": ({"probe_id": "X9"}, "probe_id_pattern"),
    "too short": ({"probe_id": "P"}, "probe_id_pattern,probe_id_min_length"),
    "too long": ({"probe_id": "P1234"}, "probe_id_max_length"),
    "minimum": ({"seats": 0}, "seats_minimum"),
    "maximum": ({"seats": 10}, "seats_maximum"),
    "exclusive minimum": ({"price": 0}, "price_exclusive_minimum"),
    "exclusive maximum": ({"price": 1000}, "price_exclusive_maximum"),
    "not in the list": ({"cabin": "deck"}, "cabin_values"),
    "refers to nothing": ({"origin": "XXX"}, "origin_in_airports"),
    "invalid by a metric": ({"note": "   "}, "notes_are_not_blank"),
    "an expression over columns": ({"cabin": "business", "price": 50}, "business_costs_more"),
    "an expression that is null": ({"cabin": "business", "price": None}, "business_costs_more"),
    "several rules at once": (
        {"seats": 99, "cabin": "deck", "seen_at": None},
        "seats_maximum,cabin_values,seen_at_required",
    ),
}


def test_poisoned_rows_are_quarantined_the_rest_published(published: Probes) -> None:
    """All of them in one batch; each alone, at many places, is in test_generated_poison.py."""
    bad = [good_row(SECOND, number) | change for number, (change, _) in enumerate(ROW_POISONS.values(), 9)]
    published.batch(SECOND, *good_batch(SECOND), *bad)
    numbers = published.run("check", SECOND)
    count = len(ROW_POISONS)
    assert (numbers["rows_in"], numbers["rows_checked"], numbers["rows_quarantined"]) == (3 + count, 3, count)
    published.publish(SECOND)
    assert published.published(SECOND) == GOOD
    assert published.published(FIRST) == GOOD
    found = published.sql(f"select rule, reason from {TABLES.quarantine} where data_day = '{SECOND}'")
    assert sorted(rule for rule, _ in found) == sorted(rules for _, rules in ROW_POISONS.values())
    assert all(reason for _, reason in found)


BATCH_POISONS: dict[str, tuple[list[dict[str, Any]], str]] = {
    "primary key": ([good_row(SECOND, 3, note="other", ticket="T9")], "primary_key"),
    "no duplicates of two columns": ([good_row(SECOND, 4, note="note 1", price=101)], "one_price_a_note"),
    "a query": ([good_row(SECOND, n, seats=9) for n in range(4, 12)], "not_too_many_seats"),
}


@pytest.mark.parametrize("poison", BATCH_POISONS)
def test_a_poisoned_batch_stops_and_readers_keep_the_last_good(published: Probes, poison: str) -> None:
    rows, rule = BATCH_POISONS[poison]
    published.batch(SECOND, *good_batch(SECOND))
    published.run("check", SECOND)
    published.publish(SECOND)
    published.batch(SECOND, *good_batch(SECOND), *rows)
    with pytest.raises(AirflowFailException, match=rule):
        published.run("check", SECOND)
    with pytest.raises(AirflowFailException, match="did not pass its check"):
        published.run("publish.commit", SECOND)
    assert published.published(SECOND) == GOOD
    assert published.published(FIRST) == GOOD


def test_too_few_rows_left_after_quarantine_stop_the_batch(published: Probes) -> None:
    published.batch(SECOND, *good_batch(SECOND)[:2], good_row(SECOND, 3, seats=0))
    with pytest.raises(AirflowFailException, match=r"enough_rows.*it is 2, expected between 2 and 21"):
        published.run("check", SECOND)


def test_a_batch_with_nothing_left_stops_and_says_so(published: Probes) -> None:
    published.batch(SECOND, good_row(SECOND, 1, seats=0))
    with pytest.raises(AirflowFailException, match="all 1 rows broke a rule"):
        published.run("check", SECOND)


def test_a_stale_batch_stops(published: Probes) -> None:
    published.batch(SECOND, *(good_row(SECOND, n, seen_at=f"{SECOND} 17:59:00") for n in (1, 2, 3)))
    with pytest.raises(AirflowFailException, match=r"freshness.*it is 6\.01666, expected <= 6"):
        published.run("check", SECOND)


def test_a_batch_of_another_schema_stops(published: Probes) -> None:
    published.batch(SECOND, *good_batch(SECOND))
    published.sql(
        f"alter table {TABLES.batch} add column extra integer",
        f"alter table {TABLES.batch} drop column ticket",
    )
    with pytest.raises(AirflowFailException) as caught:
        published.run("check", SECOND)
    assert "the column ticket is missing" in str(caught.value)
    assert "the column extra is not in the contract" in str(caught.value)
    assert published.published(FIRST) == GOOD


def test_a_rule_that_only_warns_is_reported_and_the_batch_goes_on(published: Probes) -> None:
    published.batch(SECOND, *good_batch(SECOND), good_row(SECOND, 4, price=1))
    numbers = published.run("check", SECOND)
    assert [warning.split(":")[0] for warning in numbers["warnings"]] == ["seldom_cheap"]
    published.publish(SECOND)
    assert published.published(SECOND) == [*GOOD, "P4"]


def test_checking_and_publishing_twice_is_doing_it_once(published: Probes) -> None:
    published.batch(SECOND, *good_batch(SECOND), good_row(SECOND, 9, seats=0))
    first = published.run("check", SECOND)
    assert published.run("check", SECOND) == first
    published.publish(SECOND)
    published.publish(SECOND)
    assert published.published(SECOND) == GOOD
    assert published.sql(f"select count(*) from {TABLES.quarantine} where data_day = '{SECOND}'") == ((1,),)


def test_clearing_only_an_older_day_s_commit_publishes_nothing(published: Probes) -> None:
    published.batch(SECOND, *good_batch(SECOND), good_row(SECOND, 5))
    published.run("check", SECOND)
    with pytest.raises(AirflowFailException, match=f"is of {SECOND}, not of {FIRST}"):
        published.run("publish.commit", FIRST)
    assert published.published(FIRST) == GOOD


def test_the_event_tells_consumers_what_was_published(published: Probes) -> None:
    published.batch(SECOND, *good_batch(SECOND), good_row(SECOND, 9, seats=0))
    published.run("check", SECOND)
    published.publish(SECOND)
    [event] = published.events.values()
    numbers = {name: value for name, value in event.extra.items() if name.startswith("rows_")}
    assert numbers == {"rows_in": 4, "rows_published": 3, "rows_quarantined": 1, "rows_released": 0}
    assert event.extra["data_day"] == SECOND


def test_a_run_without_a_data_day_learns_how_to_get_one(published: Probes) -> None:
    with pytest.raises(ValueError, match="use a backfill, or trigger the DAG through the REST API"):
        published.run("check", "")


def test_a_publish_takes_away_what_no_contract_says(published: Probes, probe_aws: LocalAwsProcess) -> None:
    lake_formation = probe_aws.client("lakeformation", "bookings")
    resource = {"Table": {"CatalogId": "222222222222", "DatabaseName": "bookings_curated", "Name": "probes"}}
    stranger = {"DataLakePrincipalIdentifier": "arn:aws:iam::333333333333:role/interline-stranger"}

    def readers() -> set[str]:
        entries = lake_formation.list_permissions(CatalogId="222222222222", Resource=resource)
        return {
            entry["Principal"]["DataLakePrincipalIdentifier"]
            for entry in entries["PrincipalResourcePermissions"]
            if "SELECT" in entry["Permissions"]
            and "222222222222" not in entry["Principal"]["DataLakePrincipalIdentifier"]
        }

    # The contract's own role reads by an LF-Tag expression, which a domain is not shown.
    assert readers() == set()
    columns = {"TableWithColumns": {**resource["Table"], "ColumnNames": ["note"]}}
    lake_formation.grant_permissions(
        CatalogId="222222222222", Principal=stranger, Resource=columns, Permissions=["SELECT"]
    )
    assert readers() == {stranger["DataLakePrincipalIdentifier"]}
    assert any("stranger" in message for message in published.run("publish.grant", FIRST))
    assert readers() == set()
    assert not any("stranger" in message for message in published.run("publish.grant", FIRST))
