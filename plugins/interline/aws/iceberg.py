"""A port's Iceberg table: its metadata as the Glue catalog points at it, and changes to that metadata.

Looking at snapshots needs only the metadata file, one JSON document (Apache Iceberg table specification, "Table
Metadata"), so a publish does not wait for pyiceberg to be imported. What changes the table goes through pyiceberg's Glue
catalog, which refuses a commit when somebody else's came first (Glue's ``VersionId``).
"""

from __future__ import annotations

import gzip
import json
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from airflow.providers.amazon.aws.hooks.s3 import S3Hook
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from pyiceberg.table import Table


class NoSuchTable(LookupError):
    """The catalog has no Iceberg table of the name; the message names it."""


class IcebergHook(AwsBaseHook):
    """
    Interact with Iceberg tables in the AWS Glue Data Catalog.

    Provide thin wrapper around :external+boto3:py:class:`boto3.client("glue") <Glue.Client>`, and pyiceberg's catalog
    with the same credentials and endpoints.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["client_type"] = "glue"
        super().__init__(*args, **kwargs)

    def metadata(self, database: str, table: str) -> dict[str, Any]:
        """Return the table's current metadata document.

        Raises:
            NoSuchTable: there is no such table, or it is no Iceberg table.
        """
        location = self.metadata_location(database, table)
        place = urlsplit(location)
        body = self.s3.get_object(Bucket=place.netloc, Key=place.path.lstrip("/"))["Body"].read()
        document: dict[str, Any] = json.loads(
            gzip.decompress(body) if location.endswith(".gz.metadata.json") else body
        )
        return document

    def metadata_location(self, database: str, table: str) -> str:
        """Return where the table's current metadata document is.

        Raises:
            NoSuchTable: there is no such table, or it is no Iceberg table.
        """
        try:
            found = self.conn.get_table(DatabaseName=database, Name=table)["Table"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "EntityNotFoundException":
                raise
            raise NoSuchTable(f"there is no table {database}.{table} yet: nothing was published") from None
        location: str | None = found.get("Parameters", {}).get("metadata_location")
        if location is None:
            raise NoSuchTable(f"{database}.{table} is no Iceberg table")
        return location

    def table(self, database: str, table: str) -> Table:
        """Return the table as pyiceberg's, ready to be changed.

        Raises:
            NoSuchTable: there is no such table.
        """
        from pyiceberg.exceptions import NoSuchIcebergTableError, NoSuchTableError

        from interline.aws.glue_catalog import Catalog

        try:
            return Catalog(self.conn, self.s3).load_table((database, table))
        except (NoSuchTableError, NoSuchIcebergTableError):
            raise NoSuchTable(f"there is no table {database}.{table} yet: nothing was published") from None

    @cached_property
    def s3(self) -> Any:
        """An S3 client of the same connection."""
        return S3Hook(
            aws_conn_id=self.aws_conn_id, region_name=self.region_name, verify=self.verify, config=self.config
        ).conn
