"""Column lineage from the SQL itself: what every column of a port is made of, and which product uses which column.

Models are rendered without dbt and read, never run. Everything is worked out once for each :class:`Mesh` object.
"""

from __future__ import annotations

from interline.review.lineage.mesh_lineage import (
    LineageError,
    ProductLineage,
    column_lineage,
    downstream,
    model_problems,
    readers,
)
from interline.review.lineage.models import ColumnUse
from interline.review.lineage.relations import Origin

__all__ = [
    "ColumnUse",
    "LineageError",
    "Origin",
    "ProductLineage",
    "column_lineage",
    "downstream",
    "model_problems",
    "readers",
]
