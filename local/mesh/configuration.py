"""Airflow's whole configuration, as environment variables: no airflow.cfg, nothing of the person's own.

Only the variables named here and in PASSED_ON reach Airflow, so that neither an AWS profile nor an
AIRFLOW__ setting of the shell changes what runs.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from local.mesh.dbt import DBT_VARIABLE, dbt_executable
from local.mesh.home import Home
from local.mesh.ports import LOOPBACK

_WORKERS = 16
"""Processes that wait for tasks. They are forks, which cost little, and each stays with its task a
little longer than the task runs: pools, not workers, limit what runs at once."""
PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "USER", "LOGNAME", "TERM", "LD_LIBRARY_PATH")
"""What is passed on from the shell."""


def plain_environment(root: Path) -> dict[str, str]:
    """The variables every process of the mesh starts from."""
    environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    executables = Path(sys.prefix) / "bin"
    environment["PATH"] = os.pathsep.join([str(executables), environment.get("PATH", os.defpath)])
    environment["PYTHONPATH"] = os.pathsep.join([str(root), str(root / "plugins")])
    environment["PYTHONUNBUFFERED"] = "1"
    return environment


def airflow_environment(
    root: Path,
    home: Home,
    *,
    port: int,
    execution_port: int,
    jwt_secret: str,
    aws: Mapping[str, str],
    dags: Path | None = None,
    reading_seconds: int = 300,
) -> dict[str, str]:
    """The environment of every Airflow process.

    Args:
        root: the repository.
        home: where its metadata and logs are kept.
        port: of the API server that people and `rest` use, on loopback.
        execution_port: of the API server that tasks use, on loopback.
        jwt_secret: signs the tokens; at least 64 bytes, new for every start.
        aws: how to act as Airflow on the local AWS (`environment` of `aws.json`).
        dags: the DAGs folder, if it is not the repository's.
        reading_seconds: how often a DAG file is read again, unless somebody asks for it.
    """
    url = f"http://{LOOPBACK}:{port}"
    settings: dict[str, dict[str, object]] = {
        "CORE": {
            "DAGS_FOLDER": dags or root / "dags",
            "PLUGINS_FOLDER": root / "plugins",
            "LOAD_EXAMPLES": False,
            "EXECUTOR": "LocalExecutor",
            "PARALLELISM": _WORKERS,
            "DAGS_ARE_PAUSED_AT_CREATION": True,
            "SIMPLE_AUTH_MANAGER_ALL_ADMINS": True,
            "EXECUTION_API_SERVER_URL": f"http://{LOOPBACK}:{execution_port}/execution/",
            # a failure is to be seen at once; on MWAA retries are set on the environment
            "DEFAULT_TASK_RETRIES": 0,
            "MIN_SERIALIZED_DAG_UPDATE_INTERVAL": 0,
            "HOSTNAME_CALLABLE": "local.mesh.ports.host_name",
            "DAGBAG_IMPORT_TIMEOUT": 60,
            "KILLED_TASK_CLEANUP_TIME": 5,
        },
        "DATABASE": {
            "SQL_ALCHEMY_CONN": f"sqlite:///{home.database}",
            # readers and writers share one SQLite file: wait for each other rather than fail
            "SQL_ALCHEMY_CONNECT_ARGS": "local.mesh.database.CONNECT_ARGUMENTS",
            "LOAD_DEFAULT_CONNECTIONS": False,
            "CHECK_MIGRATIONS": False,
        },
        "API": {"HOST": LOOPBACK, "PORT": port, "BASE_URL": url, "WORKERS": 1, "INSTANCE_NAME": "Interline"},
        "API_AUTH": {"JWT_SECRET": jwt_secret, "JWT_EXPIRATION_TIME": 7 * 86400},
        "EXECUTION_API": {"JWT_EXPIRATION_TIME": 6 * 3600},
        "SCHEDULER": {
            "SCHEDULER_IDLE_SLEEP_TIME": 0.3,
            "SCHEDULER_HEARTBEAT_SEC": 5,
            "ENABLE_HEALTH_CHECK": False,
            "CATCHUP_BY_DEFAULT": False,
            "TASK_INSTANCE_HEARTBEAT_TIMEOUT": 60,
            "MAX_DAGRUNS_TO_CREATE_PER_LOOP": 50,
            "MAX_DAGRUNS_PER_LOOP_TO_SCHEDULE": 50,
        },
        "DAG_PROCESSOR": {
            "PARSING_PROCESSES": 1,
            "REFRESH_INTERVAL": 10,
            "MIN_FILE_PROCESS_INTERVAL": reading_seconds,
            "PRINT_STATS_INTERVAL": 0,
            # the warning that a DAG's code reads a file is about values that change at run time
            "DAG_VERSION_INFLATION_CHECK_LEVEL": "off",
        },
        "LOGGING": {"BASE_LOG_FOLDER": home.task_logs, "COLORED_CONSOLE_LOG": False, "LOGGING_LEVEL": "INFO"},
        # a worker may notice the end of its task only at its next heartbeat
        "WORKERS": {"MIN_HEARTBEAT_INTERVAL": 2},
        "USAGE_DATA_COLLECTION": {"ENABLED": False},
    }
    environment = plain_environment(root)
    environment.update(aws)
    environment["AIRFLOW_HOME"] = str(home.airflow)
    environment["AIRFLOW_CONN_AIRFLOW_API"] = url
    environment[DBT_VARIABLE] = str(dbt_executable())
    for section, values in settings.items():
        for name, value in values.items():
            environment[f"AIRFLOW__{section}__{name}"] = str(value)
    return environment


def tasks_at_once() -> int:
    """How many tasks of one domain run at once (its pool's slots).

    Much of a task is waiting for the AWS that runs on the same cores, and a product runs one day
    at a time, so the products of a mesh keep the cores busy without more.
    """
    return max(2, os.cpu_count() or 1)
