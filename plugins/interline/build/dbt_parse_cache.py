"""What dbt parsed of a product's project, cached between builds.

Parsing its own macros takes dbt longer than building a small product, so what it parsed is brought along into the
next build's folder. dbt itself compares the checksum of every file, its version and its configuration, and parses
again whatever differs.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

_NAME = "partial_parse.msgpack"


class ParsedProject:
    """The cached parse of one product, and the ``target`` folder of the build that uses it."""

    def __init__(self, address: str, target: Path) -> None:
        self._cached = _folder() / f"{address}.msgpack"
        self._used = target / _NAME

    def restore(self) -> None:
        """Move what was cached into the build's folder; a build that fails then leaves nothing in the cache."""
        self._used.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._cached.replace(self._used)
        except FileNotFoundError:
            return
        except OSError:
            shutil.copyfile(self._cached, self._used)
            self._cached.unlink()

    def store(self) -> None:
        """Keep what the build parsed."""
        if self._used.is_file():
            draft = self._cached.with_name(f"{self._cached.name}.{os.getpid()}")
            shutil.copyfile(self._used, draft)
            draft.replace(self._cached)


def _folder() -> Path:
    """Return a folder of this user alone, because what is in it goes into dbt.

    Raises:
        PermissionError: somebody else made the folder, or others may write into it.
    """
    folder = Path(tempfile.gettempdir()) / f"interline-dbt-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.stat()
    if status.st_uid != os.getuid() or status.st_mode & 0o022:
        raise PermissionError(f"{folder} belongs to somebody else or others may write into it; remove it")
    return folder
