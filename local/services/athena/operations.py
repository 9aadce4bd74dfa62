"""Puts Athena's operations in place of moto's."""

from __future__ import annotations

from moto.athena.responses import AthenaResponse

from local.gateway import moto_operations
from local.services.athena.metadata_operations import MetadataOperations
from local.services.athena.query_operations import QueryOperations


def install() -> None:
    """Make every operation on queries and metadata moto's; its operations on workgroups stay."""
    moto_operations.serve(AthenaResponse, QueryOperations)
    moto_operations.serve(AthenaResponse, MetadataOperations)
