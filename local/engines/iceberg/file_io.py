"""pyiceberg's FileIO over the S3 of the local AWS, in the same process: no request is made, nothing is authorized here."""

from __future__ import annotations

import io
from pathlib import Path
from types import TracebackType

from pyiceberg.io import FileIO, InputFile, InputStream, OutputFile, OutputStream

from local.engines import objects
from local.engines.errors import EntityNotFound


class LakeInputFile(InputFile):
    """An object, opened as its local copy."""

    def _local(self) -> Path:
        try:
            return objects.local_copy(objects.find(*objects.split_uri(self.location)))
        except EntityNotFound as missing:
            raise FileNotFoundError(f"No such object: {self.location}") from missing

    def __len__(self) -> int:
        return self._local().stat().st_size

    def exists(self) -> bool:
        try:
            objects.find(*objects.split_uri(self.location))
        except EntityNotFound:
            return False
        return True

    def open(self, seekable: bool = True) -> InputStream:
        return self._local().open("rb")


class _ObjectWriter(io.BytesIO):
    """Bytes that become an object when the stream is closed without an exception."""

    def __init__(self, location: str) -> None:
        super().__init__()
        self._location = location
        self._failed = False

    def __enter__(self) -> _ObjectWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._failed = kind is not None
        self.close()

    def close(self) -> None:
        if not self.closed and not self._failed:
            objects.put(self._location, self.getvalue())
        super().close()


class LakeOutputFile(OutputFile):
    """An object to be written."""

    def __len__(self) -> int:
        return objects.find(*objects.split_uri(self.location)).size

    def exists(self) -> bool:
        return LakeInputFile(self.location).exists()

    def to_input_file(self) -> LakeInputFile:
        return LakeInputFile(self.location)

    def create(self, overwrite: bool = False) -> OutputStream:
        if not overwrite and self.exists():
            raise FileExistsError(f"Cannot create file, already exists: {self.location}")
        return _ObjectWriter(self.location)


class LakeFileIO(FileIO):
    """Reads and writes objects of whichever account owns the bucket; remembers what it wrote."""

    def __init__(self, properties: dict[str, str] | None = None) -> None:
        super().__init__(properties or {})
        self.written: list[str] = []

    def new_input(self, location: str) -> LakeInputFile:
        return LakeInputFile(location)

    def new_output(self, location: str) -> LakeOutputFile:
        self.written.append(location)
        return LakeOutputFile(location)

    def delete(self, location: str | InputFile | OutputFile) -> None:
        objects.delete(location if isinstance(location, str) else location.location)


def local_path(location: str) -> Path:
    """The local copy of a data file. Raises FileNotFoundError."""
    return LakeInputFile(location)._local()


__all__ = ["LakeFileIO", "local_path"]
