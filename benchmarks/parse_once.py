"""One measurement in a fresh process: `python -m benchmarks.parse_once FOLDER` prints a line of JSON.

Seconds and memory are what a DagBag over the folder costs beyond `import airflow`.
"""

from __future__ import annotations

import json
import logging
import sys
import time

import psutil


def main(folder: str) -> None:
    """Parse every DAG file below `folder`, and print what it cost."""
    before_airflow = time.perf_counter()
    import airflow  # noqa: F401
    from airflow.dag_processing.dagbag import DagBag

    logging.disable(logging.INFO)
    process = psutil.Process()
    memory, seconds, processor = process.memory_info().rss, time.perf_counter(), time.process_time()
    bag = DagBag(folder)
    cost = {
        "import_airflow": seconds - before_airflow,
        "seconds": time.perf_counter() - seconds,
        "processor": time.process_time() - processor,
        "memory": process.memory_info().rss - memory,
        "dags": len(bag.dags),
        "tasks": sum(len(dag.tasks) for dag in bag.dags.values()),
        "errors": {file: text.strip().splitlines()[-1] for file, text in bag.import_errors.items()},
    }
    print(json.dumps(cost))


if __name__ == "__main__":
    main(sys.argv[1])
