"""pyiceberg's Glue catalog on clients that hooks have made. Imported only where a table is changed: it takes a second."""

from __future__ import annotations

from typing import Any

from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.io import FileIO

from interline.aws.object_files import S3Objects


class Catalog(GlueCatalog):
    """The Data Catalog, and the tables' metadata in S3.

    :param glue: boto3's Glue client
    :param s3: boto3's S3 client
    """

    def __init__(self, glue: Any, s3: Any) -> None:
        super().__init__("glue", client=glue)
        self._s3 = s3

    def _load_file_io(self, properties: Any = None, location: str | None = None) -> FileIO:
        return S3Objects(self._s3)
