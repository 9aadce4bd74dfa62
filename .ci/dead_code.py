"""Code that nothing uses, found by vulture: `python .ci/dead_code.py`, exit code 1 when there is any.

What only a test uses is not used, so tests are not read. What somebody outside of this repository calls is named below
with who that is; an entry that excuses nothing any more is itself reported. Operations of the local AWS need no entry:
moto calls the method of every operation that a service declares.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from vulture import Vulture
from vulture.core import Item

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("plugins", "cli", "local", "dags", "domains")
REGISTERING_DECORATORS = [
    "@*.command",  # typer: a command
    "@*.callback",  # typer: options of a group of commands
    "@scalar",  # the local Redshift's dialect: a function by its SQL name, and so on
    "@aggregate",
    "@window",
    "@translates",
    "@TABLES.table",
]
"""Decorators that note a function where it is found again by another name."""


@dataclass(frozen=True)
class UsedBy:
    """Names that somebody outside uses, in files below a path."""

    who: str
    below: str
    names: tuple[str, ...]


OUTSIDE_USERS = (
    UsedBy("Airflow's operators", "plugins/interline/airflow/operators", ("template_fields", "ui_color")),
    UsedBy("the Amazon provider's operators", "plugins/interline/airflow/operators", ("aws_hook_class",)),
    UsedBy(
        "the OpenLineage provider",
        "plugins/interline/airflow/operators/publish.py",
        ("get_openlineage_facets_on_complete", "task_instance"),
    ),
    UsedBy(
        "Airflow's cluster policies", "plugins/interline/airflow/policy.py", ("dag_policy", "task_policy")
    ),
    UsedBy("Airflow: importing it registers it", "plugins/airflow_local_settings.py", ("interline",)),
    UsedBy(
        "Airflow's plugins",
        "plugins/interline_plugin.py",
        ("InterlinePlugin", "deadline_references", "listeners", "on_load"),
    ),
    UsedBy("Airflow's scheduler", "plugins/interline/airflow/listener.py", ("on_dag_run_running",)),
    UsedBy("requests", "plugins/interline/airflow/rest_api.py", ("trust_env",)),
    UsedBy(
        "Airflow's deadlines",
        "plugins/interline/airflow/deadlines.py",
        ("required_kwargs", "deserialize_reference", "_evaluate_with"),
    ),
    UsedBy("Airflow's settings, by its path", "local/mesh/database.py", ("CONNECT_ARGUMENTS",)),
    UsedBy("Airflow's settings, by its path", "local/mesh/ports.py", ("host_name",)),
    UsedBy("pydantic", "plugins/interline/contracts/read_files.py", ("model_config",)),
    UsedBy(
        "ODPS: keys that the standard has and nothing here reads",
        "plugins/interline/contracts/odps.py",
        (
            "dateIn",
            "dateOut",
            "inputContracts",
            "invitationUrl",
            "managementPorts",
            "productCreatedTs",
            "replacedByUsername",
            "sbom",
            "support",
            "tenant",
            "tool",
            "username",
        ),
    ),
    UsedBy("pyiceberg's catalog", "plugins/interline/aws/glue_catalog.py", ("_load_file_io",)),
    UsedBy("pyiceberg's catalog", "local/engines/iceberg/tables.py", ("commit_table",)),
    UsedBy("pyiceberg's protocol of files", "plugins/interline/aws/object_files.py", ("seekable",)),
    UsedBy("pyiceberg's protocol of files", "local/engines/iceberg/file_io.py", ("seekable",)),
    UsedBy("PyYAML's emitter", "plugins/interline/contracts/yaml/editor.py", ("indentless",)),
    UsedBy("dbt models: target.dbname", "plugins/interline/review/lineage/model_template.py", ("dbname",)),
    UsedBy("Jinja's sandbox", "plugins/interline/review/lineage/sandbox.py", ("intercepted_binops",)),
    UsedBy(
        "sqlglot's dialects",
        "local/engines/redshift/dialect/reading.py",
        ("COMMANDS", "FUNCTIONS", "Parser"),
    ),
    UsedBy("sqlglot's dialects", "plugins/interline/sql/parsing.py", ("COMMANDS", "FUNCTIONS", "Parser")),
    UsedBy("sqlglot's dialects", "local/services/athena/grammar.py", ("FUNCTIONS", "Parser")),
    UsedBy("sqlglot's dialects", "local/services/athena/reader.py", ("COMMANDS", "IDENTIFIERS")),
    UsedBy("moto", "local/gateway/application.py", ("get_current_account",)),
    UsedBy("moto", "local/services/s3/request_checks.py", ("get_permission",)),
    UsedBy("moto's Lake Formation", "local/services/lakeformation/installation.py", ("default_settings",)),
    UsedBy("moto's crawlers", "local/services/glue/crawler/operations.py", ("last_updated", "advance")),
    UsedBy("moto's Athena", "local/services/athena/errors.py", ("athena_error_code",)),
    UsedBy("WSGI: a parameter of start_response", "local/gateway/application.py", ("exc_info",)),
    UsedBy(
        "http.server's request handlers",
        "local/gateway/listener.py",
        ("disable_nagle_algorithm", "timeout", "log_request"),
    ),
    UsedBy("logging's formatters", "local/server.py", ("converter",)),
    UsedBy("the module tempfile", "local/server.py", ("tempdir",)),
    UsedBy("boto3's clients: names of parameters", "local/source_systems/deliveries.py", ("Body", "Bucket")),
    UsedBy(
        "SageMaker's script mode",
        "domains/loyalty/segments/train.py",
        ("model_fn", "input_fn", "predict_fn", "output_fn"),
    ),
)


def unused(folders: Iterable[Path]) -> list[Item]:
    """Return what vulture finds in Python files below these folders."""
    vulture = Vulture(ignore_decorators=REGISTERING_DECORATORS)
    vulture.scavenge([str(folder) for folder in folders])
    found: list[Item] = vulture.get_unused_code(min_confidence=60)
    return found


def served_operations(root: Path) -> set[tuple[str, str]]:
    """Return folder and method of every operation that a service of the local AWS declares."""
    from moto.core.utils import (
        camelcase_to_underscores,
    )  # slow, and it reads its settings when it is imported

    found = set()
    for module in sorted((root / "local" / "services").glob("*/service.py")):
        folder = module.parent.relative_to(root).as_posix()
        service = importlib.import_module(f"{folder.replace('/', '.')}.service").SERVICE
        found |= {(folder, camelcase_to_underscores(operation)) for operation in service.operations}
    return found


def messages(root: Path) -> Iterator[str]:
    """Yield a line for what nothing uses, and for every entry above that excuses nothing."""
    operations = served_operations(root)
    excused: set[tuple[str, str]] = set()
    for item in unused(root / folder for folder in FOLDERS):
        path = Path(item.filename).resolve().relative_to(root).as_posix()
        users = [
            (user.below, item.name)
            for user in OUTSIDE_USERS
            if item.name in user.names and _is_below(path, user.below)
        ]
        excused.update(users)
        served = any(name == item.name and _is_below(path, folder) for folder, name in operations)
        if not users and not served:
            yield f"{path}:{item.first_lineno}: nothing uses the {item.typ} {item.name}"
    for user in OUTSIDE_USERS:
        for name in user.names:
            if (user.below, name) not in excused:
                yield f".ci/dead_code.py: {name} of {user.below} ({user.who}) needs no entry any more"


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")


def main() -> int:
    """Print what nothing uses; return 1 when there is any."""
    sys.path[:0] = [str(ROOT), str(ROOT / "plugins")]
    found = list(messages(ROOT))
    print("\n".join(found) or "Everything is used.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
