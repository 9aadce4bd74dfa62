"""From a listing of objects to tables: which folders are tables, which are their partitions.

Facts from the Glue developer guide ("How does a crawler determine when to create partitions?"): folders at the same
level whose schemas are similar are partitions of one table at their parent; `key=value` names give the key's name,
others `partition_0`, `partition_1` …
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from local.engines.objects import StoredObject
from local.services.glue.crawler.classifiers import Unrecognised
from local.services.glue.crawler.schemas import Schema, similar, union


@dataclass
class FoundPartition:
    """A partition folder: values in the order of the keys, its address and its own schema."""

    values: tuple[str, ...]
    location: str
    schema: Schema
    objects: tuple[StoredObject, ...]


@dataclass
class FoundTable:
    """A table folder: `partitions` are empty when its files lie in it directly."""

    location: str
    schema: Schema
    keys: tuple[str, ...]
    partitions: list[FoundPartition]
    objects: tuple[StoredObject, ...]

    @property
    def every_object(self) -> list[StoredObject]:
        """All its files."""
        return [*self.objects, *(found for partition in self.partitions for found in partition.objects)]


@dataclass
class _Folder:
    path: str
    files: list[StoredObject] = field(default_factory=list)
    children: dict[str, _Folder] = field(default_factory=dict)


def find_tables(
    bucket: str,
    prefix: str,
    found: list[StoredObject],
    classify: Callable[[StoredObject], Schema | Unrecognised],
    *,
    combine: bool = False,
) -> tuple[list[FoundTable], list[tuple[StoredObject, str]]]:
    """The tables under a prefix, and the objects that are in none of them, with the reason.

    `combine` is the grouping policy CombineCompatibleSchemas: whatever fits is one table, similar or not.
    """
    root = _Folder(prefix)
    for one in found:
        folder = root
        for part in one.key[len(prefix) :].split("/")[:-1]:
            folder = folder.children.setdefault(part, _Folder(f"{folder.path}{part}/"))
        folder.files.append(one)
    unknown: list[tuple[StoredObject, str]] = []
    return _tables(bucket, root, classify, unknown, combine), unknown


def _tables(
    bucket: str,
    folder: _Folder,
    classify: Callable[[StoredObject], Schema | Unrecognised],
    unknown: list[tuple[StoredObject, str]],
    combine: bool,
) -> list[FoundTable]:
    location = f"s3://{bucket}/{folder.path}"
    below = {
        name: _tables(bucket, child, classify, unknown, combine)
        for name, child in sorted(folder.children.items())
    }
    own = _own_files(folder, classify, unknown)
    if own is not None:
        schema, files = own
        inner = [table for tables in below.values() for table in tables]
        joined = [table for table in inner if table.schema.fits(schema)]
        apart = [table for table in inner if not table.schema.fits(schema)]
        more = tuple(one for table in joined for one in table.every_object)
        whole = union([schema, *(table.schema for table in joined)])
        return [FoundTable(location, whole, (), [], files + more), *apart]
    tables = [tables[0] for tables in below.values() if len(tables) == 1]
    if below and len(tables) == len(below):
        if _one_table(list(below), tables, combine):
            return [_combine(location, list(below), tables)]
        _note_odd_folders(tables, unknown)
    return [table for tables in below.values() for table in tables]


def _own_files(
    folder: _Folder,
    classify: Callable[[StoredObject], Schema | Unrecognised],
    unknown: list[tuple[StoredObject, str]],
) -> tuple[Schema, tuple[StoredObject, ...]] | None:
    """The schema of the files that lie in a folder itself; those of the most frequent kind if there are several."""
    groups: list[tuple[list[Schema], list[StoredObject]]] = []
    for one in folder.files:
        schema = classify(one)
        if isinstance(schema, Unrecognised):
            unknown.append((one, f"is in no table: {schema.reason}"))
            continue
        for schemas, files in groups:
            if schemas[0].fits(schema):
                schemas.append(schema)
                files.append(one)
                break
        else:
            groups.append(([schema], [one]))
    if not groups:
        return None
    schemas, files = max(groups, key=lambda group: len(group[1]))
    for others, odd in groups:
        if odd is not files:
            reason = _difference(others[0], schemas[0])
            unknown.extend(
                (one, f"is in no table: it {reason} {files[0].uri} in the same folder") for one in odd
            )
    return union(schemas), tuple(files)


def _note_odd_folders(tables: list[FoundTable], unknown: list[tuple[StoredObject, str]]) -> None:
    """Say of folders that are tables of their own why they are not partitions of one table with most of their siblings."""
    usual = max(tables, key=lambda table: sum(other.schema.fits(table.schema) for other in tables))
    for table in tables:
        if not table.schema.fits(usual.schema):
            reason = _difference(table.schema, usual.schema)
            example = usual.every_object[0].uri
            unknown.extend(
                (one, f"is in a table of its own: it {reason} {example}") for one in table.every_object
            )


def _difference(odd: Schema, usual: Schema) -> str:
    if odd.classification != usual.classification:
        return f"is {odd.classification}, not {usual.classification} as"
    headers = [dict(schema.parameters).get("skip.header.line.count") for schema in (odd, usual)]
    if headers[0] != headers[1]:
        return f"has {'a' if headers[0] else 'no'} header, unlike"
    return "has another delimiter than"


def _one_table(names: list[str], tables: list[FoundTable], combine: bool) -> bool:
    """Whether sibling folders are the partitions of one table."""
    first = tables[0]
    if any(len(table.keys) != len(first.keys) for table in tables):
        return False
    hive = [re.fullmatch(r"([^=]+)=(.*)", name) for name in names]
    if any(hive) and (not all(hive) or len({match[1] for match in hive if match}) != 1):
        return False
    if len(tables) == 1 and not all(hive):
        return False
    if combine:
        return all(first.schema.fits(table.schema) for table in tables)
    return all(similar(first.schema, table.schema) for table in tables)


def _combine(location: str, names: list[str], tables: list[FoundTable]) -> FoundTable:
    hive = re.fullmatch(r"([^=]+)=(.*)", names[0])
    inner = tables[0].keys
    keys = (hive[1].lower() if hive else "partition_0", *inner)
    if not hive:
        keys = ("partition_0", *(_shift(key) for key in inner))
    partitions: list[FoundPartition] = []
    for name, table in zip(names, tables, strict=True):
        value = name.split("=", 1)[1] if hive else name
        if table.partitions:
            partitions.extend(
                FoundPartition((value, *below.values), below.location, below.schema, below.objects)
                for below in table.partitions
            )
        else:
            partitions.append(FoundPartition((value,), table.location, table.schema, table.objects))
    return FoundTable(location, union(table.schema for table in tables), keys, partitions, ())


def _shift(key: str) -> str:
    match = re.fullmatch(r"partition_(\d+)", key)
    return f"partition_{int(match[1]) + 1}" if match else key


def table_name(prefix: str, location: str, taken: Callable[[str], bool]) -> str:
    """The name that a crawler gives a table: the folder's name in lower case, odd characters as `_`.

    A name that another table has (`taken`) gets a hash of the location behind it.
    """
    folder = location.rstrip("/").rsplit("/", 1)[-1]
    name = prefix.lower() + re.sub(r"[^a-z0-9_]", "_", folder.lower())
    if not taken(name):
        return name
    return f"{name}_{hashlib.md5(location.encode(), usedforsecurity=False).hexdigest()}"
