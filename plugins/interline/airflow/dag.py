"""A data product as an Airflow DAG: who owns it, when it runs, what it is about; the verbs fill it with tasks."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

from airflow.sdk import DAG, Asset, CronPartitionTimetable, PartitionedAssetTimetable

from interline.airflow import policy
from interline.airflow.deadlines import publication_deadline
from interline.airflow.documentation import page_and_due
from interline.contracts import Product, asset_uri, load_product, split_address
from interline.contracts.disk_cache import cached_on_disk
from interline.contracts.roots import root_of

policy.register()

_open: list[ProductDag] = []


class ProductDag:
    """The DAG of one product while its file is read; verbs ask it for the product.

    Use as a context manager, as :func:`data_product` returns it.
    """

    def __init__(self, product: Product, root: Path, dag: DAG) -> None:
        self.product = product
        self.root = root
        self.dag = dag

    def __enter__(self) -> DAG:
        self.dag.__enter__()
        _open.append(self)
        return self.dag

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _open.pop()
        self.dag.__exit__(kind, error, trace)  # type: ignore[no-untyped-call]  # Airflow gives it no types


def data_product(
    address: str, *, file: str, doc_md: str | None, schedule: str | None = None, **dag_arguments: Any
) -> ProductDag:
    """Return the DAG of the product at ``address``, to be filled with verbs.

    :param address: ``<domain>.<product>``, also the DAG's id; the file is ``dags/<domain>/<product>.py``
    :param file: the DAG file's own ``__file__``: the mesh's files are those beside it, wherever Airflow keeps a copy
    :param doc_md: the runbook: the file's docstring, ``__doc__``
    :param schedule: for a product that something lands for: a cron expression in UTC, when the day before has
        landed. A product with input ports leaves it out: it runs when all of them have published a data day.
    :param dag_arguments: anything else that an Airflow DAG takes

    Raises:
        interline.contracts.MeshError: there is no such product, or its files are wrong.
        ValueError: the schedule does not fit the product.
    """
    root = root_of(Path(file).resolve().parent)
    product = load_product(root, address)
    domain = product.domain
    page, due_seconds = _page_and_due(product)
    defaults = {"owner": domain.name, "pool": domain.pool, **dag_arguments.pop("default_args", {})}
    dag = DAG(
        dag_id=address,
        schedule=_timetable(product, schedule),
        description=product.file.purpose or product.file.title,
        doc_md=f"{(doc_md or f'# {product.file.title}').strip()}\n\n{page}",
        tags=sorted({domain.name, "consumer" if product.inputs else "source-aligned", *product.file.tags}),
        default_args=defaults,
        **{
            "catchup": False,
            "max_active_runs": 1,
            "deadline": publication_deadline(due_seconds),
            **dag_arguments,
        },
    )
    return ProductDag(product, root, dag)


def current() -> ProductDag:
    """Return the product whose DAG file is being read.

    Raises:
        RuntimeError: called outside ``with data_product(…)``.
    """
    if not _open:
        raise RuntimeError("a verb stands outside `with data_product(…):`")
    return _open[-1]


def port_asset(address: str) -> Asset:
    """Return the Airflow asset of a port; its name is the address, its URI where the port's files are."""
    return Asset(name=address, uri=asset_uri(address), group=split_address(address)[0])


def _page_and_due(product: Product) -> tuple[str, float | None]:
    """Return what a DAG says of the contract: its part of the page in the UI, and in how many seconds a day is due."""
    folder = product.directory
    files = (f"{folder}/contract.yaml", f"{folder}/product.yaml", f"{folder}/../domain.yaml")
    return cached_on_disk(files, partial(page_and_due, product))


def _timetable(product: Product, schedule: str | None) -> CronPartitionTimetable | PartitionedAssetTimetable:
    if schedule is None:
        if not product.inputs:
            raise ValueError(
                f"{product.address} has no input ports to wait for: give it a schedule, the cron line after which"
                " the day before has landed"
            )
        ports: Any = port_asset(product.inputs[0])
        for address in product.inputs[1:]:
            ports = ports & port_asset(address)
        return PartitionedAssetTimetable(assets=ports)
    if product.inputs:
        raise ValueError(
            f"{product.address} runs when its input ports {', '.join(product.inputs)} have published a day:"
            " leave the schedule out"
        )
    return CronPartitionTimetable(schedule, timezone="UTC", run_offset=-1, key_format="%Y-%m-%d")
