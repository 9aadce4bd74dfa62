"""What is wrong with the mesh, found in seconds and without AWS: addresses, files, contracts, DAG files, models, ports.

Nothing that a pull request brings is run. YAML is read strictly, DAG files as syntax trees, models as templates in a
sandbox and then as SQL syntax trees.
"""

from __future__ import annotations

from interline.review.checking.inspection import Inspection, check_mesh, inspect_mesh

__all__ = ["Inspection", "check_mesh", "inspect_mesh"]
