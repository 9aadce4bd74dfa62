"""The data lake of the local AWS: Data Catalog, crawlers, Lake Formation, Athena and Iceberg, on moto's state.

Other engines use `catalog` (find tables), `permissions` (may this role?), `reading` (a table as a DuckDB relation),
`objects` (S3 objects as local files) and `iceberg` (create, read, change).
"""

from __future__ import annotations

from pathlib import Path


def install(home: Path) -> None:
    """Put the lake's engines in place of moto's methods; `home` is the folder of this local AWS."""
    from local.lake import objects

    objects.use_cache(home / "lake")
