"""What files say, kept ready to use in ``__pycache__`` beside them, as Python keeps the byte code of a module.

Airflow reads every DAG file again and again, each time in a new process, and reading YAML strictly takes longer than
everything else that is done for a DAG. Kept values are used only while the files have the modification times and sizes,
and this package the sources, that they had when the values were written. Where nothing can be written, or Python is told
to write no byte code, the files are read each time.

Whoever can write a ``__pycache__`` under the root of the DAGs can write Python there that Airflow runs, so reading
pickled values from it opens no door.
"""

from __future__ import annotations

import gc
import os
import pickle
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

Kind = TypeVar("Kind")

_MOST_IN_PROCESS = 32
"""Values that a process keeps at hand; a process that reads a whole mesh must not hold all of it."""
_in_process: dict[Path, tuple[Any, Any]] = {}


def compiled(files: tuple[Path, ...], read: Callable[[], Kind]) -> Kind:
    """Return what ``read`` makes of the files, which share a folder, or what it made of them last time.

    Mistakes are never kept: whatever ``read`` raises is raised.
    """
    try:
        states = [file.stat() for file in files]
    except OSError:
        return read()
    stamp = (*((state.st_mtime_ns, state.st_size) for state in states), _version())
    kept = _in_process.get(files[0])
    if kept is None or kept[0] != stamp:
        ready = files[0].parent / "__pycache__" / f"{files[0].stem}.{sys.implementation.cache_tag}.interline"
        kept = _load(ready, stamp)
        if kept is None:
            kept = (stamp, read())
            if not sys.dont_write_bytecode:
                _save(ready, kept)
        while len(_in_process) >= _MOST_IN_PROCESS:
            del _in_process[next(iter(_in_process))]
        _in_process[files[0]] = kept
    value: Kind = kept[1]
    return value


def _load(ready: Path, stamp: Any) -> tuple[Any, Any] | None:
    """Return the kept stamp and value, or None if there are none or they are not of the files as they are now."""
    collecting = gc.isenabled()
    gc.disable()  # Hundreds of new objects, none of them garbage: collecting in between takes longer than reading.
    try:
        kept = pickle.loads(ready.read_bytes())  # noqa: S301 - see the module's docstring
    except Exception:
        # A file of another version of Python or of this package, or half a file, can fail in any way.
        return None
    finally:
        if collecting:
            gc.enable()
    return kept if isinstance(kept, tuple) and len(kept) == 2 and kept[0] == stamp else None


def _save(ready: Path, kept: tuple[Any, Any]) -> None:
    draft = ready.with_name(f"{ready.name}.{os.getpid()}")
    try:
        ready.parent.mkdir(exist_ok=True)
        draft.write_bytes(pickle.dumps(kept, protocol=5))
        draft.replace(ready)
    except OSError:
        return


@cache
def _version() -> tuple[int, ...]:
    """Return numbers that change with every change of this package's sources."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return tuple(source.stat().st_mtime_ns for source in sources)
