"""Tables of external schemas: found in the Glue Data Catalog, read as the schema's IAM role under Lake Formation.

Source: "External schemas in Amazon Redshift Spectrum" and "Redshift Spectrum and AWS Lake Formation".
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from local.engines import backends
from local.engines import catalog as glue
from local.engines.catalog import CatalogTable
from local.engines.catalog_changes import delete_table
from local.engines.errors import BadData, CommitConflict, NotNullViolation, QueryError
from local.engines.iceberg.transaction import Transaction
from local.engines.lake_permissions import permissions
from local.engines.lake_permissions.selecting import Selection
from local.engines.redshift import errors, types
from local.engines.redshift.catalog import Catalog, Column, ExternalSource, Schema
from local.engines.redshift.dialect.scope import Resolved
from local.engines.redshift.dialect.typed import Output
from local.engines.redshift.errors import SqlError
from local.gateway import identity
from local.gateway.errors import AwsError
from local.gateway.iam import authorization


@dataclass(frozen=True)
class ExternalTable:
    """A table of an external schema as a role sees it: only the columns and rows that it may read."""

    schema: str
    source: ExternalSource
    table: CatalogTable
    selection: Selection

    @property
    def readable(self) -> tuple[str, ...]:
        """The columns that the role may read, of all rows or some."""
        return self.selection.columns

    @property
    def name(self) -> str:
        """The name in the catalog of the account that owns it."""
        return self.table.name

    @property
    def format(self) -> str:
        """json, csv, parquet or iceberg."""
        return self.table.format

    @property
    def location(self) -> str:
        """Where its objects are, as an s3:// URI."""
        return self.table.location

    @property
    def key(self) -> tuple[str, str, str]:
        """The same for the same table, through whichever link it was found."""
        return self.table.account, self.table.database, self.table.name

    def columns(self) -> tuple[Column, ...]:
        """All of the table's columns in Redshift's types."""
        return tuple(
            Column(each.name, types.from_glue(each.glue_type), nullable=not each.required)
            for each in self.table.all_columns
        )

    def described_columns(self) -> list[tuple[str, str, int]]:
        """(name, Redshift type, position among the partition keys or 0) of the readable columns."""
        keys = [each.name for each in self.table.partition_keys]
        return [
            (
                each.name,
                types.from_glue(each.glue_type).display,
                keys.index(each.name) + 1 if each.name in keys else 0,
            )
            for each in self.table.all_columns
            if each.name in self.readable
        ]


@contextmanager
def lake_errors() -> Iterator[None]:
    """Turn what the lake and AWS answer into SQL errors."""
    try:
        yield
    except CommitConflict as error:
        raise SqlError(
            errors.SERIALIZATION_FAILURE,
            f"Iceberg commit conflict with concurrent transaction: {error.message}",
        ) from error
    except NotNullViolation as error:
        raise SqlError(errors.NOT_NULL_VIOLATION, error.message) from error
    except BadData as error:
        raise SqlError(errors.INTERNAL_ERROR, f"Spectrum Scan Error: {error.message}") from error
    except QueryError as error:
        raise SqlError(errors.INTERNAL_ERROR, f"Spectrum error: {error.message}") from error
    except AwsError as error:
        raise _from_aws(error) from error


def _from_aws(error: AwsError) -> SqlError:
    if error.code.startswith(("AccessDenied", "UnauthorizedOperation")):
        return SqlError(
            errors.INSUFFICIENT_PRIVILEGE, f"permission denied: {error.message}", detail=error.code
        )
    return SqlError(errors.INTERNAL_ERROR, f"{error.message}", detail=error.code)


def resolve(schema: Schema, name: str) -> Resolved:
    """A table of an external schema.

    Raises:
        SqlError: 42P01 when the catalog has none, 42501 when Lake Formation or IAM say no.
    """
    external = find(schema, name)
    if external is None:
        raise SqlError(errors.UNDEFINED_TABLE, f'relation "{schema.name}.{name}" does not exist')
    columns = tuple(
        Output(each.name, types.from_glue(each.glue_type))
        for each in external.table.all_columns
        if each.name in external.readable
    )
    return Resolved("external", f"{schema.name}.{name}", columns, subject=external)


def find(schema: Schema, name: str) -> ExternalTable | None:
    """A table of an external schema with what the role may read, or None when there is none of the name.

    Raises:
        SqlError: 42501.
    """
    source = schema.external
    if source is None:
        raise AssertionError(f"{schema.name} is no external schema")
    with lake_errors():
        authorization.require_service_role(source.role_arn, "redshift.amazonaws.com")
        _require_database(source)
        if not glue.table_exists(source.account, source.database, name):
            return None
        table = glue.find_table(source.account, source.database, name)
        selection = permissions.readable(table, source.role_arn)
    return ExternalTable(schema.name, source, table, selection)


def _require_database(source: ExternalSource) -> None:
    try:
        glue.find_database(source.account, source.database)
    except AwsError as error:
        raise SqlError(
            errors.UNDEFINED_SCHEMA,
            f'external database "{source.database}" does not exist',
            detail=error.message,
        ) from error


def tables_of(schema: Schema) -> list[ExternalTable]:
    """The tables of an external schema that its role may see; those it may not read are left out."""
    source = schema.external
    if source is None:
        return []
    try:
        account, database, _ = glue.find_database(source.account, source.database)
        names = list(backends.glue(account).databases[database].tables)
    except AwsError:
        return []
    found = []
    for name in names:
        try:
            table = find(schema, name)
        except SqlError as error:
            if error.sqlstate not in (
                errors.INSUFFICIENT_PRIVILEGE,
                errors.FEATURE_NOT_SUPPORTED,
                errors.INTERNAL_ERROR,
            ):
                raise
            continue
        if table is not None:
            found.append(table)
    return found


def every_table(catalog: Catalog) -> Iterator[tuple[str, ExternalTable]]:
    """(schema, table) of every external schema, for the system views."""
    for schema in catalog.values("schema"):
        if schema.external is not None:
            for table in tables_of(schema):
                yield schema.name, table


def role_caller(cluster_identifier: str, source: ExternalSource) -> identity.Caller:
    """The role of an external schema as a session of the cluster assumes it."""
    return identity.role_caller(source.role_arn, f"RedshiftIamRoleSession-{cluster_identifier}")


class IcebergWork:
    """The uncommitted changes of a session's transaction to one Iceberg table."""

    def __init__(self, external: ExternalTable):
        self.external = external
        with lake_errors():
            self.changes = Transaction(external.table)

    def commit(self) -> None:
        """Publish the changes as one snapshot.

        Raises:
            SqlError: 40001 when somebody else committed to the table since the transaction first touched it.
        """
        with lake_errors():
            self.changes.commit()

    def rollback(self) -> None:
        """Forget the changes."""
        self.changes.rollback()


def drop_table(cluster_identifier: str, source: ExternalSource, name: str) -> None:
    """Take a table of an external schema out of the catalog, as the schema's role.

    Raises:
        SqlError: 42501 without Lake Formation's DROP.
    """
    with lake_errors(), identity.acting_as(role_caller(cluster_identifier, source)):
        account, database, _ = glue.find_database(source.account, source.database)
        delete_table(account, database, name)
