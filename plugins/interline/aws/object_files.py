"""pyiceberg's files as S3 objects, through a client that a hook has made: its role, its Region, its endpoint.

Only metadata and manifests pass through here, which are read and written whole; rows never do.
"""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError
from pyiceberg.io import FileIO, InputFile, InputStream, OutputFile, OutputStream


class S3Objects(FileIO):
    """Objects of one S3 client.

    :param client: boto3's S3 client
    """

    def __init__(self, client: Any) -> None:
        super().__init__()
        self._client = client

    def new_input(self, location: str) -> S3Object:
        return S3Object(self._client, location)

    def new_output(self, location: str) -> NewS3Object:
        return NewS3Object(self._client, location)

    def delete(self, location: str | InputFile | OutputFile) -> None:
        self._client.delete_object(**_place(location if isinstance(location, str) else location.location))


class S3Object(InputFile):
    """An object to be read."""

    def __init__(self, client: Any, location: str) -> None:
        super().__init__(location)
        self._client = client

    def __len__(self) -> int:
        return int(self._client.head_object(**_place(self.location))["ContentLength"])

    def exists(self) -> bool:
        try:
            self._client.head_object(**_place(self.location))
        except ClientError as error:
            if error.response["Error"]["Code"] in ("404", "NoSuchKey", "NotFound"):
                return False
            raise
        return True

    def open(self, seekable: bool = True) -> InputStream:
        try:
            answer = self._client.get_object(**_place(self.location))
        except self._client.exceptions.NoSuchKey:
            raise FileNotFoundError(f"there is no object {self.location}") from None
        return io.BytesIO(answer["Body"].read())


class NewS3Object(OutputFile):
    """An object to be written; it is there once its stream was closed without an error."""

    def __init__(self, client: Any, location: str) -> None:
        super().__init__(location)
        self._client = client

    def __len__(self) -> int:
        return len(self.to_input_file())

    def exists(self) -> bool:
        return self.to_input_file().exists()

    def to_input_file(self) -> S3Object:
        return S3Object(self._client, self.location)

    def create(self, overwrite: bool = False) -> OutputStream:
        if not overwrite and self.exists():
            raise FileExistsError(f"there is an object {self.location} already")
        return _Writing(self._client, self.location)


class _Writing(io.BytesIO):
    def __init__(self, client: Any, location: str) -> None:
        super().__init__()
        self._client = client
        self._location = location
        self._failed = False

    def __exit__(self, kind: Any, *rest: Any) -> None:
        self._failed = kind is not None
        super().__exit__(kind, *rest)

    def close(self) -> None:
        if not self.closed and not self._failed:
            self._client.put_object(**_place(self._location), Body=self.getvalue())
        super().close()


def _place(location: str) -> dict[str, str]:
    place = urlsplit(location)
    return {"Bucket": place.netloc, "Key": place.path.lstrip("/")}
