"""Jobs that run in the background: their table, their states, their end."""

from __future__ import annotations

import logging
import re
import shutil
import tempfile
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Generic, TypeVar

from local.gateway import identity
from local.gateway.identity import Caller, Credential
from local.services.sagemaker.errors import in_use, invalid, not_found
from local.services.sagemaker.job_log import JobLog
from local.services.sagemaker.process import ScriptProcess
from local.services.sagemaker.storage import RoleStorage, StorageError

FAILURE_REASON_LENGTH = 1024
_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")

log = logging.getLogger(__name__)


class JobFailure(Exception):
    """Ends a job as Failed; the message is its FailureReason."""


class Job(ABC):
    """A job of one account. Subclasses say what they do in `work`; `run` does it in a thread of its own."""

    kind: str
    log_group: str

    def __init__(self, name: str, caller: Caller, region: str, role_arn: str, home: Path) -> None:
        self.name = name
        self.account = caller.account
        self.region = region
        self.role_arn = role_arn
        self.created = self.modified = datetime.now(UTC)
        self.ended: datetime | None = None
        self.status = "InProgress"
        self.failure_reason: str | None = None
        self._home = home
        self._lock = threading.Lock()
        self._log: JobLog | None = None
        self._process = ScriptProcess(self._write_line)

    @property
    def arn(self) -> str:
        """The job's ARN."""
        return f"arn:aws:sagemaker:{self.region}:{self.account}:{self.kind}/{self.name.lower()}"

    @property
    def log_file(self) -> Path:
        """Where its lines are kept on this machine."""
        return self._home / "logs" / "sagemaker" / self.account / f"{self.kind}-{self.name}.log"

    @property
    def lines(self) -> list[str]:
        """What it wrote so far."""
        return list(self._log.lines) if self._log else []

    def start(self) -> None:
        """Run in the background."""
        threading.Thread(target=self._run, name=f"{self.kind} {self.name}", daemon=True).start()

    def stop(self) -> None:
        """Ask the job to end; a job that has ended is refused."""
        with self._lock:
            if self.status not in ("InProgress", "Stopping"):
                raise invalid(
                    f"The request was rejected because the {self.kind} is in status {self.status}: {self.name}"
                )
            self.status = "Stopping"
            self.modified = datetime.now(UTC)
        self._process.stop()

    @abstractmethod
    def work(self, folder: Path, storage: RoleStorage, credential: Credential) -> str:
        """Do the job in a folder that is deleted afterwards; gives the final status, or raises JobFailure."""

    @abstractmethod
    def log_stream(self) -> str:
        """The CloudWatch log stream of the job."""

    def entered(self, status: str, message: str) -> None:  # noqa: B027
        """Called when a step begins; jobs that tell their steps keep it."""

    def _write_line(self, line: str) -> None:
        if self._log is not None:
            self._log.write(line)

    def _run(self) -> None:
        credential: Credential | None = None
        folder: Path | None = None
        status, reason = "Failed", "InternalServerError: We encountered an internal error. Please try again."
        try:
            credential = identity.issue_for_role(self.role_arn, "SageMaker", lifetime=timedelta(days=1))
            self._log = JobLog(
                credential.caller, self.region, self.log_group, self.log_stream(), self.log_file
            )
            folder = Path(tempfile.mkdtemp(prefix=f"{self.name}-"))
            status, reason = self.work(folder, RoleStorage(credential, self.region), credential), ""
        except (JobFailure, StorageError) as error:
            prefix = "ClientError: " if isinstance(error, StorageError) else ""
            reason = f"{prefix}{error}"
        except Exception as error:
            log.exception("%s %s failed inside the local AWS", self.kind, self.name)
            reason = f"InternalServerError: {type(error).__name__}: {error}"
        finally:
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)
            if credential is not None:
                identity.revoke(credential.access_key)
            if self._log is not None:
                self._log.close()
        if self._process.was_stopped and status != "Completed":
            status, reason = "Stopped", ""
        self._finish(status, reason)

    def _finish(self, status: str, reason: str) -> None:
        with self._lock:
            self.ended = self.modified = datetime.now(UTC)
            self.failure_reason = reason[:FAILURE_REASON_LENGTH] or None
            if status == "Failed":
                self.entered("Failed", reason)
            elif status == "Stopped":
                self.entered("Stopped", "Training job stopped")
            self.status = status
        log.info("%s %s of %s: %s %s", self.kind, self.name, self.account, status, reason.partition("\n")[0])


JobType = TypeVar("JobType", bound=Job)


class JobTable(Generic[JobType]):
    """The jobs of one kind in all accounts; names are unique per account and region, for ever."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._jobs: dict[tuple[str, str, str], JobType] = {}
        self._lock = threading.Lock()

    def add(self, job: JobType) -> None:
        """Take a new job in. Raises ResourceInUse when the name is taken."""
        with self._lock:
            key = (job.account, job.region, job.name)
            if key in self._jobs:
                raise in_use(
                    f"{self._title} names must be unique within an AWS account and Region: {job.name}"
                )
            self._jobs[key] = job

    def get(self, account: str, region: str, name: str) -> JobType:
        """The job of a name. Raises the ValidationException AWS gives for a missing one."""
        try:
            return self._jobs[account, region, name]
        except KeyError as error:
            raise not_found(f"{self._title.lower()} {name}") from error

    def of(self, account: str, region: str) -> Iterable[JobType]:
        """All jobs of an account in a region."""
        return [job for (a, r, _), job in list(self._jobs.items()) if (a, r) == (account, region)]


def require_name(name: str, member: str) -> str:
    """Refuse a name that SageMaker does not take."""
    if not _NAME.fullmatch(name):
        raise invalid(
            f"1 validation error detected: Value '{name}' at '{member}' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: ^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"
        )
    return name


def one_line(texts: Iterable[str]) -> str:
    """Lines as one text for a failure reason, the last ones when there are too many."""
    return "\n".join(texts)[-FAILURE_REASON_LENGTH // 2 :]


def without_none(values: dict[str, Any]) -> dict[str, Any]:
    """A description without the members that have no value."""
    return {name: value for name, value in values.items() if value is not None}
