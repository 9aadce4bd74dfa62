"""Errors of the lake's services, and of queries over the lake.

A *service error* answers an API call (`AwsError`: a code and a message). A *query error* ends a query: Athena puts its
text into `StateChangeReason`, Redshift into the error of the statement.
"""

from __future__ import annotations

from local.gateway.errors import AwsError


class EntityNotFound(AwsError):
    """A database, table, partition or other entity is not there."""

    def __init__(self, message: str) -> None:
        super().__init__("EntityNotFoundException", message)


class AlreadyExists(AwsError):
    """An entity of that name is already there."""

    def __init__(self, message: str) -> None:
        super().__init__("AlreadyExistsException", message)


class AccessDenied(AwsError):
    """Lake Formation, IAM or S3 does not let the principal do this."""

    def __init__(self, message: str) -> None:
        super().__init__("AccessDeniedException", message)


class InvalidInput(AwsError):
    """The request is well formed but asks for something that cannot be."""

    def __init__(self, message: str) -> None:
        super().__init__("InvalidInputException", message)


class NotSupported(InvalidInput):
    """AWS may be able to do this; the local lake is not, and says so rather than doing something else."""

    def __init__(self, what: str) -> None:
        super().__init__(f"the local AWS does not support {what}; see docs/local-aws.md")


class ResourceNumberLimitExceeded(AwsError):
    """The account or the resource has as many of these as there may be."""

    def __init__(self, message: str) -> None:
        super().__init__("ResourceNumberLimitExceededException", message)


class PermissionTypeMismatch(AwsError):
    """The engine that asks cannot apply the filters that the principal's permissions bring."""

    def __init__(self, message: str) -> None:
        super().__init__("PermissionTypeMismatchException", message)


class ConcurrentModification(AwsError):
    """Somebody else changed the entity between this caller's read and its write."""

    def __init__(self, message: str) -> None:
        super().__init__("ConcurrentModificationException", message)


class QueryError(Exception):
    """A query over the lake fails; `code` is the engine's name of the failure, as in `HIVE_BAD_DATA`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class BadData(QueryError):
    """An object does not hold what the catalog says; names the object and, where lines exist, the line (from 1)."""

    def __init__(self, message: str, uri: str, line: int | None = None, code: str = "HIVE_BAD_DATA") -> None:
        place = uri if line is None else f"{uri}, line {line}"
        super().__init__(code, f"{message} ({place})")
        self.uri = uri
        self.line = line


class PartitionSchemaMismatch(QueryError):
    """A partition declares a column with a type that cannot be read as the table's."""

    def __init__(self, table: str, partition: str, column: str, table_type: str, partition_type: str) -> None:
        super().__init__(
            "HIVE_PARTITION_SCHEMA_MISMATCH",
            "There is a mismatch between the table and partition schemas. The types are incompatible and cannot be "
            f"coerced. The column '{column}' in table '{table}' is declared as type '{table_type}', but partition "
            f"'{partition}' declared column '{column}' as type '{partition_type}'.",
        )


class CommitConflict(QueryError):
    """Another writer committed to the same Iceberg table first; nothing of this transaction is visible."""

    def __init__(self, table: str) -> None:
        super().__init__(
            "ICEBERG_COMMIT_ERROR",
            f"Failed to commit Iceberg update to table: {table}; another commit changed the table since this "
            "transaction read it",
        )


class NotNullViolation(QueryError):
    """A row has no value in a column that the Iceberg schema requires."""

    def __init__(self, table: str, column: str) -> None:
        super().__init__(
            "CONSTRAINT_VIOLATION", f"NULL value not allowed for NOT NULL column: {column} of {table}"
        )
