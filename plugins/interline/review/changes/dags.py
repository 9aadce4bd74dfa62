"""Which DAGs and tasks appear or vanish."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from interline.contracts import Mesh
from interline.review.changes.base import Base
from interline.review.changes.change import Location
from interline.review.changes.tasks import Outline, outlines


@dataclass(frozen=True, slots=True)
class DagChange:
    """One DAG that is new, gone, or has other tasks or another schedule."""

    dag_id: str
    location: Location
    """Its line now; in the base if it is gone."""
    appears: bool
    vanishes: bool
    tasks_added: tuple[str, ...]
    tasks_removed: tuple[str, ...]
    schedule_before: str
    schedule_now: str


def compare_dags(base: Base, old: Mesh, new: Mesh) -> list[DagChange]:
    """Return the DAGs that differ, by their ids."""
    before, after = _dags(base, old), _dags(base, new)
    changes: list[DagChange] = []
    for dag_id in sorted({*before, *after}):
        was, now = before.get(dag_id), after.get(dag_id)
        old_outline = was[1] if was else Outline(dag_id, 0, "", ())
        outline = now[1] if now else Outline(dag_id, 0, "", ())
        if was and now and (outline.tasks, outline.schedule) == (old_outline.tasks, old_outline.schedule):
            continue
        place = now or was
        if place is None:
            continue
        changes.append(
            DagChange(
                dag_id,
                Location(place[0], place[1].line),
                was is None,
                now is None,
                tuple(task for task in outline.tasks if task not in old_outline.tasks),
                tuple(task for task in old_outline.tasks if task not in outline.tasks),
                old_outline.schedule,
                outline.schedule,
            )
        )
    return changes


def _dags(base: Base, mesh: Mesh) -> Mapping[str, tuple[PurePosixPath, Outline]]:
    """The DAGs of all files that are not the same at both ends, or whose product may read other ports."""
    found: dict[str, tuple[PurePosixPath, Outline]] = {}
    for path in sorted((mesh.root / "dags").glob("*/*.py")):
        if path.name.startswith(("_", ".")) or not path.is_file():
            continue
        where = PurePosixPath(path.relative_to(mesh.root).as_posix())
        promise = PurePosixPath("domains", path.parent.name, path.stem, "product.yaml")
        if where in base.same and (promise in base.same or not (mesh.root / promise).exists()):
            continue
        product = mesh.products.get(f"{path.parent.name}.{path.stem}")
        own = path.parent.name
        links = product is not None and any(
            address.partition(".")[0] != own and address in mesh.products for address in product.inputs
        )
        for outline in outlines(path, links):
            found.setdefault(outline.dag_id, (where, outline))
    return found
