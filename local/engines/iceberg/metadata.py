"""Iceberg metadata files: read once, since none is written twice."""

from __future__ import annotations

from functools import lru_cache

from pyiceberg.serializers import FromInputFile
from pyiceberg.table.metadata import TableMetadata

from local.engines.errors import QueryError
from local.engines.iceberg.file_io import LakeFileIO


@lru_cache(maxsize=512)
def read(metadata_location: str) -> TableMetadata:
    """The table metadata in a metadata file, which is never written twice. Raises QueryError when it is not there."""
    try:
        return FromInputFile.table_metadata(LakeFileIO().new_input(metadata_location))
    except FileNotFoundError as missing:
        raise QueryError("ICEBERG_INVALID_METADATA", f"Metadata not found: {metadata_location}") from missing
