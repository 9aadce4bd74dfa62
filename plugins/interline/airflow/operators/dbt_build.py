"""One ``dbt build`` of one product for one data day, with the domain's own credentials."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.hooks.redshift_cluster import RedshiftHook
from airflow.providers.amazon.aws.operators.base_aws import AwsBaseOperator
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields

from interline.airflow.data_day import data_day_of
from interline.build.dbt_parse_cache import ParsedProject
from interline.build.dbt_project import write_project
from interline.contracts import Product, load_product

if TYPE_CHECKING:
    from airflow.sdk import Context

DBT_VARIABLE = "INTERLINE_DBT"
"""Environment variable with the path of dbt, which has an environment of its own; without it, ``dbt`` on PATH."""
_SECONDS_TO_END = 10


class DbtBuildFailed(RuntimeError):
    """dbt did not build the product; the message has the failing model and what Redshift said."""


class DbtBuildOperator(AwsBaseOperator[RedshiftHook]):
    """
    Build a product's models in its domain's Redshift.

    :param address: the product's address
    :param root: the folder that holds ``domains/`` and ``dbt/``, both read when the task runs
    :param models: names of the models to build; None builds all of the product's
    :param data_day: the data day (templated)
    :return: per model its status, seconds and rows affected
    """

    aws_hook_class = RedshiftHook
    template_fields: Sequence[str] = aws_template_fields("models", "data_day")
    ui_color = "#f3e3f7"

    def __init__(
        self,
        *,
        address: str,
        root: Path,
        models: Sequence[str] | None = None,
        data_day: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.address = address
        self.root = root
        self.models = None if models is None else list(models)
        self.data_day = data_day
        self._process: subprocess.Popen[str] | None = None

    def execute(self, context: Context) -> dict[str, dict[str, Any]]:
        """Write the project, run dbt, and report what each model did."""
        day = data_day_of(self.data_day)
        program = shutil.which(os.environ.get(DBT_VARIABLE, "dbt"))
        if program is None:
            raise DbtBuildFailed(
                f"there is no dbt at {os.environ.get(DBT_VARIABLE, 'dbt (on PATH)')}; set {DBT_VARIABLE} to its path"
            )
        with tempfile.TemporaryDirectory(prefix=f"dbt-{self.address}-") as name:
            folder = Path(name)
            known = write_project(self.product, self.root, folder)
            selected = self._selected(known)
            parsed = ParsedProject(self.address, folder / "target")
            parsed.restore()
            self.log.info("dbt build of %s for %s: %s", self.address, day, ", ".join(selected))
            code = self._run([program, *_arguments(folder, selected)], folder, day)
            report = self._report(code, folder / "target" / "run_results.json")
            parsed.store()
            return report

    @property
    def product(self) -> Product:
        """The product as its files say now."""
        return load_product(self.root, self.address)

    def on_kill(self) -> None:
        """End dbt and everything it started."""
        process = self._process
        if process is None or process.poll() is not None:
            return
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _selected(self, known: Sequence[str]) -> list[str]:
        if self.models is None:
            return list(known)
        unknown = [name for name in self.models if name not in known]
        if unknown:
            raise DbtBuildFailed(
                f"{self.address} has no model {', '.join(unknown)}; it has {', '.join(known)}"
            )
        return self.models

    def _run(self, command: list[str], folder: Path, day: str) -> int:
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env=self.environment(folder, day),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        try:
            if self._process.stdout is not None:
                for line in self._process.stdout:
                    if line.strip():
                        self.log.info("dbt  %s", line.rstrip())
            return self._process.wait()
        finally:
            self.on_kill()

    def environment(self, folder: Path, day: str) -> dict[str, str]:
        """Return this process's environment with the domain's credentials in place of any other."""
        domain = self.product.domain
        credentials = self.hook.get_credentials()
        clusters = self.hook.conn.describe_clusters(ClusterIdentifier=domain.cluster)["Clusters"]
        endpoint = clusters[0]["Endpoint"]
        environment = {
            name: value for name, value in os.environ.items() if name not in ("AWS_PROFILE", "PYTHONPATH")
        }
        environment.update(
            AWS_ACCESS_KEY_ID=credentials.access_key,
            AWS_SECRET_ACCESS_KEY=credentials.secret_key,
            AWS_SESSION_TOKEN=credentials.token or "",
            AWS_REGION=domain.region,
            AWS_DEFAULT_REGION=domain.region,
            DBT_PROFILES_DIR=str(folder),
            INTERLINE_DATA_DAY=day,
            INTERLINE_REDSHIFT_CLUSTER=domain.cluster,
            INTERLINE_REDSHIFT_HOST=endpoint["Address"],
            INTERLINE_REDSHIFT_PORT=str(endpoint["Port"]),
            INTERLINE_REDSHIFT_DATABASE=domain.cluster,
            INTERLINE_REDSHIFT_SCHEMA=domain.schema,
        )
        return environment

    def _report(self, code: int, results_file: Path) -> dict[str, dict[str, Any]]:
        results = _results(results_file)
        failed: list[str] = []
        report: dict[str, dict[str, Any]] = {}
        for result in results:
            name = result["unique_id"].split(".")[2]
            seconds = round(result["execution_time"], 2)
            rows = result.get("adapter_response", {}).get("rows_affected")
            report[name] = {"status": result["status"], "seconds": seconds, "rows": rows}
            if result["status"] in ("error", "fail", "runtime error"):
                failed.append(f"{name}: {' '.join(str(result['message']).split())}")
            self.log.info("model %s: %s in %.2f s", name, result["status"], seconds)
        if failed:
            raise DbtBuildFailed(f"{self.address} was not built. " + " | ".join(failed))
        if code != 0:
            raise DbtBuildFailed(
                f"dbt ended with code {code} before any model failed; its log above says why"
            )
        return report


def _arguments(folder: Path, models: Sequence[str]) -> list[str]:
    return [
        "--no-use-colors",
        "--no-version-check",
        "--log-format=text",
        "--log-level-file=none",
        "build",
        f"--project-dir={folder}",
        f"--profiles-dir={folder}",
        f"--target-path={folder / 'target'}",
        "--partial-parse",
        "--select",
        *models,
    ]


def _results(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        return []
    results: list[dict[str, Any]] = json.loads(path.read_text())["results"]
    return [result for result in results if not result["unique_id"].startswith("operation.")]
