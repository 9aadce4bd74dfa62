"""Waiting until Airflow has read the DAGs of a selection, and saying what is wrong with those it can't read."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from local.mesh.rest import Rest, RestError

_SECONDS = 90


class DagError(Exception):
    """A product's DAG is missing or can't be loaded."""


def wait_for_dags(
    rest: Rest, root: Path, addresses: Iterable[str], begun: datetime, alive: Callable[[], None]
) -> None:
    """Wait until each of these DAGs was read after `begun`.

    Args:
        rest: the Airflow.
        root: the repository.
        addresses: products; each has the DAG of the same name.
        begun: what was read before then may be an older version of the file.
        alive: called while waiting; raises when there is nothing to wait for.

    Raises:
        DagError: with the DAG file and, if it could not be imported, why.
    """
    expected = set(addresses)
    files = {address: Path("dags", *address.split(".")).with_suffix(".py") for address in expected}
    missing = sorted(str(file) for file in files.values() if not (root / file).is_file())
    if missing:
        raise DagError(f"{missing[0]} is missing: every data product has one DAG file of its own name")
    _request_parsing(rest, expected)
    waiting: set[str] = set()
    end = time.monotonic() + _SECONDS
    while time.monotonic() < end:
        alive()
        dags = rest.dags()
        waiting = {
            address for address in expected if address not in dags or not _read_since(dags[address], begun)
        }
        if not waiting:
            return
        for error in rest.import_errors():
            if datetime.fromisoformat(error["timestamp"]) < begun - timedelta(seconds=1):
                continue
            for address in waiting:
                if error["filename"].endswith(files[address].relative_to("dags").as_posix()):
                    raise DagError(f"{files[address]} can't be loaded:\n{error['stack_trace'].strip()}")
        time.sleep(0.3)
    address = min(waiting)
    raise DagError(
        f"Airflow found no DAG {address!r} in {files[address]} within {_SECONDS} s: "
        f"the file declares it with data_product({address!r})"
    )


def _read_since(dag: dict[str, str], begun: datetime) -> bool:
    parsed = dag.get("last_parsed_time")
    return parsed is not None and datetime.fromisoformat(parsed).astimezone(UTC) >= begun


def _request_parsing(rest: Rest, expected: set[str]) -> None:
    """Have the files read now rather than at the next turn; those unknown to Airflow are read anyway."""
    for address, dag in rest.dags().items():
        if address in expected:
            try:
                rest.request("PUT", f"parseDagFile/{dag['file_token']}")
            except RestError as error:
                # 409: it was asked for already
                if "HTTP 409" not in str(error):
                    raise
