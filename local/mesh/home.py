"""Where one running mesh keeps everything: local AWS, Airflow, logs, locks and what is running."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class BusyError(Exception):
    """Another command is using this mesh."""


@dataclass(frozen=True)
class Home:
    """The folder of one mesh (`.interline/mesh` unless told otherwise)."""

    path: Path

    @property
    def airflow(self) -> Path:
        """AIRFLOW_HOME."""
        return self.path / "airflow"

    @property
    def database(self) -> Path:
        return self.airflow / "airflow.db"

    @property
    def dbt(self) -> Path:
        """The folder of dbt's socket."""
        return self.path / "dbt"

    @property
    def task_logs(self) -> Path:
        return self.airflow / "logs"

    @property
    def logs(self) -> Path:
        """What each server printed."""
        return self.path / "logs"

    @property
    def aws_file(self) -> Path:
        """Written by the local AWS when it is ready (see `local.server`)."""
        return self.path / "aws.json"

    @property
    def airflow_file(self) -> Path:
        """Address and key of the running Airflow."""
        return self.path / "airflow.json"

    @property
    def processes_file(self) -> Path:
        return self.path / "processes.json"

    @property
    def last_run_file(self) -> Path:
        """What the last run's table said, for `status`."""
        return self.path / "last-run.json"

    def make(self) -> None:
        """Create the folders.

        Raises:
            OSError: the disk is full, read-only, or not ours.
        """
        for folder in (self.path, self.airflow, self.logs):
            folder.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def alone(self, command: str) -> Iterator[None]:
        """Hold the mesh for `command`; released when this process ends, however it ends.

        Raises:
            BusyError: another command holds it; the message names command and process.
        """
        with (self.path / "in-use.lock").open("a+", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                raise BusyError(
                    f"{file.read().strip() or 'another command'} is using {self.path}. "
                    "Wait for it, stop it (Ctrl-C there, or ./interline down), or use another --home."
                ) from None
            file.truncate(0)
            file.write(f"./interline {command} (process {os.getpid()})")
            file.flush()
            try:
                yield
            finally:
                file.truncate(0)

    def holder(self) -> str | None:
        """The command that holds the mesh now, or None."""
        lock = self.path / "in-use.lock"
        if not lock.exists():
            return None
        with lock.open("r+", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return file.read().strip() or "another command"
        return None


def read_json(path: Path) -> dict[str, Any] | None:
    """The object in a JSON file, or None when there is no such file."""
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return content


def write_json(path: Path, content: Mapping[str, Any], *, private: bool = False) -> None:
    """Replace a JSON file atomically; a private one can be read by its owner only."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600 if private else 0o644)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=1)
    draft.replace(path)
