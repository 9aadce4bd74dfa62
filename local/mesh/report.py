"""What every product now holds, read from the mesh itself as the domain that owns it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlparse

import botocore.exceptions

from interline.contracts import Mesh, Product
from interline.sql.tables import Tables
from local.mesh.aws import Aws
from local.mesh.domain_session import QueryFailed, Session, session_of
from local.mesh.readers import readers
from local.mesh.rest import Rest
from local.mesh.tracking import SUCCESS, ProductDay, Tracker


@dataclass(frozen=True)
class ProductReport:
    """One line of the table; what could not be learned is None, and `problem` says why."""

    address: str
    domain: str
    rows: int | None = None
    quarantined: int | None = None
    released: int | None = None
    """Rows that a release from quarantine let in, over all data days checked."""
    checks_passed: int | None = None
    checks: int | None = None
    version: int | None = None
    """The port's current Iceberg snapshot."""
    committed: datetime | None = None
    newest_day: str | None = None
    """The newest data day that was published."""
    readers: tuple[str, ...] = ()
    """Domains to which Lake Formation grants SELECT, with the number of columns where not all."""
    state: str = SUCCESS
    problem: str | None = None


def report(mesh: Mesh, aws: Aws, tracker: Tracker, rest: Rest) -> list[ProductReport]:
    """One report for each product of the run."""
    sessions: dict[str, Session] = {}
    reports = []
    addresses = list(dict.fromkeys(address for address, _day in tracker.product_days))
    who_reads = readers(mesh, aws, [mesh.products[address] for address in addresses])
    for address in addresses:
        product = mesh.products[address]
        days = [view for (of, _), view in tracker.product_days.items() if of == address]
        try:
            session = sessions.get(product.domain.name)
            if session is None:
                session = sessions[product.domain.name] = session_of(aws, product.domain, "interline-report")
            reports.append(_report(product, days, session, rest, who_reads.get(address, ())))
        except (QueryFailed, botocore.exceptions.ClientError) as error:
            state = next((day.state for day in days if day.state != SUCCESS), SUCCESS)
            reports.append(ProductReport(address, product.domain.name, state=state, problem=str(error)))
    return reports


def _report(
    product: Product, days: list[ProductDay], session: Session, rest: Rest, who_reads: tuple[str, ...]
) -> ProductReport:
    published = [day for day in days if day.state == SUCCESS]
    rows = session.athena(
        f'SELECT count(*) FROM "{product.domain.curated_database}"."{product.name}"',
        product.domain.curated_database,
    )
    # one number for each part of what came in: in = out + quarantined + released
    checks_table = Tables(product.domain.name, product.name).checks
    ledger = session.redshift(f"SELECT sum(rows_quarantined), sum(rows_released) FROM {checks_table}")
    if not rows or not ledger:
        raise QueryFailed("a count came back without a row")
    version, committed = _version(product, session)
    passed, checks = _checks(product.address, published, rest)
    return ProductReport(
        address=product.address,
        domain=product.domain.name,
        rows=int(rows[0][0] or 0),
        quarantined=int(ledger[0][0] or 0),
        released=int(ledger[0][1] or 0),
        checks_passed=passed,
        checks=checks,
        version=version,
        committed=committed,
        newest_day=max((day.day.isoformat() for day in published), default=None),
        readers=who_reads,
        state=next((day.state for day in days if day.state != SUCCESS), SUCCESS),
    )


def _version(product: Product, session: Session) -> tuple[int | None, datetime | None]:
    """The port's current snapshot and when it was committed, from its Iceberg metadata."""
    table = session.client("glue").get_table(DatabaseName=product.domain.curated_database, Name=product.name)[
        "Table"
    ]
    place = urlparse(table["Parameters"]["metadata_location"])
    body = session.client("s3").get_object(Bucket=place.netloc, Key=place.path.lstrip("/"))["Body"].read()
    metadata: dict[str, Any] = json.loads(body)
    current = metadata.get("current-snapshot-id")
    for snapshot in metadata.get("snapshots", ()):
        if snapshot["snapshot-id"] == current:
            return current, datetime.fromtimestamp(snapshot["timestamp-ms"] / 1000, UTC)
    return None, None


def _checks(address: str, days: list[ProductDay], rest: Rest) -> tuple[int | None, int | None]:
    """How many checks passed, of how many, over the days of this run; as the check tasks returned it."""
    passed = checks = 0
    found = False
    for day in days:
        for name in day.tasks:
            if name.split(".")[-1] != "check":
                continue
            outcome = rest.returned(address, day.run_id or "", name)
            if isinstance(outcome, dict) and "rules_passed" in outcome:
                found = True
                passed += int(outcome["rules_passed"])
                # a broken rule either fails the task or warns
                checks += int(outcome["rules_passed"]) + len(outcome["warnings"])
    return (passed, checks) if found else (None, None)
