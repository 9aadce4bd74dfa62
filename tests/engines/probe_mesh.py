"""A mesh of its own with one product, whose contract has a rule of every kind, and its real tasks one by one."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from interline.aws.redshift_statements import RedshiftStatementsHook, Value
from interline.contracts import Product, load_product
from interline.sql.tables import Tables

ADDRESS = "bookings.probes"
DAYS = ("2013-01-01", "2013-01-02")
"""The days whose airports have landed."""
TABLES = Tables("bookings", "probes")

DOMAIN = """\
name: {name}
account: "{account}"
region: us-east-1
description: Only for this test.
team: {{name: {name}, email: {name}@example.com}}
"""
ACCOUNTS = {"platform": "111111111111", "bookings": "222222222222", "shopping": "333333333333"}

PRODUCT = """\
apiVersion: v1.0.0
kind: DataProduct
id: bookings.probes
name: Probes
status: active
domain: bookings
outputPorts:
  - {name: probes, type: iceberg, version: 1.0.0, contractId: bookings.probes}
customProperties:
  - property: sources
    value:
      - {name: airports, format: csv}
"""

CONTRACT = """\
apiVersion: v3.2.0
kind: DataContract
id: bookings.probes
version: 1.0.0
status: active
schema:
  - name: probes
    description: One probe.
    properties:
      - name: data_day
        logicalType: date
        physicalType: date
        description: Data day.
        partitioned: true
        primaryKey: true
        primaryKeyPosition: 1
      - name: probe_id
        logicalType: string
        physicalType: varchar(20)
        description: Key.
        primaryKey: true
        primaryKeyPosition: 2
        logicalTypeOptions: {pattern: "^P[0-9]+$", minLength: 2, maxLength: 4}
      - name: seats
        logicalType: integer
        physicalType: integer
        description: A number with bounds.
        logicalTypeOptions: {minimum: 1, maximum: 9, multipleOf: 1}
      - name: price
        logicalType: number
        physicalType: decimal(10,2)
        description: A number with bounds that are outside.
        logicalTypeOptions: {exclusiveMinimum: 0, exclusiveMaximum: 1000}
      - name: cabin
        logicalType: string
        physicalType: varchar(20)
        description: One of a list.
        enum: [{value: economy}, {value: business}]
      - name: origin
        logicalType: string
        physicalType: varchar(8)
        description: An airport that landed on the day.
        relationships: [{to: airports.iata_code}]
      - name: seen_at
        logicalType: timestamp
        physicalType: timestamp
        description: When.
        required: true
      - name: note
        logicalType: string
        physicalType: varchar(20)
        description: Tolerated when missing, up to a limit; never blank.
        quality:
          - {name: notes are not blank, metric: invalidValues, arguments: {pattern: "[^ ]"}, mustBe: 0}
          - {name: most have a note, metric: nullValues, unit: percent, mustBeLessThan: 50}
      - name: ticket
        logicalType: string
        physicalType: varchar(20)
        description: Unique.
        unique: true
    quality:
      - {name: enough rows, metric: rowCount, mustBeBetween: [2, 21]}
      - {name: one price a note, metric: duplicateValues, arguments: {properties: [note, price]}, mustBe: 0}
      - name: business costs more
        type: custom
        engine: redshift
        implementation: cabin <> 'business' or price > 100
      - {name: not too many seats, type: sql, query: "select sum(seats) from ${object}", mustBeLessThan: 60}
      - {name: seldom cheap, type: sql, query: "select count(*) from ${object} where price < 2", mustBe: 0, severity: warning}
roles:
  - {role: shopping, access: read}
slaProperties:
  - {property: freshness, value: 6, unit: h, element: probes.seen_at}
"""

DAG = '''\
"""# Probes"""

from airflow.sdk import chain

from interline.airflow.dag import data_product
from interline.airflow.verbs import build, check, publish

with data_product("bookings.probes", schedule="0 4 * * *", file=__file__, doc_md=__doc__):
    chain(build(), check(), publish())
'''

MODEL = """\
select cast(day as date) as data_day, probe_id, seats, price, cabin, origin, cast(seen_at as timestamp) as seen_at, note,
  ticket
from bookings.delivered
where day = {{ landing_day() }}
"""
"""What was delivered is a table that a test fills, so that it can be as wrong as the test wants it."""

COLUMNS = "day, probe_id, seats, price, cabin, origin, seen_at, note, ticket"


def write_mesh(root: Path, repository: Path) -> None:
    """Write the mesh's files; macros and profile of dbt are the repository's."""
    for name, account in ACCOUNTS.items():
        _write(root / "domains" / name / "domain.yaml", DOMAIN.format(name=name, account=account))
    _write(root / "domains" / "bookings" / "probes" / "product.yaml", PRODUCT)
    _write(root / "domains" / "bookings" / "probes" / "contract.yaml", CONTRACT)
    _write(root / "dags" / "bookings" / "probes.py", DAG)
    _write(root / "dbt" / "models" / "bookings" / "probes.sql", MODEL)
    for name in ("profiles.yml", "dbt_project.yml", "macros/data_day.sql"):
        _write(root / "dbt" / name, (repository / "dbt" / name).read_text())


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


class TaskInstance:
    """Takes what operators push, knows what tasks returned, and says when it began."""

    start_date = datetime(2013, 1, 3, tzinfo=UTC)

    def __init__(self, returned: dict[str, Any]) -> None:
        self._returned = returned

    def xcom_pull(self, task_ids: str, **_: Any) -> Any:
        """Return what a task returned last."""
        return self._returned.get(task_ids)

    def xcom_push(self, **_: Any) -> None:
        """Nothing reads it here."""


class Event:
    """An asset event as a task fills it."""

    def __init__(self) -> None:
        self.extra: dict[str, Any] = {}


class Events(dict[Any, Event]):
    """The asset events of one task."""

    def __missing__(self, key: Any) -> Event:
        self[key] = Event()
        return self[key]


class Probes:
    """The product's real tasks on a real local AWS, and its tables."""

    def __init__(self, root: Path) -> None:
        from airflow.dag_processing.dagbag import DagBag

        bag = DagBag(str(root / "dags"))
        assert bag.import_errors == {}
        self.dag = bag.dags[ADDRESS]
        self.product: Product = load_product(root, ADDRESS)
        self.hook = RedshiftStatementsHook(
            aws_conn_id="aws_bookings", region_name="us-east-1", cluster="bookings", database="bookings"
        )
        self.events = Events()
        self.ran: dict[str, Any] = {}
        """Of each task the operator that ran last."""
        self.returned: dict[str, Any] = {}
        """Of each task what it returned last."""

    def begin(self, source: Any) -> None:
        """Land the airports by a client of the source systems, type them as every product does, make the schemas."""
        from interline.airflow.operators.crawling import LandingCrawlerOperator
        from interline.ingest.crawler import crawler_definition

        for day in DAYS:
            body = b"iata_code,runways\nJFK,4\nLHR,2\n"
            source.put_object(Bucket="bookings-landing", Key=f"airports/dt={day}/airports.csv", Body=body)
        LandingCrawlerOperator(
            task_id="crawl",
            config=crawler_definition(self.product, ["airports"]),
            tables=["airports"],
            poll_interval=1,
            aws_conn_id="aws_bookings",
            region_name="us-east-1",
        ).execute({})
        self.sql("create schema bookings")
        for database in ("bookings_landing", "bookings_curated"):
            self.sql(
                f"create external schema {database} from data catalog database '{database}'"
                f" iam_role '{self.product.domain.role_arn}'"
            )

    def forget(self, s3: Any) -> None:
        """Leave nothing of what was built, checked and published; ``s3`` is a client of the domain."""
        self.sql(
            f"drop table if exists {TABLES.port}", "drop schema bookings cascade", "create schema bookings"
        )
        listed = s3.list_objects_v2(Bucket="bookings-curated", Prefix="probes/").get("Contents", ())
        for entry in listed:
            s3.delete_object(Bucket="bookings-curated", Key=entry["Key"])
        self.events.clear()
        self.ran.clear()
        self.returned.clear()

    def sql(self, *statements: str) -> tuple[tuple[Value, ...], ...]:
        """Run statements, each by itself, as the domain's role; return the rows of the last."""
        for statement in statements:
            result = self.hook.run(statement)[0]
        return result.rows

    def run(self, task_id: str, day: str) -> Any:
        """Run one task as Airflow would, for a data day."""
        task = self.dag.get_task(task_id)
        prepared = type(task).__new__(type(task))
        prepared.__dict__.update(task.__dict__)
        context: Any = {
            "partition_key": day,
            "run_id": "run-of-the-test",
            "ti": TaskInstance(self.returned),
            "outlet_events": self.events,
        }
        prepared.render_template_fields(context)
        try:
            self.returned[task_id] = prepared.execute(context)
        finally:
            # Its clients serve the next run too: making them takes longer than using them.
            if task_id != "publish.announce":
                task.__dict__["hook"] = prepared.hook
            self.ran[task_id] = prepared
        return self.returned[task_id]

    def publish(self, day: str) -> Any:
        """Declare, grant, commit and announce."""
        for task_id in ("publish.declare", "publish.grant", "publish.commit"):
            self.run(task_id, day)
        return self.run("publish.announce", day)

    def batch(self, day: str, *rows: dict[str, Any]) -> None:
        """Put rows where the batch that dbt built is, typed as the contract says."""
        listed = ", ".join(
            f'"{column.name}" {column.physical_type}' for column in self.product.contract.columns
        )
        self.sql(f"drop table if exists {TABLES.batch}", f"create table {TABLES.batch} ({listed})")
        names = [column.name for column in self.product.contract.columns]
        values = ", ".join(f"({', '.join(_literal(row[name]) for name in names)})" for row in rows)
        self.sql(f"insert into {TABLES.batch} ({', '.join(names)}) values {values}")

    def published(self, day: str) -> list[Value]:
        """Return the keys that the port has for a day."""
        rows = self.sql(f"select probe_id from {TABLES.port} where data_day = '{day}' order by probe_id")
        return [row[0] for row in rows]


def _literal(value: Any) -> str:
    if value is None:
        return "null"
    return str(value) if isinstance(value, (int, float)) else "'" + str(value).replace("'", "''") + "'"


def good_row(day: str, number: int, **changes: Any) -> dict[str, Any]:
    """Return a row that keeps every rule, changed as asked."""
    row: dict[str, Any] = {
        "data_day": day,
        "probe_id": f"P{number}",
        "seats": 2,
        "price": 100 + number,
        "cabin": "economy",
        "origin": "JFK",
        "seen_at": f"{day} 20:00:00",
        "note": f"note {number}",
        "ticket": f"T{number}",
    }
    return row | changes
