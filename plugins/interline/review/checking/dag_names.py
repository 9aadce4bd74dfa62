"""What the names in a DAG file stand for, as far as its syntax tree says it."""

from __future__ import annotations

import ast


class Names:
    """Imports, functions, classes and values of one file. A name that is given twice counts as each of them."""

    def __init__(self, tree: ast.Module) -> None:
        self.imported: dict[str, str] = {}
        """Where an imported name comes from: ``from a.b import c as d`` gives ``d`` → ``a.b.c``."""
        self.functions: dict[str, list[ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda]] = {}
        self.classes: dict[str, list[ast.ClassDef]] = {}
        self.made: set[str] = set()
        """Names of values that the file makes: what an allowed call returned, a loop's variable, a constant."""
        aliases: list[tuple[str, ast.expr]] = []
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for module in node.names:
                    first = module.name.partition(".")[0]
                    self.imported[module.asname or first] = module.name if module.asname else first
            elif isinstance(node, ast.ImportFrom):
                package = "." * node.level + (node.module or "")
                for imported_name in node.names:
                    self.imported[imported_name.asname or imported_name.name] = (
                        f"{package}.{imported_name.name}"
                    )
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                self.functions.setdefault(node.name, []).append(node)
            elif isinstance(node, ast.ClassDef):
                self.classes.setdefault(node.name, []).append(node)
            elif isinstance(node, ast.Assign):
                for target in node.targets:
                    self._assigned(target, node.value, aliases)
            elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)) and node.value is not None:
                self._assigned(node.target, node.value, aliases)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                self.made.add(node.id)
        self.written = dict(self.imported)
        """The same, as import statements alone say it."""
        for name, value in aliases:
            origin = dotted(value, self)
            if origin is not None:
                self.imported[name] = origin
            elif isinstance(value, ast.Name) and value.id in self.functions:
                self.functions.setdefault(name, []).extend(self.functions[value.id])

    def knows(self, name: str) -> bool:
        """Say whether the file itself gives the name a meaning."""
        return name in self.imported or name in self.functions or name in self.classes or name in self.made

    def _assigned(self, target: ast.expr, value: ast.expr, aliases: list[tuple[str, ast.expr]]) -> None:
        if not isinstance(target, ast.Name):
            return
        if isinstance(value, ast.Lambda):
            self.functions.setdefault(target.id, []).append(value)
        elif isinstance(value, (ast.Name, ast.Attribute)):
            aliases.append((target.id, value))


def dotted(node: ast.expr, names: Names) -> str | None:
    """Return where a name or attribute comes from, ``a.b.c``, if its first part is imported."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name) or node.id not in names.imported:
        return None
    return ".".join([names.imported[node.id], *reversed(parts)])
