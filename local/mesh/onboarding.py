"""Accounts that were opened while the local AWS runs: prepared by the platform's own DAG before anything lands."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

from botocore.exceptions import ClientError

from interline.contracts import Domain
from local.mesh.aws import Aws
from local.mesh.domain_session import session_of
from local.mesh.readiness import DagError, wait_for_dags
from local.mesh.rest import Rest

DAG_ID = "platform.onboard"
_SECONDS = 180


def unprepared(aws: Aws, domains: Iterable[Domain]) -> list[str]:
    """The domains whose account is opened but holds nothing yet."""
    prepared = aws.description.get("prepared", ())
    return [
        domain.name for domain in domains if domain.name not in prepared and not _has_buckets(aws, domain)
    ]


def _has_buckets(aws: Aws, domain: Domain) -> bool:
    try:
        session_of(aws, domain, "interline-run").client("s3").head_bucket(Bucket=domain.landing_bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] != "404":
            raise
        return False
    return True


def onboard(rest: Rest, root: Path, domains: list[str], alive: Callable[[], None]) -> None:
    """Run the DAG for these domains, and wait until it has ended.

    Raises:
        DagError: it is missing, failed, or took longer than three minutes.
    """
    begun = datetime.now(UTC)
    wait_for_dags(rest, root, [DAG_ID], datetime.fromtimestamp(0, UTC), alive)
    rest.set_paused(DAG_ID, False)
    run_id = f"interline__{begun:%Y-%m-%dT%H:%M:%S.%f}"
    body = {
        "dag_run_id": run_id,
        "logical_date": None,
        "conf": {"domains": domains},
        "note": "by ./interline run",
    }
    rest.request("POST", f"dags/{DAG_ID}/dagRuns", json=body)
    end = time.monotonic() + _SECONDS
    state = "queued"
    while time.monotonic() < end:
        alive()
        state = rest.request("GET", f"dags/{DAG_ID}/dagRuns/{run_id}")["state"]
        if state == "success":
            return
        if state == "failed":
            break
        time.sleep(0.2)
    raise DagError(f"{DAG_ID} for {', '.join(domains)} is {state}: its log is in Airflow's UI, run {run_id}")
