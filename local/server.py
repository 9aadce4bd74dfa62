"""`python -m local.server --home DIR --root REPO [--port N]`: the local AWS as one process.

It writes `DIR/aws.json` (mode 600) when it is ready and removes it when it ends. SIGTERM and SIGINT end it;
SIGHUP makes it read `domains/` again and open accounts for domains that are new; the DAG `platform.onboard` prepares
those. An account that is there from the start is prepared already, unless `--landing-zone` is given.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import fcntl
import gc
import json
import logging
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from interline.contracts import MeshError
from local.gateway import identity, registry, service_descriptions
from local.gateway.access_log import AccessLog, LogFileHandler

EXIT_DEFECT = 1
EXIT_BROKEN_MESH = 2
EXIT_ALREADY_RUNNING = 3
EXIT_PORT_TAKEN = 4
EXIT_NO_DISK = 5

HOST = "127.0.0.1"
REGION = "us-east-1"

log = logging.getLogger("local.gateway")


class StartFailure(Exception):
    """The local AWS can't start; the message says why and what to do, the code is the exit code."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


class LocalAws:
    """The running process: moto behind the gateway, the engines, the accounts."""

    def __init__(self, home: Path, root: Path, port: int, *, prepared: bool = True) -> None:
        self.home = home
        self.root = root
        self._port = port
        self._prepared = prepared
        self._prepared_domains: list[str] = []
        self._lock_file: Any = None
        self._server: Any = None
        self._accounts: Any = None
        self._airflow: Any = None
        self._calls: Any = None
        self._names: dict[str, str] = {}

    def start(self) -> None:
        """Start everything and write `aws.json`. Raises StartFailure."""
        self._prepare_home()
        _configure_moto()
        # What is imported and made during the start stays; collecting it again and again would cost half a second.
        gc.disable()
        from local.aws_accounts import accounts
        from local.gateway import endpoint

        self._calls = AccessLog(self.home / "logs" / "local-aws.log", self._names)
        handler = LogFileHandler(self._calls)
        formatter = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s", "%H:%M:%S")
        formatter.converter = time.gmtime
        handler.setFormatter(formatter)
        logging.getLogger().addHandler(handler)
        logging.getLogger().setLevel(logging.INFO)
        for quiet in ("werkzeug", "botocore", "urllib3", "boto3"):
            logging.getLogger(quiet).setLevel(logging.WARNING)
        self._listen()
        endpoint.set_endpoint(self.endpoint)
        registry.discover("local.services")
        registry.install(self.home)
        self.create_accounts(prepared=self._prepared)
        self._prepared_domains = sorted(self._accounts.domains) if self._prepared else []
        # Airflow's environment renews its own credentials on MWAA; here they last as long as this process.
        role = accounts.airflow_role_arn(self._accounts.domains)
        self._airflow = identity.issue(identity.role_caller(role, "airflow"), lifetime=None)
        gc.freeze()
        gc.enable()
        self.write_description()
        log.info(
            "%s: ready on %s with %s",
            datetime.now(UTC).date(),
            self.endpoint,
            ", ".join(service.name for service in registry.services()),
        )

    @property
    def endpoint(self) -> str:
        """The URL of every service."""
        return f"http://{HOST}:{self._server.port}"

    def create_accounts(self, *, prepared: bool) -> None:
        """Create the accounts of all domains in the repository; those that exist stay.

        What is there when this process starts is `prepared`, as if `platform.onboard` had run; an account that is
        opened later waits for that DAG.
        """
        from local.aws_accounts import accounts

        try:
            domains = accounts.read_domains(self.root)
        except MeshError as error:
            raise StartFailure(str(error), EXIT_BROKEN_MESH) from error
        self._names.update({domain.account: name for name, domain in domains.items()})
        known = self._accounts.sources if self._accounts else None
        desired = accounts.desired_today(self.root) if prepared else None
        self._accounts = accounts.create_accounts(domains, self.endpoint, known, desired=desired)

    def write_description(self) -> None:
        """Write `aws.json` in one step, readable by its owner only: it holds this start's credentials."""
        from local.aws_accounts import accounts

        certificate = self.home / "ca.pem"
        domains = self._accounts.domains
        environment = {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            **self._airflow.environment(),
            **accounts.connections(domains),
        }
        if certificate.exists():
            environment["SSL_CERT_FILE"] = str(certificate)
        description = {
            "pid": os.getpid(),
            "endpoint": self.endpoint,
            "region": REGION,
            "log": str(self.home / "logs" / "local-aws.log"),
            "ca_file": str(certificate) if certificate.exists() else None,
            "redshift": {
                name: {"host": a.host, "port": a.port} for name, a in self._accounts.redshift.items()
            },
            "sources": dict(self._accounts.sources),
            "prepared": self._prepared_domains,
            "environment": environment,
        }
        target = self.home / "aws.json"
        draft = self.home / f".aws.json.{os.getpid()}"
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(description, indent=2) + "\n", encoding="utf-8")
        draft.replace(target)

    def reload(self) -> None:
        """Take in domains that were added; a broken repository is logged and changes nothing."""
        try:
            self.create_accounts(prepared=False)
            self.write_description()
            log.info("read domains again: %s", ", ".join(self._accounts.domains))
        except Exception:
            log.exception("domains could not be read again")

    def stop(self) -> None:
        """End the engines and the server and take `aws.json` away."""
        with contextlib.suppress(FileNotFoundError):
            (self.home / "aws.json").unlink()
        registry.close()
        if self._server is not None:
            self._server.server_close()
        log.info("stopped")

    def _prepare_home(self) -> None:
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            self.home.chmod(0o700)
            self._lock_file = (self.home / "aws.lock").open("a+")
        except OSError as error:
            raise StartFailure(
                f"{self.home}: {error.strerror}: the local AWS keeps its files there", EXIT_NO_DISK
            ) from error
        try:
            fcntl.flock(self._lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._lock_file.seek(0)
            holder = self._lock_file.read().strip() or "unknown"
            raise StartFailure(
                f"a local AWS runs already with this home (process {holder}, {self.home}): use it, or stop it first",
                EXIT_ALREADY_RUNNING,
            ) from error
        self._lock_file.truncate(0)
        self._lock_file.write(str(os.getpid()))
        self._lock_file.flush()
        with contextlib.suppress(FileNotFoundError):
            (self.home / "aws.json").unlink()
        # Large objects and the work of engines lie in temporary files: on the disk of the home, gone at the next start.
        temporary = self.home / "aws-tmp"
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        tempfile.tempdir = str(temporary)

    def _listen(self) -> None:
        from local.gateway.listener import listen

        try:
            self._server = listen(HOST, self._port, self._calls)
        except OSError as error:
            why = "is taken" if error.errno == errno.EADDRINUSE else f"can't be used ({error.strerror})"
            raise StartFailure(
                f"port {self._port} on {HOST} {why}: choose another with --port (0 takes a free one)",
                EXIT_PORT_TAKEN,
            ) from error
        threading.Thread(target=self._server.serve_forever, name="local-aws", daemon=True).start()


def _configure_moto() -> None:
    """moto reads these at import: no CORS for browsers. A real credential of whoever starts this is never used."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "MOTO_"))]:
        del os.environ[name]
    os.environ["MOTO_DISABLE_GLOBAL_CORS"] = "true"
    os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
    os.environ["S3_IGNORE_SUBDOMAIN_BUCKETNAME"] = "true"
    service_descriptions.share()


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run until a signal says stop; the exit code tells a start that failed."""
    parser = argparse.ArgumentParser(prog="python -m local.server", description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="folder for aws.json, logs and data")
    parser.add_argument("--root", type=Path, required=True, help="the repository, which holds domains/")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (default: a free one)")
    parser.add_argument(
        "--landing-zone",
        action="store_true",
        help="leave every account as it is opened, for platform.onboard to prepare",
    )
    given = parser.parse_args(arguments)

    stop, reload = threading.Event(), threading.Event()
    wake = threading.Event()

    def note(event: threading.Event) -> None:
        event.set()
        wake.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: note(stop))
    signal.signal(signal.SIGHUP, lambda *_: note(reload))

    aws = LocalAws(given.home.resolve(), given.root.resolve(), given.port, prepared=not given.landing_zone)
    try:
        aws.start()
    except StartFailure as failure:
        _end_with(str(failure), failure.code)
    except Exception as error:
        log.exception("the start failed")
        traceback.print_exc()
        _end_with(f"could not start: {type(error).__name__}: {error}", EXIT_DEFECT)
    while not stop.is_set():
        wake.wait()
        wake.clear()
        if reload.is_set() and not stop.is_set():
            reload.clear()
            aws.reload()
    aws.stop()
    logging.shutdown()
    # Threads of engines may be in the middle of a job; the process ends now and they with it.
    os._exit(0)


def _end_with(message: str, code: int) -> NoReturn:
    print(f"local AWS: {message}", file=sys.stderr)
    sys.stderr.flush()
    logging.shutdown()
    os._exit(code)


if __name__ == "__main__":
    main()
