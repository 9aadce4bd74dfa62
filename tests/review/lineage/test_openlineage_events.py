"""What OpenLineage hears of a publish: the real provider's extractor, adapter and file transport over a real task."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from interline.contracts import Mesh, asset_uri

pytest.importorskip("airflow.providers.openlineage")


@pytest.fixture
def event_of(mesh: Mesh, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Returns the event that the provider writes to a file when a product's publish has succeeded."""
    from airflow.dag_processing.dagbag import DagBag
    from airflow.providers.openlineage.extractors.manager import ExtractorManager
    from airflow.providers.openlineage.plugins.adapter import OpenLineageAdapter
    from airflow.utils.state import TaskInstanceState
    from openlineage.client import OpenLineageClient
    from openlineage.client.transport.file import FileConfig, FileTransport

    def event(address: str, published: dict[str, Any] | None = None) -> dict[str, Any]:
        domain, _, name = address.partition(".")
        bag: Any = DagBag(str(mesh.root / "dags" / domain / f"{name}.py"))
        assert bag.import_errors == {}
        task = bag.dags[address].get_task("publish.commit")
        task._published = published
        found = ExtractorManager().extract_metadata(
            SimpleNamespace(run_id="partition"), task, TaskInstanceState.SUCCESS, SimpleNamespace()
        )
        log = tmp_path / "events.json"
        client = OpenLineageClient(transport=FileTransport(FileConfig(log_file_path=str(log), append=True)))
        OpenLineageAdapter(client=client).complete_task(
            run_id=str(uuid.UUID(int=1)),
            job_name=f"{address}.publish.commit",
            end_time="2013-01-03T04:30:00Z",
            task=found,
            nominal_start_time=None,
            nominal_end_time=None,
            owners=None,
            tags=None,
            job_description=None,
        )
        written: dict[str, Any] = json.loads(log.read_text().splitlines()[-1])
        return written

    return event


def test_a_consumer_s_event_names_its_ports_by_their_one_uri(event_of: Any) -> None:
    event = event_of("shopping.route_demand", {"version": "42", "rows_published": 7})
    assert event["eventType"] == "COMPLETE"
    inputs = {f"{dataset['namespace']}/{dataset['name']}" for dataset in event["inputs"]}
    assert inputs == {asset_uri("shopping.searches"), asset_uri("bookings.reservations")}
    [output] = event["outputs"]
    assert f"{output['namespace']}/{output['name']}" == asset_uri("shopping.route_demand")
    assert output["facets"]["version"]["datasetVersion"] == "42"
    assert output["outputFacets"]["outputStatistics"]["rowCount"] == 7


def test_columns_are_followed_to_other_domains(event_of: Any) -> None:
    [output] = event_of("shopping.route_demand")["outputs"]
    lineage = output["facets"]["columnLineage"]
    origins = [
        (field["namespace"], field["name"], field["field"], field["transformations"][0]["type"])
        for field in lineage["fields"]["passengers_booked"]["inputFields"]
    ]
    assert origins == [
        ("s3://bookings-curated", "reservations", "first_data_day", "DIRECT"),
        ("s3://bookings-curated", "reservations", "passengers", "DIRECT"),
    ]
    [revenue] = event_of("loyalty.segments")["outputs"]
    indirect = {(field["name"], field["field"]) for field in revenue["facets"]["columnLineage"]["dataset"]}
    assert ("reservations", "first_data_day") in indirect
    assert ("reservations", "amount") not in indirect


def test_the_contract_is_in_the_event(event_of: Any, mesh: Mesh) -> None:
    [output] = event_of("bookings.reservations")["outputs"]
    facets = output["facets"]
    contract = mesh.products["bookings.reservations"].contract
    assert [field["name"] for field in facets["schema"]["fields"]] == list(contract.column_names)
    tags = {tag["field"]: tag["value"] for tag in facets["tags"]["tags"]}
    assert tags["contact_email"] == "personal"
    [link] = facets["symlinks"]["identifiers"]
    assert link["namespace"] == "arn:aws:glue:us-east-1:222222222222"
    assert link["name"] == "table/bookings_curated/reservations"


def test_what_landed_is_an_input_under_its_landing_bucket(event_of: Any) -> None:
    inputs = {
        (dataset["namespace"], dataset["name"]) for dataset in event_of("bookings.reservations")["inputs"]
    }
    assert ("s3://bookings-landing", "booking_events") in inputs


def test_airflow_s_own_name_of_the_asset_is_the_same(mesh: Mesh) -> None:
    from airflow.providers.amazon.aws.assets.s3 import convert_asset_to_openlineage
    from airflow.sdk import Asset

    for address in mesh.products:
        translated = convert_asset_to_openlineage(Asset(name=address, uri=asset_uri(address)), None)
        assert f"{translated.namespace}/{translated.name}" == asset_uri(address)
