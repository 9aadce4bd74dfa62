"""What a product's DAG file says, read from its syntax tree without running it."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

_VERBS = ("land", "crawl", "build", "check", "publish", "train", "score")


@dataclass(frozen=True, slots=True)
class DagFile:
    """One ``data_product(…)`` call and the verbs around it."""

    address: str
    line: int
    docstring: str | None
    has_schedule: bool
    verbs: tuple[str, ...]
    sources: tuple[tuple[int, str], ...]
    """Lines and names of what ``land`` and ``crawl`` name."""
    scores: tuple[str, ...] = ()
    """Columns that ``score`` declares."""
    features: str = ""
    """The model that ``train`` reads."""


def read_dag_file(path: Path) -> DagFile | None:
    """Return what the file declares, or None if it declares no data product.

    Raises:
        SyntaxError: the file is no Python.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    found: ast.Call | None = None
    verbs: list[str] = []
    sources: list[tuple[int, str]] = []
    scores: tuple[str, ...] = ()
    features = ""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        if node.func.id == "data_product" and found is None:
            found = node
        elif node.func.id in _VERBS:
            verbs.append(node.func.id)
            if node.func.id in ("land", "crawl"):
                sources += [
                    (argument.lineno, argument.value)
                    for argument in node.args
                    if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
                ]
            elif node.func.id == "score":
                scores = tuple(keyword.arg for keyword in node.keywords if keyword.arg)
            elif node.func.id == "train" and node.args and isinstance(node.args[0], ast.Constant):
                features = str(node.args[0].value)
    if found is None:
        return None
    first = found.args[0] if found.args else None
    address = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""
    return DagFile(
        address=address,
        line=found.lineno,
        docstring=ast.get_docstring(tree),
        has_schedule=any(keyword.arg == "schedule" for keyword in found.keywords),
        verbs=tuple(verbs),
        sources=tuple(sources),
        scores=scores,
        features=features,
    )
