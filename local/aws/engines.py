"""The engines that do under moto what moto only pretends to do.

Each engine is a package with `install(home)`: it puts itself in place of moto's methods. The order matters only
in that all are installed before the first account is created.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import sys
from pathlib import Path

ENGINES = ("local.lake", "local.redshift", "local.sagemaker")

log = logging.getLogger(__name__)


def install_engines(home: Path) -> tuple[str, ...]:
    """Install every engine and return their names. `home` is the folder of this local AWS, where engines keep files.

    An engine that is not there at all is left out and said so in the log: its operations are then refused by the
    door. An engine that is there and fails to install raises.
    """
    installed = []
    for name in ENGINES:
        if importlib.util.find_spec(name) is None or not hasattr(importlib.import_module(name), "install"):
            log.warning("engine %s is not there; what it does is refused", name)
            continue
        importlib.import_module(name).install(home)
        installed.append(name)
    return tuple(installed)


def close_engines() -> None:
    """Let every engine that has a `close()` end what it runs."""
    for name in ENGINES:
        close = getattr(sys.modules.get(name), "close", None)
        if close is not None:
            try:
                close()
            except Exception:
                log.exception("engine %s did not close", name)
