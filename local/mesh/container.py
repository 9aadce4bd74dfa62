"""One part of the mesh in a container: `python -m local.mesh.container PART`; docker-compose.yml says which.

Every container shares the network of the local AWS, so all of them find each other on loopback; the mesh's home
(aws.json, Airflow's logs) and the secrets are on volumes. Settings are those of a run on this machine
(`local.mesh.configuration`); what the compose file says in AIRFLOW__ variables goes on top.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path

from cryptography.fernet import Fernet
from rich.console import Console

from interline.contracts import load_domains
from interline.scheduling import ANNOUNCEMENTS_DESCRIPTION, ANNOUNCEMENTS_POOL
from local.mesh.aws import Aws
from local.mesh.configuration import airflow_environment, tasks_at_once
from local.mesh.home import Home, read_json
from local.mesh.ports import LOOPBACK

ROOT = Path(__file__).resolve().parents[2]
HOME = Home(Path(os.environ.get("INTERLINE_HOME", "/mesh")))
SECRETS = Path(os.environ.get("INTERLINE_SECRETS", "/secrets"))
PORT = 8080
"""Of the web server, in the shared network; docker-compose.yml publishes it."""
COMPONENTS = {
    "api-server": ("api-server",),
    "dag-processor": ("dag-processor",),
    "scheduler": ("scheduler", "--skip-serve-logs"),
    "triggerer": ("triggerer", "--skip-serve-logs"),
    "worker": ("celery", "worker", "--skip-serve-logs"),
}
_HEALTH_NAMES = {"scheduler": "scheduler", "dag-processor": "dag_processor", "triggerer": "triggerer"}
_WAIT_SECONDS = 120
_OWN_FILES = Path(tempfile.gettempdir())
"""Not shared: each container has its own."""
_WORKER_NAME = _OWN_FILES / "interline-worker-name"


class NotReadyError(Exception):
    """What a part needs is not there, or a part is not well."""


def make_secrets(folder: Path) -> None:
    """Write this installation's secrets, each into a file of its own; those that exist stay.

    The files are what the `_CMD` settings and the servers of docker-compose.yml read: passwords of PostgreSQL and
    Redis, the addresses that contain them, and Airflow's keys.
    """
    folder.mkdir(parents=True, exist_ok=True)
    database = _secret(folder / "postgres-password", lambda: secrets.token_urlsafe(32))
    broker = _secret(folder / "redis-password", lambda: secrets.token_urlsafe(32))
    _secret(folder / "jwt-secret", lambda: secrets.token_urlsafe(64))
    _secret(folder / "fernet-key", lambda: Fernet.generate_key().decode())
    address = f"airflow:{database}@{LOOPBACK}:5432/airflow"
    _secret(folder / "database-address", lambda: f"postgresql+psycopg2://{address}")
    _secret(folder / "results-address", lambda: f"db+postgresql://{address}")
    _secret(folder / "broker-address", lambda: f"redis://:{broker}@{LOOPBACK}:6379/0")
    _secret(folder / "redis.conf", lambda: f'bind {LOOPBACK}\nrequirepass {broker}\nsave ""\n')


def _secret(path: Path, make: Callable[[], str]) -> str:
    if not path.exists():
        draft = path.with_name(f".{path.name}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(make())
        draft.replace(path)
    return path.read_text(encoding="utf-8")


def wait_for_aws(home: Home, seconds: float = _WAIT_SECONDS) -> Aws:
    """Return the local AWS that writes its description into this home.

    Raises:
        NotReadyError: it has written none after so many seconds.
    """
    end = time.monotonic() + seconds
    while True:
        description = read_json(home.aws_file)
        if description is not None:
            return Aws(description["endpoint"], description["environment"], description, started_here=False)
        if time.monotonic() >= end:
            raise NotReadyError(f"the local AWS has not written {home.aws_file} within {seconds:g} s")
        time.sleep(0.2)


def environment(root: Path, home: Home, aws: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of an Airflow component.

    Args:
        root: the repository.
        home: of the mesh.
        aws: how to act as Airflow on the local AWS.
        given: the container's own environment; its AIRFLOW__ variables take the place of ours, also where they name
            a command that tells the value (`…_CMD`).
    """
    # the key for tokens always comes from `given`, as every component needs the same
    adopted = airflow_environment(root, home, port=PORT, execution_port=PORT, jwt_secret="", aws=aws)
    # waits for a lock on an SQLite file; PostgreSQL knows no such argument
    del adopted["AIRFLOW__DATABASE__SQL_ALCHEMY_CONNECT_ARGS"]
    for name, value in given.items():
        if name.startswith("AIRFLOW__"):
            adopted.pop(name.removesuffix("_CMD"), None)
            adopted[name] = value
    return adopted


def airflow_command(component: str, own_files: Path = _OWN_FILES) -> list[str]:
    """Return the words after `airflow` by which a component starts; `own_files` is a folder of this container alone."""
    words = list(COMPONENTS[component])
    if component == "worker":
        # containers that share a network share a host name too, and no two workers may be called the same
        words += ["--celery-hostname", f"worker-{uuid.uuid4().hex[:8]}@interline"]
        words += ["--pid", str(own_files / "interline-worker.pid")]
    return words


def become(component: str) -> None:
    """Wait for the local AWS, then replace this process by an Airflow component.

    Raises:
        NotReadyError: there is no local AWS.
    """
    words = airflow_command(component)
    if component == "worker":
        _WORKER_NAME.write_text(words[words.index("--celery-hostname") + 1], encoding="utf-8")
        # of a worker that was killed in this container
        Path(words[words.index("--pid") + 1]).unlink(missing_ok=True)
    command = [sys.executable, "-m", "local.mesh.component", *words]
    os.execve(command[0], command, _environment())  # noqa: S606 (an argument list, no shell)


def migrate() -> None:
    """Make or upgrade Airflow's database, and the pools of every domain and of the announcements.

    Raises:
        subprocess.CalledProcessError: Airflow could not; what it said is in the output.
        interline.contracts.MeshError: a domain.yaml is wrong.
    """
    HOME.make()
    variables = _environment()
    pools = {
        domain.pool: {"slots": tasks_at_once(), "description": f"Tasks of the {domain.name} domain"}
        for domain in load_domains(ROOT).values()
    }
    pools[ANNOUNCEMENTS_POOL] = {"slots": 1, "description": ANNOUNCEMENTS_DESCRIPTION}
    pools_file = _OWN_FILES / "interline-pools.json"
    pools_file.write_text(json.dumps(pools), encoding="utf-8")
    for arguments in (["db", "migrate"], ["pools", "import", str(pools_file)]):
        subprocess.run([sys.executable, "-m", "airflow", *arguments], env=variables, check=True)


def _environment() -> dict[str, str]:
    return environment(ROOT, HOME, wait_for_aws(HOME).environment, os.environ)


def run(days: int, scale: float, domains: tuple[str, ...]) -> bool:
    """Land input, let Airflow run its days, print what the products hold; returns whether all went well."""
    from local.mesh.airflow_servers import Airflow
    from local.mesh.run import Options, drive

    options = Options(root=ROOT, home=HOME, domains=domains, days=days, scale=scale)
    airflow = Airflow(f"http://{LOOPBACK}:{PORT}", servers=(), started_here=False, acts_as="")
    return drive(options, Console(), wait_for_aws(HOME), airflow)


def check_health(part: str) -> None:
    """See that a part is well.

    Raises:
        NotReadyError: it is not; the message says what is missing.
    """
    if part == "local-aws":
        import httpx

        aws = wait_for_aws(HOME, seconds=0)
        # any answer will do: one without a signature is a refusal
        httpx.get(aws.endpoint, timeout=5, trust_env=False)
    elif part == "worker":
        _ping_worker(_WORKER_NAME.read_text(encoding="utf-8"))
    else:
        from local.mesh.rest import Rest

        rest = Rest(f"http://{LOOPBACK}:{PORT}")
        try:
            health = rest.health()
        finally:
            rest.close()
        name = _HEALTH_NAMES.get(part, "metadatabase")
        if health.get(name) != "healthy":
            raise NotReadyError(f"{part} is {health.get(name) or 'not there'}")


def _ping_worker(name: str) -> None:
    # the broker's address is a setting that Airflow reads from its environment
    program = (
        "import sys\n"
        "from airflow.providers.celery.executors.celery_executor import app\n"
        "sys.exit(0 if app.control.inspect(destination=[sys.argv[1]], timeout=5).ping() else 1)\n"
    )
    finished = subprocess.run([sys.executable, "-c", program, name], env=_environment(), check=False)
    if finished.returncode:
        raise NotReadyError(f"the worker {name} does not answer")


def parser() -> argparse.ArgumentParser:
    """Return what the command line may say."""
    described = argparse.ArgumentParser(prog="python -m local.mesh.container", description=__doc__)
    parts = described.add_subparsers(dest="part", required=True)
    parts.add_parser("secrets", help="make this installation's passwords and keys")
    parts.add_parser("migrate", help="make Airflow's database and the pools")
    for component in COMPONENTS:
        parts.add_parser(component, help=f"Airflow's {component}")
    running = parts.add_parser("run", help="land input and run the mesh")
    running.add_argument("--days", type=int, default=3)
    running.add_argument("--scale", type=float, default=1.0)
    running.add_argument("--domain", action="append", default=[])
    health = parts.add_parser("health", help="exit with 0 if a part is well")
    health.add_argument("of", choices=["local-aws", *COMPONENTS])
    return described


def main() -> None:
    """Become, or do, what the command line names."""
    given = parser().parse_args()
    try:
        if given.part == "secrets":
            make_secrets(SECRETS)
        elif given.part == "migrate":
            migrate()
        elif given.part == "run":
            sys.exit(0 if run(given.days, given.scale, tuple(given.domain)) else 1)
        elif given.part == "health":
            check_health(given.of)
        else:
            become(given.part)
    except (NotReadyError, OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"{given.part}: {error}")


if __name__ == "__main__":
    main()
