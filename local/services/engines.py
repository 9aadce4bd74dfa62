"""The engines that do under moto what moto only pretends to do.

Each engine is a package with `install(home)`: it puts itself in place of moto's methods. The order matters only
in that all are installed before the first account is created.
"""

from __future__ import annotations

import importlib
import logging
import sys
from pathlib import Path

ENGINES = ("local.services.lake", "local.services.redshift", "local.services.sagemaker")

log = logging.getLogger(__name__)


def install_engines(home: Path) -> tuple[str, ...]:
    """Install every engine and return their names. `home` is the folder of this local AWS, where engines keep files."""
    for name in ENGINES:
        importlib.import_module(name).install(home)
    return ENGINES


def close_engines() -> None:
    """Let every engine that has a `close()` end what it runs."""
    for name in ENGINES:
        close = getattr(sys.modules.get(name), "close", None)
        if close is not None:
            try:
                close()
            except Exception:
                log.exception("engine %s did not close", name)
