"""What dbt parsed of a product's project, kept between builds.

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
    """The kept parse of one product, and the ``target`` folder of the build that uses it."""

    def __init__(self, address: str, target: Path) -> None:
        self._kept = _folder() / f"{address}.msgpack"
        self._used = target / _NAME

    def bring(self) -> None:
        """Copy what was kept into the build's folder; kept no longer, so that a build that fails starts afresh."""
        self._used.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._kept.replace(self._used)
        except FileNotFoundError:
            return
        except OSError:
            shutil.copyfile(self._kept, self._used)
            self._kept.unlink()

    def keep(self) -> None:
        """Keep what the build parsed."""
        if self._used.is_file():
            draft = self._kept.with_name(f"{self._kept.name}.{os.getpid()}")
            shutil.copyfile(self._used, draft)
            draft.replace(self._kept)


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
