"""What happens when a run misses its deadline: one message, with everybody who waits."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from airflow.sdk.configuration import conf

from interline.contracts import Mesh, read_mesh
from interline.contracts.roots import root_of
from interline.sla.lateness import downstream
from interline.sla.promises import promise_of

log = logging.getLogger(__name__)


async def report_late(context: dict[str, Any]) -> str:
    """Airflow's triggerer calls this when a run has missed its deadline.

    :param context: ``dag_run`` as Airflow's REST API shows it, and ``deadline``
    :return: the message; Airflow keeps it with the deadline
    """
    return await asyncio.to_thread(_report, context)


def _report(context: dict[str, Any]) -> str:
    run = context["dag_run"]
    mesh, _problems = read_mesh(root_of(Path(conf.get("core", "dags_folder")).resolve()))
    message, is_news = message_of(mesh, run, str(context["deadline"]["deadline_time"]))
    log.log(logging.ERROR if is_news else logging.INFO, "%s", message)
    return message


def message_of(mesh: Mesh, run: dict[str, Any], deadline: str) -> tuple[str, bool]:
    """Return the message about a run that missed its deadline, and whether it is news.

    It is none when what the product reads was itself published late: then the message named its producer, with this consumer.

    :param run: the run, as Airflow's REST API shows it
    """
    address, day = run["dag_id"], date.fromisoformat(run["partition_key"])
    product = mesh.products.get(address)
    promises = [
        promise_of(mesh.products[port].contract)
        for port in (product.inputs if product else ())
        if port in mesh.products
    ]
    due, queued = _moment(deadline), _moment(run["queued_at"]) if run.get("queued_at") else None
    # it is queued when the last of its inputs is there: later than all of them were due, that one was late
    if promises and queued and all(promise is not None and queued > promise.due(day) for promise in promises):
        return f"{address} for {day} began late: who it waited for was told, with it as a consumer", False
    waiting = downstream(mesh, address) if product else ()
    team = product.domain.team if product else None
    parts = [f"LATE {address}: data day {day} was due {due:%Y-%m-%d %H:%M} UTC and is not published"]
    parts += [f"waiting for it: {', '.join(waiting)}"] if waiting else []
    parts += [f"ask {team.name} <{team.email}>{f' {team.channel}' if team.channel else ''}"] if team else []
    return "; ".join(parts), True


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
