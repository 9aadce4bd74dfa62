"""Amazon Redshift for the local AWS: clusters that listen, SQL on DuckDB, the Data API, temporary credentials."""

from __future__ import annotations

from pathlib import Path


def install(home: Path) -> None:
    """Put this engine under moto.

    Writes ``ca.pem`` into `home`: the certificate authority that clients trust to verify the clusters' TLS.
    """
    from local.services import redshift_data
    from local.services.redshift import operations

    operations.install(home)
    redshift_data.install()


def close() -> None:
    """End the statements that run and close every cluster."""
    from local.services import redshift_data
    from local.services.redshift import operations

    redshift_data.close()
    operations.close()
