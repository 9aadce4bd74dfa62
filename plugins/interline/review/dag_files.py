"""What a product's DAG file says, read from its syntax tree without running it."""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass
from pathlib import Path

from interline.contracts import MeshError, Problem
from interline.contracts.model.verbs import VERBS
from interline.contracts.yaml.text import read_text

_CODING = re.compile(r"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
"""What Python takes for the encoding of a file in its first two lines (PEP 263)."""


@dataclass(frozen=True, slots=True)
class DagFile:
    """One ``data_product(…)`` call and the verbs around it."""

    address: str
    line: int
    docstring: str | None
    has_schedule: bool
    passes_file: bool
    """Whether it passes ``file=__file__``."""
    passes_runbook: bool
    """Whether it passes ``doc_md``."""
    verbs: tuple[str, ...]
    sources: tuple[tuple[int, str], ...]
    """Lines and names of the sources that verbs name."""
    scores: tuple[str, ...] = ()
    """Columns that a verb declares: what ``score`` writes."""
    times: int = 1
    """How often it declares a data product."""
    features: str = ""
    """The model whose rows a verb reads as features: what ``train`` names."""


def read_dag_file(path: Path) -> DagFile | None:
    """Return what the file declares, or None if it declares no data product.

    Raises:
        MeshError: the file can't be read or is no Python.
    """
    return declared_in(parse_python(path))


def parse_python(path: Path) -> ast.Module:
    """Return the syntax tree of a Python file; nothing of it is run.

    Raises:
        MeshError: the file can't be read, is no Python, or says that its text is not what it looks like.
    """
    text = read_text(path)
    for number, line in enumerate(text.split("\n", 2)[:2], start=1):
        coding = _CODING.match(line)
        if coding and coding.group(1).lower().replace("_", "-") not in ("utf-8", "utf8"):
            raise MeshError(
                [Problem(path, number, f"is written in {coding.group(1)}", "write Python in UTF-8")]
            )
    try:
        with warnings.catch_warnings():
            # what Python thinks of a backslash in somebody's docstring is not this check's output
            warnings.simplefilter("ignore")
            tree = ast.parse(text, str(path))
            # what is grammar and yet no program, a return outside of a function for one, only shows here; nothing is run
            compile(tree, str(path), "exec", dont_inherit=True)
            return tree
    except SyntaxError as error:
        raise MeshError([Problem(path, error.lineno or 0, f"is no Python: {error.msg}")]) from None
    except (RecursionError, MemoryError):
        message = "is nested too deeply to be read"
        raise MeshError([Problem(path, 0, message, "is this file what it should be?")]) from None
    except ValueError as error:
        raise MeshError([Problem(path, 0, f"is no Python: {error}")]) from None


def declared_in(tree: ast.Module) -> DagFile | None:
    """Return what a syntax tree declares, or None if it declares no data product."""
    found: ast.Call | None = None
    times = 0
    verbs: list[str] = []
    sources: list[tuple[int, str]] = []
    scores: tuple[str, ...] = ()
    features = ""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        if node.func.id == "data_product":
            times += 1
            found = found or node
        elif verb := VERBS.get(node.func.id):
            verbs.append(verb.name)
            if verb.arguments == "sources":
                sources += [
                    (argument.lineno, argument.value)
                    for argument in node.args
                    if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
                ]
            elif verb.arguments == "columns":
                scores = tuple(keyword.arg for keyword in node.keywords if keyword.arg)
            elif verb.arguments == "features" and node.args and isinstance(node.args[0], ast.Constant):
                features = str(node.args[0].value)
    if found is None:
        return None
    first = found.args[0] if found.args else None
    address = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""
    passed = {keyword.arg: keyword.value for keyword in found.keywords if keyword.arg}
    file = passed.get("file")
    return DagFile(
        address=address,
        line=found.lineno,
        docstring=ast.get_docstring(tree),
        has_schedule="schedule" in passed,
        passes_file=isinstance(file, ast.Name) and file.id == "__file__",
        passes_runbook="doc_md" in passed,
        verbs=tuple(verbs),
        sources=tuple(sources),
        scores=scores,
        features=features,
        times=times,
    )
