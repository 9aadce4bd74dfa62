"""A mesh that only announces: products without data, so that hundreds of days run in a minute or two."""

from __future__ import annotations

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
DOMAIN = "trial"
PRODUCTS: dict[str, tuple[str, ...]] = {
    "one": (),
    "two": (),
    "pair": ("one", "two"),
    "source": (),
    "left": ("source",),
    "right": ("source",),
    "sink": ("left", "right"),
    "uneven": ("source", "left"),
    "first": (),
    "second": (),
    "late": ("first", "second"),
}
"""Every product with what it reads: a pair, a diamond with an uneven side, and a pair whose consumer misses days."""
_READ = {port for inputs in PRODUCTS.values() for port in inputs}

_DOMAIN_FILE = """\
name: trial
account: "999999999999"
region: us-east-1
description: Only for this test.
team: {name: Trial, email: trial@example.com}
"""
_PRODUCT_FILE = """\
apiVersion: v1.0.0
kind: DataProduct
id: trial.{name}
name: {name}
status: active
domain: trial
{inputs}outputPorts:
  - {{name: {name}, type: iceberg, version: 1.0.0, contractId: trial.{name}}}
"""
_SOURCES = """\
customProperties:
  - property: sources
    value:
      - {name: events, format: csv}
"""
_CONTRACT_FILE = """\
apiVersion: v3.2.0
kind: DataContract
id: trial.{name}
version: 1.0.0
status: active
schema:
  - name: {name}
    description: One row.
    properties:
      - name: data_day
        logicalType: date
        physicalType: date
        description: Data day.
        partitioned: true
        primaryKey: true
        primaryKeyPosition: 1
        classification: internal
"""
_DAG_FILE = '''\
"""A product that holds nothing and announces every day. In the folder of Airflow's DAGs."""

from airflow.providers.standard.operators.empty import EmptyOperator

from interline.airflow.dag import data_product, port_asset
from interline.airflow.operators.announce import AnnounceOperator

with data_product("trial.{name}", file=__file__, doc_md=__doc__, {schedule}max_active_runs=32, deadline=None):
    {task}
'''
_ANNOUNCE = (
    'AnnounceOperator(task_id="announce", port=port_asset("trial.{name}"), published={{"rows_published": 0}})'
)
_EVERY_QUARTER = 'schedule="*/15 * * * *"'
# one without anything to do, which the scheduler marks as done without a process
_NOTHING = 'EmptyOperator(task_id="nothing")'


def write(root: Path) -> None:
    """Write the mesh, with the platform's own watching DAG."""
    _text(root / "domains" / DOMAIN / "domain.yaml", _DOMAIN_FILE)
    for name, inputs in PRODUCTS.items():
        folder = root / "domains" / DOMAIN / name
        ports = "".join(
            f"  - {{name: {port}, version: 1.0.0, contractId: trial.{port}}}\n" for port in inputs
        )
        product = _PRODUCT_FILE.format(name=name, inputs=f"inputPorts:\n{ports}" if ports else "")
        _text(folder / "product.yaml", product if ports else product + _SOURCES)
        _text(folder / "contract.yaml", _CONTRACT_FILE.format(name=name))
        schedule = "" if inputs else 'schedule="0 3 * * *", '
        task = _ANNOUNCE.format(name=name) if name in _READ else _NOTHING
        _text(
            root / "dags" / DOMAIN / f"{name}.py", _DAG_FILE.format(name=name, schedule=schedule, task=task)
        )
    watching = (REPOSITORY / "dags" / "platform" / "scheduling.py").read_text()
    assert _EVERY_QUARTER in watching
    # a test says when it runs
    _text(root / "dags" / "platform" / "scheduling.py", watching.replace(_EVERY_QUARTER, "schedule=None"))


def _text(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
