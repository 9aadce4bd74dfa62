"""Where the mesh's files are: the folder that holds ``domains/`` and ``dags/`` (and ``dbt/``) side by side.

In a checkout that is the checkout. On Amazon MWAA ``dags/``, ``domains/`` and ``dbt/`` travel together under the
environment's dags prefix, so it is found from the DAG file there just as well.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path


class NoRoot(RuntimeError):
    """No folder above the file holds ``domains/``."""


@lru_cache(maxsize=256)
def root_of(folder: Path) -> Path:
    """Return the nearest folder at or above ``folder`` that holds ``domains/``.

    Raises:
        NoRoot: there is none.
    """
    for candidate in (folder, *folder.parents):
        if (candidate / "domains").is_dir():
            return candidate
    raise NoRoot(
        f"no folder above {folder} holds domains/; a DAG file lives in dags/<domain>/ beside domains/"
    )
