"""The mesh while it is checked: what could be read, and what is broken, so that nothing is reported twice."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path

from interline.contracts import Mesh, MeshError, Problem, did_you_mean
from interline.review.dag_files import DagFile, declared_in, parse_python


class View:
    """What the parts of a check share."""

    def __init__(self, mesh: Mesh, problems: Iterable[Problem]) -> None:
        self.mesh = mesh
        self.root = mesh.root
        self.broken: set[Path] = {problem.path.parent for problem in problems}
        self.broken |= {problem.path for problem in problems}
        """Files and folders that could not be read: whatever follows from that is not reported."""
        self._trees: dict[Path, ast.Module | MeshError] = {}

    def knows_domain(self, name: str) -> bool:
        """Say whether a domain is there, be its ``domain.yaml`` right or wrong."""
        return name in self.mesh.domains or (self.root / "domains" / name) in self.broken

    def is_broken(self, address: str) -> bool:
        """Say whether a product is missing only because a file of it, or of its domain, could not be read."""
        domain, _, name = address.partition(".")
        folder = self.root / "domains" / domain
        return folder / name in self.broken or folder in self.broken

    def tree(self, path: Path) -> ast.Module:
        """Return the syntax tree of a Python file, parsed once.

        Raises:
            MeshError: the file can't be read or is no Python.
        """
        parsed = self._trees.get(path)
        if parsed is None:
            try:
                parsed = parse_python(path)
            except MeshError as error:
                parsed = error
            self._trees[path] = parsed
        if isinstance(parsed, MeshError):
            raise parsed
        return parsed

    def declared(self, path: Path) -> DagFile | None:
        """Return what a DAG file declares.

        Raises:
            MeshError: the file can't be read or is no Python.
        """
        return declared_in(self.tree(path))


def missing(path: Path, message: str) -> Problem:
    """Return the problem of a file that is not there, with the neighbour that may be meant."""
    siblings: Iterable[str] = ()
    if path.parent.is_dir():
        siblings = [entry.name for entry in path.parent.iterdir()]
    hint = did_you_mean(path.name, siblings) or "`./interline new product` makes one"
    return Problem(path, 0, message, hint)
