"""The Redshift Data API: SQL over HTTP, asynchronous, with results that are fetched page by page.

Source: "Using the Amazon Redshift Data API" in the Amazon Redshift Management Guide and its API Reference.
"""

from __future__ import annotations


def install() -> None:
    """Put the operations in place of moto's and refuse those that moto only pretends."""
    from moto.redshiftdata.responses import RedshiftDataAPIServiceResponse

    from local.gateway import served_operations
    from local.services.redshift_data.operations import OPERATIONS, DataOperations

    for name, method in vars(DataOperations).items():
        if not name.startswith("_"):
            setattr(RedshiftDataAPIServiceResponse, name, method)
    served_operations.serve_only("redshift-data", OPERATIONS)


def close() -> None:
    """Cancel the statements that run."""
    from local.services.redshift_data.runner import runner

    runner.close()
