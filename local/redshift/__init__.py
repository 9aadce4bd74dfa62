"""Amazon Redshift for the local AWS: clusters that listen, SQL on DuckDB, the Data API, temporary credentials."""

from __future__ import annotations

from pathlib import Path


def install(home: Path) -> None:
    """Put this engine under moto.

    Writes ``ca.pem`` into `home`: the certificate authority that clients trust to verify the clusters' TLS.
    """
    from local.redshift import control_plane, data_api

    control_plane.install(home)
    data_api.install()


def close() -> None:
    """End the statements that run and close every cluster."""
    from local.redshift import control_plane, data_api

    data_api.close()
    control_plane.close()
