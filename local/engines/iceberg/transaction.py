"""Changing an Iceberg table: any number of deletes and appends become one snapshot, or nothing at all.

Copy on write at the level of files: a data file whose rows all go is dropped, one that loses some is written again
without them, every other file is kept as it is.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.manifest import DataFile
from sqlglot import exp

from local.engines import duckdb_engine, hive_types, objects
from local.engines.catalog import CatalogTable
from local.engines.errors import CommitConflict, NotNullViolation, NotSupported, QueryError
from local.engines.iceberg import snapshots
from local.engines.iceberg.file_io import LakeFileIO
from local.engines.iceberg.tables import writable

if TYPE_CHECKING:
    import pyarrow


class Transaction:
    """Uncommitted changes to one table, on top of the snapshot that was current when the table was looked up.

    Not for use by several threads. `close` (or the end of a `with` block, or `commit`, or `rollback`) frees its files.
    """

    def __init__(self, table: CatalogTable) -> None:
        self.table = table
        self._metadata = snapshots.metadata_of(table)
        for column in table.columns:
            if "map<" in column.glue_type:
                # pyarrow ends the process when it casts DuckDB's maps
                raise NotSupported(f"writing Iceberg tables with maps ({table.name}.{column.name})")
        for field in self._metadata.spec().fields:
            if str(field.transform) != "identity":
                raise NotSupported(
                    f"writing an Iceberg table partitioned by {field.transform} ({table.name})"
                )
        self._base: dict[str, DataFile] = {}
        for file in snapshots.data_files(table):
            self._base[snapshots.local_paths([file])[0]] = file
        self._folder = Path(tempfile.mkdtemp(dir=objects.cache_folder("transactions")))
        self._appended: list[str] = []
        self._deleted: list[str] = []
        self._open = True

    def __enter__(self) -> Transaction:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @property
    def changed(self) -> bool:
        """Whether there is anything to commit."""
        return bool(self._appended or self._deleted)

    def relation(
        self,
        names: list[str] | None = None,
        *,
        row_address: bool = False,
        condition: exp.Expr | None = None,
    ) -> str:
        """A DuckDB subquery, in parentheses, over the table as this transaction sees it.

        With `row_address` two columns come last: `_file` (text) and `_row` (bigint) say which row it is, for `delete`.
        `condition` (in DuckDB's terms) only spares reading files whose partition it rules out.
        """
        chosen = (
            [self.table.column(name) for name in names] if names is not None else list(self.table.columns)
        )
        outputs = [duckdb_engine.quote(column.name) for column in chosen]
        if row_address:
            outputs += ["filename AS _file", "file_row_number AS _row"]
        selected = ", ".join(outputs) or "1 AS one"
        every = ", ".join(duckdb_engine.quote(column.name) for column in self.table.columns)
        parts = []
        extra = ", filename = true, file_row_number = true"
        base = list(self._base)
        if condition is not None:
            base = snapshots.local_paths(snapshots.matching_files(self.table, condition))
        if base:
            scan = snapshots.scan(self._metadata, base, extra)
            parts.append(f"SELECT {every}, filename, file_row_number FROM {scan}")
        if self._appended:
            scan = (
                f"read_parquet({duckdb_engine.file_list(self._appended)}, hive_partitioning = false{extra})"
            )
            parts.append(f"SELECT {every}, filename, file_row_number FROM {scan}")
        if not parts:
            empty = snapshots.no_rows(self.table.columns)
            parts.append(f"SELECT {every}, '' AS filename, CAST(0 AS BIGINT) AS file_row_number FROM {empty}")
        source = f"({' UNION ALL '.join(parts)})"
        if self._deleted:
            source = (
                f"(SELECT s.* FROM {source} s ANTI JOIN read_parquet({duckdb_engine.file_list(self._deleted)}) d "
                "ON s.filename = d._file AND s.file_row_number = d._row)"
            )
        return f"(SELECT {selected} FROM {source})"

    def delete(self, connection: duckdb.DuckDBPyConnection, addresses: str) -> int:
        """Delete the rows whose `_file` and `_row` the query `addresses` gives; returns how many there were.

        The query runs on `connection` and usually selects from `relation(row_address=True)`.
        """
        self._require_open()
        path = str(self._folder / f"deleted-{len(self._deleted)}.parquet")
        count = _copy(connection, f"SELECT DISTINCT _file, _row FROM ({addresses})", path)
        if count:
            self._deleted.append(path)
        return count

    def append(self, connection: duckdb.DuckDBPyConnection, query: str) -> int:
        """Append the rows of a query, columns by name; a column that it leaves out is NULL. Returns how many.

        Raises QueryError for a column the table does not have or a type that does not widen to the table's,
        NotNullViolation for a NULL in a required column, and DuckDB's own errors of the query.
        """
        self._require_open()
        described = connection.execute(f"DESCRIBE {query}").fetchall()
        given = {name.lower(): (name, str(kind)) for name, kind, *_ in described}
        unknown = sorted(set(given) - {column.name for column in self.table.columns})
        if unknown:
            raise QueryError(
                "COLUMN_NOT_FOUND", f"table {self.table.name} has no column {', '.join(unknown)}"
            )
        outputs = []
        for column in self.table.columns:
            name = duckdb_engine.quote(column.name)
            if column.name not in given:
                outputs.append(f"CAST(NULL AS {column.duckdb_type}) AS {name}")
                continue
            spelled, kind = given[column.name]
            _check_assignable(self.table.name, column.name, kind, column.glue_type)
            outputs.append(f"CAST({duckdb_engine.quote(spelled)} AS {column.duckdb_type}) AS {name}")
        path = str(self._folder / f"appended-{len(self._appended)}.parquet")
        count = _copy(connection, f"SELECT {', '.join(outputs)} FROM ({query})", path)
        self._check_not_null(path)
        if count:
            self._appended.append(path)
        return count

    def _check_not_null(self, path: str) -> None:
        required = [column.name for column in self.table.columns if column.required]
        if not required:
            return
        counts = ", ".join(f"count(*) - count({duckdb_engine.quote(name)})" for name in required)
        own = duckdb_engine.connect()
        try:
            missing = own.execute(
                f"SELECT {counts} FROM read_parquet({duckdb_engine.literal(path)})"
            ).fetchone()
        finally:
            own.close()
        for name, count in zip(required, missing or (), strict=True):
            if count:
                raise NotNullViolation(self.table.name, name)

    def commit(self) -> int | None:
        """Make the changes one snapshot and return its id; None when there is nothing to change.

        Raises CommitConflict when somebody else committed since the table was looked up: then nothing is visible,
        and the files that were written are removed.
        """
        # pyarrow costs half a second, which the start of the local AWS need not wait for
        import pyarrow
        from pyiceberg.io.pyarrow import _dataframe_to_data_files

        self._require_open()
        if not self.changed:
            self.close()
            return None
        writer = LakeFileIO()
        target = writable(self.table, writer)
        try:
            with target.transaction() as change:
                removed, survivors = self._touched()
                rows = (
                    pyarrow.concat_tables([*survivors, *self._appended_rows()])
                    if survivors or self._appended
                    else None
                )
                files = list(_dataframe_to_data_files(change.table_metadata, rows, writer)) if rows else []
                update = change.update_snapshot()
                with update.overwrite() if removed else update.fast_append() as snapshot:
                    for file in removed:
                        snapshot.delete_data_file(file)
                    for file in files:
                        snapshot.append_data_file(file)
                identifier = snapshot.snapshot_id
        except CommitFailedException as conflict:
            for location in writer.written:
                writer.delete(location)
            raise CommitConflict(f"{self.table.database}.{self.table.name}") from conflict
        finally:
            self.close()
        return identifier

    def rollback(self) -> None:
        """Forget the changes."""
        self.close()

    def close(self) -> None:
        """Free the transaction's files; what was not committed is forgotten."""
        self._open = False
        shutil.rmtree(self._folder, ignore_errors=True)

    def _require_open(self) -> None:
        if not self._open:
            raise RuntimeError("this Iceberg transaction has ended")

    def _touched(self) -> tuple[list[DataFile], list[pyarrow.Table]]:
        """The base files that lose rows, and the rows that stay of those that do not lose all."""
        if not self._deleted:
            return [], []
        own = duckdb_engine.connect()
        try:
            deleted = f"read_parquet({duckdb_engine.file_list(self._deleted)})"
            counts = own.execute(
                f"SELECT _file, count(*) FROM {deleted} GROUP BY _file ORDER BY _file"
            ).fetchall()
            removed, survivors = [], []
            for path, count in counts:
                file = self._base.get(path)
                if file is None:
                    continue  # rows of this very transaction, left out by _appended_rows
                removed.append(file)
                if count < file.record_count:
                    scan = snapshots.scan(self._metadata, [path], ", filename = true, file_row_number = true")
                    survivors.append(self._rows(own, scan, deleted))
        finally:
            own.close()
        return removed, survivors

    def _appended_rows(self) -> list[pyarrow.Table]:
        if not self._appended:
            return []
        scan = (
            f"read_parquet({duckdb_engine.file_list(self._appended)}, hive_partitioning = false, "
            "filename = true, file_row_number = true)"
        )
        own = duckdb_engine.connect()
        try:
            return [
                self._rows(
                    own,
                    scan,
                    f"read_parquet({duckdb_engine.file_list(self._deleted)})" if self._deleted else None,
                )
            ]
        finally:
            own.close()

    def _rows(self, connection: duckdb.DuckDBPyConnection, scan: str, deleted: str | None) -> pyarrow.Table:
        """The rows of a scan that are not deleted, in their order, with the types of the Iceberg schema."""
        from pyiceberg.io.pyarrow import schema_to_pyarrow

        names = ", ".join(duckdb_engine.quote(column.name) for column in self.table.columns)
        # "kept" is named, because inside the subquery a bare filename would be the deletions' own
        condition = (
            f"WHERE NOT EXISTS (SELECT 1 FROM {deleted} gone "
            "WHERE gone._file = kept.filename AND gone._row = kept.file_row_number)"
            if deleted is not None
            else ""
        )
        rows = connection.execute(
            f"SELECT {names} FROM {scan} kept {condition} ORDER BY kept.filename, kept.file_row_number"
        ).to_arrow_table()
        schema = self._metadata.schema()
        target = schema_to_pyarrow(schema, include_field_ids=False)
        return rows.rename_columns([field.name for field in schema.fields]).cast(target)


def _copy(connection: duckdb.DuckDBPyConnection, query: str, path: str) -> int:
    counted = connection.execute(
        f"COPY ({query}) TO {duckdb_engine.literal(path)} (FORMAT parquet)"
    ).fetchone()
    return int(counted[0]) if counted else 0


def _check_assignable(table: str, column: str, given: str, expected: str) -> None:
    """Raise QueryError unless a value of DuckDB type `given` may be stored in a column of catalog type `wanted`."""
    if given == '"NULL"':
        return
    source, target = hive_types.from_duckdb(given), expected
    first, second = hive_types.parse(source), hive_types.parse(target)
    numeric = (*hive_types.INTEGERS, "decimal", "float", "double")
    text = ("string", "varchar", "char")
    if (
        first.name == second.name
        or (first.name in numeric and second.name in numeric)
        or (first.name in text and second.name in text)
        or (first.name, second.name) in (("date", "timestamp"), ("timestamp", "timestamptz"))
    ):
        return
    raise QueryError(
        "TYPE_MISMATCH",
        f"Insert query has mismatched column types: {table}.{column} is {target}, the query gives {source}",
    )
