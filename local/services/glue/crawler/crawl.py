"""One crawl: list, classify, group into tables, and bring the catalog up to date with what was found."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from moto.glue.models import FakeTable

from local.engines import backends, catalog, objects
from local.engines.catalog_changes import add_partition
from local.engines.errors import AccessDenied, EntityNotFound, QueryError
from local.engines.iceberg.tables import catalog_lock
from local.engines.lake_permissions import permissions
from local.engines.objects import StoredObject
from local.gateway.identity import Caller
from local.services.glue.crawler import layout, schemas
from local.services.glue.crawler.classifiers import CsvClassifier, Unrecognised, classify
from local.services.glue.crawler.configuration import CrawlerOptions, Target
from local.services.glue.crawler.layout import FoundPartition, FoundTable
from local.services.glue.crawler.schemas import Schema

_VERSION_PARAMETERS = {"CrawlerSchemaDeserializerVersion": "1.0", "CrawlerSchemaSerializerVersion": "1.0"}


class Stopped(Exception):
    """StopCrawler was called while the crawl ran."""


@dataclass
class Outcome:
    """What a crawl changed in the catalog."""

    tables_created: list[str] = field(default_factory=list)
    tables_updated: list[str] = field(default_factory=list)
    tables_deleted: list[str] = field(default_factory=list)
    partitions_created: int = 0
    partitions_updated: int = 0
    partitions_deleted: int = 0
    notes: list[str] = field(default_factory=list)


@dataclass
class Crawl:
    """A crawler's work at one time, as the role `caller`; `run` does it."""

    account: str
    crawler: str
    caller: Caller
    database: str
    table_prefix: str
    options: CrawlerOptions
    classifiers: tuple[CsvClassifier, ...]
    stop: threading.Event
    outcome: Outcome = field(default_factory=Outcome)

    def run(self) -> Outcome:
        """Crawl every target.

        Raises Stopped, AccessDenied when the role may not read a path or change the catalog, EntityNotFound for the
        database or a bucket, QueryError when there are more tables than the threshold.
        """
        if self.database not in backends.glue(self.account).databases:
            raise EntityNotFound(f"Database {self.database} not found.")
        for target in self.options.targets:
            objects.require_read(self.caller, target.path)
        found = [table for target in self.options.targets for table in self._find(target)]
        threshold = self.options.table_threshold
        if threshold is not None and len(found) > threshold:
            raise QueryError(
                "TABLE_THRESHOLD",
                f"The number of tables detected by crawler: {len(found)} exceeds the threshold {threshold}",
            )
        for table in found:
            self._check_stop()
            self._store(table)
        if self.options.recrawl == "CRAWL_EVERYTHING":
            self._remove_absent(found)
        return self.outcome

    def _check_stop(self) -> None:
        if self.stop.is_set():
            raise Stopped

    def _find(self, target: Target) -> list[FoundTable]:
        bucket, prefix = objects.split_uri(target.path)
        listed = [
            one for one in objects.list_objects(target.path) if not target.excludes(one.key[len(prefix) :])
        ]
        if not listed:
            self.outcome.notes.append(f"{target.path} holds no objects")
            return []

        def classify_one(one: StoredObject) -> Schema | Unrecognised:
            self._check_stop()
            return classify(one, self.classifiers)

        tables, unknown = layout.find_tables(
            bucket, prefix, listed, classify_one, combine=self.options.combine
        )
        self.outcome.notes.extend(f"{one.uri} {reason}" for one, reason in unknown)
        return tables

    def _store(self, found: FoundTable) -> None:
        existing = self._existing(found.location)
        if existing is None:
            self._create(found)
        else:
            self._update(existing, found)

    def _existing(self, location: str) -> FakeTable | None:
        for stored in list(backends.glue(self.account).databases[self.database].tables.values()):
            version = catalog.current_version(stored)
            own = (version.get("StorageDescriptor") or {}).get("Location") or ""
            if own.rstrip("/") == location.rstrip("/") and not version.get("TargetTable"):
                return stored
        return None

    def _create(self, found: FoundTable) -> None:
        tables = backends.glue(self.account).databases[self.database].tables
        name = layout.table_name(self.table_prefix, found.location, lambda candidate: candidate in tables)
        permissions.require_create_table(self.caller, self.account, self.database, found.location)
        described = self._table_input(name, found, found.schema)
        with catalog_lock:
            permissions.create_table(self.caller, self.account, self.database, described)
        self.outcome.tables_created.append(name)
        stored = catalog.stored_table(self.account, self.database, name)
        table = catalog.describe(self.account, stored)
        for partition in found.partitions:
            add_partition(table, stored, self._partition_input(partition, found.schema))
            self.outcome.partitions_created += 1

    def _update(self, stored: FakeTable, found: FoundTable) -> None:
        version = catalog.current_version(stored)
        if not self._is_mine(version):
            self.outcome.notes.append(
                f"table {stored.name} was not made by this crawler; its partitions are kept up to date"
            )
        schema = self._next_schema(version, found)
        if schema is not None:
            self._require("ALTER", stored.name)
            with catalog_lock:
                stored.update({**version, **self._table_input(stored.name, found, schema)})
            self.outcome.tables_updated.append(stored.name)
        else:
            # figures about the files are no change of the table: no new version
            version.setdefault("Parameters", {}).update(_figures(found))
        current = catalog.columns_of(
            (catalog.current_version(stored).get("StorageDescriptor") or {}).get("Columns")
        )
        whole = schemas.Schema(
            found.schema.classification,
            tuple((column.name, column.glue_type) for column in current),
            found.schema.serde,
            found.schema.serde_parameters,
            found.schema.parameters,
            found.schema.input_format,
            found.schema.output_format,
        )
        self._update_partitions(stored, found, whole)

    def _next_schema(self, version: dict[str, Any], found: FoundTable) -> Schema | None:
        """The table's new schema when it changed and may be changed."""
        if self.options.update == "LOG" or not self._is_mine(version):
            return None
        current = {
            column.name: column.glue_type
            for column in catalog.columns_of((version.get("StorageDescriptor") or {}).get("Columns"))
        }
        next_columns = dict(found.schema.columns)
        if self.options.merge_columns:
            next_columns = current | {
                name: kind for name, kind in next_columns.items() if name not in current
            }
        else:
            in_order = {name: next_columns[name] for name in current if name in next_columns}
            next_columns = in_order | next_columns
        deprecated = "DEPRECATED_BY_CRAWLER" in (version.get("Parameters") or {})
        if next_columns == current and not deprecated:
            return None
        return schemas.Schema(
            found.schema.classification,
            tuple(next_columns.items()),
            found.schema.serde,
            found.schema.serde_parameters,
            found.schema.parameters,
            found.schema.input_format,
            found.schema.output_format,
        )

    def _update_partitions(self, stored: FakeTable, found: FoundTable, whole: Schema) -> None:
        table = catalog.describe(self.account, stored)
        if len(table.partition_keys) != len(found.keys):
            self.outcome.notes.append(
                f"the partition keys of {stored.name} are no longer those of its folders"
            )
            return
        for partition in found.partitions:
            described = self._partition_input(partition, whole)
            known = stored.partitions.get(str(list(partition.values)))
            if known is None:
                self._require("ALTER", stored.name)
                add_partition(table, stored, described)
                self.outcome.partitions_created += 1
            elif self.options.update != "LOG" and _columns(known.partition_input) != _columns(described):
                self._require("ALTER", stored.name)
                stored.update_partition(list(partition.values), described)  # type: ignore[arg-type]  # moto takes the list of values
                self.outcome.partitions_updated += 1

    def _require(self, action: str, name: str) -> None:
        granted = permissions.table_permissions(self.account, self.database, name, self.caller.principal_arn)
        if action not in granted:
            raise AccessDenied(
                f"Insufficient Lake Formation permission(s): Required {action.capitalize()} on {name}"
            )

    def _is_mine(self, version: dict[str, Any]) -> bool:
        return (version.get("Parameters") or {}).get("UPDATED_BY_CRAWLER") == self.crawler

    def _remove_absent(self, found: list[FoundTable]) -> None:
        by_location = {table.location.rstrip("/"): table for table in found}
        for stored in list(backends.glue(self.account).databases[self.database].tables.values()):
            version = catalog.current_version(stored)
            location = ((version.get("StorageDescriptor") or {}).get("Location") or "").rstrip("/")
            if not self._is_mine(version) or not self._is_target(location):
                continue
            if location in by_location:
                self._remove_partitions(stored, by_location[location])
            else:
                self._remove_table(stored, version)

    def _is_target(self, location: str) -> bool:
        return any((location + "/").startswith(target.path) for target in self.options.targets)

    def _remove_partitions(self, stored: FakeTable, found: FoundTable) -> None:
        present = {str(list(partition.values)) for partition in found.partitions}
        absent = [key for key in list(stored.partitions) if key not in present]
        if not absent or self.options.delete == "LOG":
            self.outcome.notes.extend(
                f"partition {key} of {stored.name} has no objects any more" for key in absent
            )
            return
        # a partition cannot be marked as deprecated: both behaviours take it out of the catalog
        self._require("ALTER", stored.name)
        for key in absent:
            del stored.partitions[key]
            self.outcome.partitions_deleted += 1

    def _remove_table(self, stored: FakeTable, version: dict[str, Any]) -> None:
        parameters = version.get("Parameters") or {}
        if self.options.delete == "LOG" or "DEPRECATED_BY_CRAWLER" in parameters:
            self.outcome.notes.append(f"table {stored.name} has no objects any more")
            return
        if self.options.delete == "DELETE_FROM_DATABASE":
            self._require("DROP", stored.name)
            with catalog_lock:
                backends.glue(self.account).delete_table(self.database, stored.name)
                permissions.forget(self.account, self.database, stored.name)
            self.outcome.tables_deleted.append(stored.name)
            return
        self._require("ALTER", stored.name)
        moment = str(int(datetime.now(UTC).timestamp() * 1000))
        with catalog_lock:
            stored.update({**version, "Parameters": {**parameters, "DEPRECATED_BY_CRAWLER": moment}})
        self.outcome.tables_updated.append(stored.name)

    def _table_input(self, name: str, found: FoundTable, schema: Schema) -> dict[str, Any]:
        parameters = {
            **_VERSION_PARAMETERS,
            "UPDATED_BY_CRAWLER": self.crawler,
            "classification": schema.classification,
            "typeOfData": "file",
            "compressionType": _compression(found),
            **_figures(found),
            **dict(schema.parameters),
        }
        if found.keys:
            parameters["partition_filtering.enabled"] = "true"
        return {
            "Name": name,
            "Owner": "owner",
            "TableType": "EXTERNAL_TABLE",
            "Retention": 0,
            "PartitionKeys": [{"Name": key, "Type": "string"} for key in found.keys],
            "Parameters": parameters,
            "StorageDescriptor": _storage(found.location, schema, parameters),
        }

    def _partition_input(self, partition: FoundPartition, whole: Schema) -> dict[str, Any]:
        schema = whole if self.options.inherit else partition.schema
        parameters = {
            **_VERSION_PARAMETERS,
            "classification": schema.classification,
            **dict(schema.parameters),
        }
        return {
            "Values": list(partition.values),
            "Parameters": parameters,
            "StorageDescriptor": _storage(partition.location, schema, parameters),
        }


def _storage(location: str, schema: Schema, parameters: dict[str, str]) -> dict[str, Any]:
    serde_parameters = dict(schema.serde_parameters)
    if schema.classification == "json":
        serde_parameters["paths"] = ",".join(name for name, _ in schema.columns)
    return {
        "Columns": [{"Name": name, "Type": kind} for name, kind in schema.columns],
        "Location": location,
        "InputFormat": schema.input_format,
        "OutputFormat": schema.output_format,
        "Compressed": False,
        "NumberOfBuckets": -1,
        "SerdeInfo": {"SerializationLibrary": schema.serde, "Parameters": serde_parameters},
        "BucketColumns": [],
        "SortColumns": [],
        "Parameters": parameters,
        "StoredAsSubDirectories": False,
    }


def _figures(found: FoundTable) -> dict[str, str]:
    files = found.every_object
    return {"objectCount": str(len(files)), "sizeKey": str(sum(one.size for one in files))}


def _compression(found: FoundTable) -> str:
    files = found.every_object
    return "gzip" if files and all(one.key.endswith(".gz") for one in files) else "none"


def _columns(described: dict[str, Any]) -> list[tuple[str, str]]:
    storage = described.get("StorageDescriptor") or {}
    return [(column["Name"], column["Type"]) for column in storage.get("Columns") or ()]
