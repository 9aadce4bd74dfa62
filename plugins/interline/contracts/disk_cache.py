"""What files say, ready to use in ``__pycache__`` beside them, as Python keeps the byte code of a module.

Airflow reads every DAG file again and again, each time in a new process, and reading YAML strictly takes longer than
everything else that is done for a DAG. Cached values are used only while the files have the modification times and sizes,
and this package the sources, that they had when the values were written. Where nothing can be written, or Python is told
to write no byte code, the files are read each time.

Whoever can write a ``__pycache__`` under the root of the DAGs can write Python there that Airflow runs, so reading
pickled values from it gives nobody a right that they lack.
"""

from __future__ import annotations

import gc
import os
import pickle
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Generic, TypeVar

Kind = TypeVar("Kind")

_MOST_IN_PROCESS = 32
"""Values that a process keeps at hand; a process that reads a whole mesh must not keep all of it in memory."""
_in_process: dict[str, tuple[Any, Any]] = {}


class Lazy(Generic[Kind]):
    """A value that stays pickled until somebody asks for it: most DAG files never look at the whole contract."""

    __slots__ = ("_pickled", "_value")

    def __init__(self, value: Kind) -> None:
        self._value: Kind | None = value
        self._pickled = b""

    @property
    def value(self) -> Kind:
        """The value, the same object each time."""
        if self._value is None:
            self._value = _unpickled(self._pickled)
        value: Kind = self._value
        return value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Lazy) and bool(self.value == other.value)

    def __hash__(self) -> int:
        return hash(self.value)

    def __reduce__(self) -> tuple[Any, ...]:
        return _lazy, (self._pickled or pickle.dumps(self._value, protocol=5),)


def _lazy(pickled: bytes) -> Lazy[Any]:
    lazy: Lazy[Any] = Lazy(None)
    lazy._pickled = pickled
    return lazy


def cached_on_disk(files: tuple[str, ...], read: Callable[[], Kind]) -> Kind:
    """Return what ``read`` makes of the files, or what it made of them last time.

    The first file's folder and name say where the value is stored, so no two values may share it. Paths are plain
    strings because making paths of them takes as long as all the rest.

    Errors are never cached: whatever ``read`` raises is raised.
    """
    try:
        states = [os.stat(file) for file in files]  # noqa: PTH116
    except OSError:
        return read()
    stamp = (
        *((state.st_mtime_ns, state.st_size) for state in states),
        _version(getattr(read, "func", read).__code__.co_filename),
    )
    cached = _in_process.get(files[0])
    if cached is None or cached[0] != stamp:
        folder, _, name = files[0].rpartition("/")
        ready = f"{folder}/__pycache__/{name.partition('.')[0]}.{sys.implementation.cache_tag}.interline"
        cached = _load(ready, stamp)
        if cached is None:
            cached = (stamp, read())
            if not sys.dont_write_bytecode:
                _save(Path(ready), cached)
        while len(_in_process) >= _MOST_IN_PROCESS:
            del _in_process[next(iter(_in_process))]
        _in_process[files[0]] = cached
    value: Kind = cached[1]
    return value


def _load(ready: str, stamp: Any) -> tuple[Any, Any] | None:
    """Return the stored stamp and value, or None if there are none or they are not of the files as they are now."""
    try:
        with open(ready, "rb") as file:  # noqa: PTH123
            cached = _unpickled(file.read())
    except Exception:
        # A file of another version of Python or of this package, or half a file, can fail in any way.
        return None
    return cached if isinstance(cached, tuple) and len(cached) == 2 and cached[0] == stamp else None


def _unpickled(pickled: bytes) -> Any:
    collecting = gc.isenabled()
    gc.disable()  # Hundreds of new objects, none of them garbage: collecting in between takes longer than reading.
    try:
        return pickle.loads(pickled)  # noqa: S301 - see the module's docstring
    finally:
        if collecting:
            gc.enable()


def _save(ready: Path, cached: tuple[Any, Any]) -> None:
    draft = ready.with_name(f"{ready.name}.{os.getpid()}")
    try:
        ready.parent.mkdir(exist_ok=True)
        draft.write_bytes(pickle.dumps(cached, protocol=5))
        draft.replace(ready)
    except OSError:
        return


@cache
def _version(reader: str) -> tuple[int, ...]:
    """Return numbers that change with every change of this package's sources, or of the module that reads."""
    sources = sorted(Path(__file__).parent.rglob("*.py"))
    return tuple(source.stat().st_mtime_ns for source in (*sources, Path(reader)))
