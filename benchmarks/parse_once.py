"""One measurement in a fresh process: `python -m benchmarks.parse_once FOLDER [--forked FILES]`.

Prints a line of JSON: what a DagBag over the folder costs beyond `import airflow`; or, with `--forked`, what Airflow's
DAG processor spends on one file, for which it starts a new process each time.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import psutil


def parse_all(folder: Path) -> dict[str, Any]:
    """Return what one DagBag over every file below `folder` costs."""
    from airflow.dag_processing.dagbag import DagBag

    process = psutil.Process()
    memory, seconds, processor = process.memory_info().rss, time.perf_counter(), time.process_time()
    bag = DagBag(str(folder))
    return {
        "seconds": time.perf_counter() - seconds,
        "processor": time.process_time() - processor,
        "memory": process.memory_info().rss - memory,
        "dags": len(bag.dags),
        "tasks": sum(len(dag.tasks) for dag in bag.dags.values()),
        "errors": {file: text.strip().splitlines()[-1] for file, text in bag.import_errors.items()},
    }


def parse_forked(folder: Path, count: int) -> dict[str, Any]:
    """Return the median of what Airflow's DAG processor spends on a file: fork, parse, serialise.

    The manager imports the airflow modules that a file names before it forks (`parsing_pre_import_modules`), and as it
    starts `plugins/airflow_local_settings.py`; all else the file imports is imported in the fork, and again in the next.
    """
    import structlog
    from airflow.dag_processing.processor import (
        DagFileParseRequest,
        _parse_file,
        _pre_import_airflow_modules,
    )

    log = structlog.get_logger("benchmark")
    costs = []
    for file in sorted(folder.glob("*/*.py"))[:count]:
        _pre_import_airflow_modules(str(file), log)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                result = _parse_file(
                    DagFileParseRequest(
                        file=str(file), bundle_path=folder, bundle_name="dags-folder", callback_requests=[]
                    ),
                    log,
                )
                code = 0 if result is not None and len(result.serialized_dags) == 1 else 1
            finally:
                os._exit(code)
        _, status, usage = os.wait4(child, 0)
        if status:
            raise RuntimeError(f"{file} was not parsed into one DAG")
        costs.append(usage.ru_utime + usage.ru_stime)
    return {"processor": statistics.median(costs), "files": len(costs)}


def main() -> None:
    """Measure what the command line names."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--forked", type=int, metavar="FILES", help="as the DAG processor, so many files")
    arguments = parser.parse_args()
    if arguments.forked:
        # Airflow's own settings look at which of its commands this is.
        sys.argv[1:] = ["dag-processor"]
    import airflow  # noqa: F401

    logging.disable(logging.INFO)
    measure = (
        parse_forked(arguments.folder, arguments.forked) if arguments.forked else parse_all(arguments.folder)
    )
    print(json.dumps(measure))


if __name__ == "__main__":
    main()
