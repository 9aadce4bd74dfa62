"""Objects in S3 as read-only local files, and listing and writing them on behalf of a principal."""

from __future__ import annotations

import bisect
import hashlib
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from moto.s3.models import FakeDeleteMarker, FakeKey

from local.engines import backends
from local.engines.errors import AccessDenied, EntityNotFound, InvalidInput
from local.gateway.iam import authorization
from local.gateway.identity import Caller

_cache: Path | None = None
_locks: dict[str, threading.Lock] = {}
_locks_lock = threading.Lock()
_borrowers: dict[Path, int] = {}
_borrowing = threading.Lock()


@dataclass(frozen=True)
class StoredObject:
    """An object as it is listed: its address, entity tag and size in bytes."""

    bucket: str
    key: str
    etag: str
    size: int

    @property
    def uri(self) -> str:
        """The `s3://` address."""
        return f"s3://{self.bucket}/{self.key}"


def use_cache(folder: Path) -> None:
    """Keep local copies of objects under `folder`, which is made if it is not there."""
    global _cache
    folder.mkdir(parents=True, exist_ok=True)
    _cache = folder


def cache_folder(name: str) -> Path:
    """A folder of the cache, made if it is not there. Raises RuntimeError before `use_cache`."""
    if _cache is None:
        raise RuntimeError("use_cache was not called: there is no folder for copies of objects")
    folder = _cache / name
    folder.mkdir(exist_ok=True)
    return folder


def lock_for(name: str) -> threading.Lock:
    """The one lock of a name, so that the same copy is made once."""
    with _locks_lock:
        return _locks.setdefault(name, threading.Lock())


def split_uri(uri: str) -> tuple[str, str]:
    """Bucket and key (or prefix) of an `s3://`, `s3a://` or `s3n://` address. Raises InvalidInput."""
    scheme, separator, rest = uri.partition("://")
    bucket, _, key = rest.partition("/")
    if not separator or scheme not in ("s3", "s3a", "s3n") or not bucket:
        raise InvalidInput(f"not an S3 location: {uri!r}")
    return bucket, key


class Listing:
    """The keys of buckets, each bucket sorted once: for looking under many folders at a time."""

    def __init__(self) -> None:
        self._names: dict[str, list[str]] = {}

    def names(self, bucket: str, prefix: str) -> list[str]:
        """The keys that begin with a prefix, sorted. Raises EntityNotFound when the bucket is not there."""
        if bucket not in self._names:
            self._names[bucket] = sorted(dict.keys(backends.find_bucket(bucket).keys))
        names = self._names[bucket]
        start = bisect.bisect_left(names, prefix)
        end = start
        while end < len(names) and names[end].startswith(prefix):
            end += 1
        return names[start:end]


def list_objects(uri: str, *, hidden: bool = False, listing: Listing | None = None) -> list[StoredObject]:
    """The objects under a folder or prefix, sorted by key.

    Names that begin with `_` or `.` are left out unless `hidden`, and so are empty objects and folder markers: that is
    how Athena, Redshift Spectrum and crawlers read a location. Raises EntityNotFound when the bucket is not there.
    """
    bucket, prefix = split_uri(uri)
    if prefix and not prefix.endswith("/"):
        prefix += "/"
    found = _under(bucket, prefix, listing or Listing())
    return [one for one in found if hidden or _is_data(one, prefix)]


def list_prefix(uri: str) -> list[StoredObject]:
    """All objects whose address begins with `uri`, as S3's own listing goes, sorted by key."""
    bucket, prefix = split_uri(uri)
    return list(_under(bucket, prefix, Listing()))


def _under(bucket: str, prefix: str, listing: Listing) -> Iterator[StoredObject]:
    keys = backends.find_bucket(bucket).keys
    for name in listing.names(bucket, prefix):
        entry = keys.get(name)
        if entry is not None and not isinstance(entry, FakeDeleteMarker):
            yield _describe(bucket, entry)


def _is_data(found: StoredObject, prefix: str) -> bool:
    relative = found.key[len(prefix) :]
    return found.size > 0 and not any(part.startswith(("_", ".")) for part in relative.split("/"))


def _describe(bucket: str, entry: FakeKey) -> StoredObject:
    with entry.lock:
        etag = entry.etag
    return StoredObject(bucket=bucket, key=entry.name, etag=etag.strip('"'), size=entry.size)


def _entry(bucket: str, key: str) -> FakeKey:
    entry: FakeKey | FakeDeleteMarker | None = backends.find_bucket(bucket).keys.get(key)
    if entry is None or isinstance(entry, FakeDeleteMarker):
        raise EntityNotFound(f"The specified key does not exist: s3://{bucket}/{key}")
    return entry


def find(bucket: str, key: str) -> StoredObject:
    """One object. Raises EntityNotFound."""
    return _describe(bucket, _entry(bucket, key))


def local_copy(found: StoredObject) -> Path:
    """A read-only local copy of a listed object. Raises EntityNotFound when it is gone or was replaced since."""
    path = _copy_path(found, "objects")
    if path.exists():
        return path
    with lock_for(str(path)):
        if not path.exists():
            write_file(path, _content(found))
    return path


@contextmanager
def borrowed_copy(found: StoredObject) -> Iterator[Path]:
    """A local copy for as long as somebody uses it: for objects that are read once and kept in another form.

    Raises EntityNotFound when the object is gone or was replaced since.
    """
    path = _copy_path(found, "borrowed")
    with _borrowing:
        _borrowers[path] = _borrowers.get(path, 0) + 1
    try:
        with lock_for(str(path)):
            if not path.exists():
                write_file(path, _content(found))
        yield path
    finally:
        with _borrowing:
            _borrowers[path] -= 1
            if not _borrowers[path]:
                del _borrowers[path]
                path.unlink(missing_ok=True)


def _copy_path(found: StoredObject, folder: str) -> Path:
    address = f"{found.bucket}/{found.key}/{found.etag}/{found.size}"
    name = hashlib.sha256(address.encode()).hexdigest()[:32]
    return cache_folder(folder) / f"{name}-{found.key.rsplit('/', 1)[-1][-80:]}"


def _content(found: StoredObject) -> bytes:
    entry = _entry(found.bucket, found.key)
    content = entry.value
    if _describe(found.bucket, entry).etag != found.etag:
        raise EntityNotFound(f"{found.uri} was replaced while it was being read")
    return content


def read(bucket: str, key: str) -> bytes:
    """The bytes of an object. Raises EntityNotFound."""
    return _entry(bucket, key).value


def write_file(path: Path, content: bytes) -> None:
    """Write a read-only file so that nobody ever sees half of it."""
    handle, temporary = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as out:
        out.write(content)
    Path(temporary).chmod(0o444)
    Path(temporary).replace(path)


def put(uri: str, content: bytes) -> StoredObject:
    """Store an object. Authorization is the caller's business: see `require_write`. Raises EntityNotFound."""
    bucket, key = split_uri(uri)
    return _describe(bucket, backends.s3(backends.bucket_owner(bucket)).put_object(bucket, key, content))


def delete(uri: str) -> None:
    """Remove an object; no error when it is not there."""
    bucket, key = split_uri(uri)
    backends.s3(backends.bucket_owner(bucket)).delete_object(bucket, key)


def require_read(caller: Caller, uri: str) -> None:
    """Raise AccessDenied unless the caller may read the objects under a location with its own permissions."""
    bucket, prefix = split_uri(uri)
    _require(caller, "s3:ListBucket", bucket, "")
    _require(caller, "s3:GetObject", bucket, prefix.rstrip("/") + "/*" if prefix else "*")


def require_write(caller: Caller, uri: str) -> None:
    """Raise AccessDenied unless the caller may store an object at this address."""
    _require(caller, "s3:PutObject", *split_uri(uri))


def require_delete(caller: Caller, uri: str) -> None:
    """Raise AccessDenied unless the caller may delete an object at this address."""
    _require(caller, "s3:DeleteObject", *split_uri(uri))


def _require(caller: Caller, action: str, bucket: str, key: str) -> None:
    resource = f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}"
    if not authorization.is_allowed(caller, action, resource):
        raise AccessDenied(
            f"User: {caller.arn} is not authorized to perform: {action} on resource: {resource}"
        )
