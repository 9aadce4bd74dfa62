"""Where the columns of a query come from: its syntax tree, from the innermost query outwards.

Names are resolved as Redshift resolves them: a column of the query's own tables first, then an alias given earlier in
the same select list ("lateral column alias", Amazon Redshift Database Developer Guide, "SELECT list"), then the queries
around it. A star stands for every column that the reader sees. What only passes through by a star and is used nowhere
is not counted as used; what is named is.

Why not ``sqlglot.lineage``: tried with sqlglot 30.15 on the cases of ``tests/review/lineage/test_column_origins.py``, it finds
the origins of all 17. Of what a query uses it says nothing; taken from the columns of its scopes, two of 13 differ, since a star
is replaced by all columns before its columns are looked at. Two of seven mistakes pass (two tables of one name, a UNION
of unlike queries), three have no line. On this repository's eight models it takes 0.53 s, this module 0.01 s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from sqlglot import exp

from interline.contracts.problems import did_you_mean
from interline.review.lineage.relations import Lineage, Origin, Relation, Use

_PSEUDO = frozenset({"current_date", "current_user", "session_user", "sysdate", "user", "current_timestamp"})
"""Words without parentheses that may be read as columns."""
_WITH_ALIASES = frozenset({"order", "group", "having", "qualify"})
"""Clauses that may name what the select list calls something."""
_APART = frozenset({"expressions", "with_", "from_", "joins", "laterals", "hint", "kind"})
"""Parts of a SELECT that are looked at by themselves."""

Dependencies = frozenset[tuple[str, str]]


class Unresolved(Exception):
    """A query that can't be followed; ``line`` is a line of the SQL, 0 for the whole."""

    def __init__(self, message: str, line: int = 0, hint: str = "") -> None:
        super().__init__(message)
        self.line = line
        self.hint = hint


@dataclass(frozen=True)
class _Output:
    """A column that comes out of a query."""

    origins: frozenset[Origin]
    dependencies: Dependencies
    """The relations' columns without which it could not be."""
    line: int = 0


@dataclass
class _Query:
    """What comes out of a query."""

    outputs: dict[str, _Output] = field(default_factory=dict)
    opaque: list[_Source] = field(default_factory=list)
    """Sources of unknown columns, all of which come out by a star."""

    def output(self, name: str) -> _Output | None:
        found = self.outputs.get(name)
        for source in self.opaque:
            found = found or _output_of(source, name)
        return found


@dataclass(frozen=True)
class _Nested:
    """A table made of one value: a nested collection, or a function's result."""

    value: _Output


_Source = Relation | _Query | _Nested


@dataclass(frozen=True)
class _Scope:
    """What a part of a query may name."""

    sources: dict[str, _Source]
    outside: tuple[Mapping[str, _Source], ...]
    ctes: Mapping[str, _Query]
    shared: frozenset[str] = frozenset()
    """Columns that joins name in USING: one column, whichever table it is taken from."""
    aliases: Mapping[str, _Output] = field(default_factory=dict)


def lineage_of(query: exp.Query, relation_of: Callable[[exp.Table], Relation]) -> Lineage:
    """Return where the columns of a query come from and which columns it uses.

    :param relation_of: returns what a table in the query stands for; may raise ``Unresolved``

    Raises:
        Unresolved: a name is unknown or ambiguous, or the query has a part that can't be followed.
    """
    resolver = _Resolver(relation_of)
    try:
        result = resolver.query(query, {}, ())
    except RecursionError:
        raise Unresolved("is nested too deeply to be followed") from None
    for output in result.outputs.values():
        resolver.use(output.dependencies, output.line)
    columns = {name: output.origins for name, output in result.outputs.items()}
    lines = {name: output.line for name, output in result.outputs.items()}
    return Lineage(columns, lines, resolver.uses, tuple(dict.fromkeys(_opaque_names(result))))


class _Resolver:
    def __init__(self, relation_of: Callable[[exp.Table], Relation]) -> None:
        self._relation_of = relation_of
        self.uses: dict[tuple[str, str], Use] = {}

    def use(self, dependencies: Dependencies, line: int) -> None:
        """Note that columns are used, and where first."""
        for relation, column in dependencies:
            first = self.uses.get((relation, column))
            if first is None or (line and (not first.line or line < first.line)):
                self.uses[relation, column] = Use(relation, column, line)

    def query(
        self, tree: exp.Expr, ctes: Mapping[str, _Query], outside: tuple[Mapping[str, _Source], ...]
    ) -> _Query:
        """Return what comes out of a query."""
        ctes = self._with_ctes(tree, ctes, outside)
        if isinstance(tree, exp.Subquery):
            return self.query(tree.this, ctes, outside)
        if isinstance(tree, exp.Select):
            return self._select(tree, ctes, outside)
        if isinstance(tree, exp.SetOperation):
            return self._set_operation(tree, ctes, outside)
        if isinstance(tree, exp.Values):
            return _Query(
                {f"column{position}": _Output(frozenset(), frozenset()) for position in range(1, 100)}
            )
        raise Unresolved(f"has a {tree.key.upper()} that can't be followed", _line(tree))

    def _with_ctes(
        self, tree: exp.Expr, ctes: Mapping[str, _Query], outside: tuple[Mapping[str, _Source], ...]
    ) -> Mapping[str, _Query]:
        clause = tree.args.get("with_")
        if clause is None:
            return ctes
        known = dict(ctes)
        for cte in clause.expressions:
            name = cte.alias.lower()
            inner = cte.this
            if clause.args.get("recursive") and isinstance(inner, exp.SetOperation):
                known[name] = _renamed(self.query(inner.this, known, outside), cte)
            known[name] = _renamed(self.query(inner, known, outside), cte)
        return known

    def _set_operation(
        self, tree: exp.SetOperation, ctes: Mapping[str, _Query], outside: tuple[Mapping[str, _Source], ...]
    ) -> _Query:
        left, right = self.query(tree.this, ctes, outside), self.query(tree.expression, ctes, outside)
        if left.opaque or right.opaque:
            raise Unresolved(
                f"has a {tree.key.upper()} of a star whose columns nobody knows",
                _line(tree),
                "name the columns",
            )
        if len(left.outputs) != len(right.outputs):
            message = f"has a {tree.key.upper()} of {len(left.outputs)} and {len(right.outputs)} columns"
            raise Unresolved(message, _line(tree), "both sides give the same columns in the same order")
        outputs = {
            name: _Output(one.origins | other.origins, one.dependencies | other.dependencies, one.line)
            for (name, one), other in zip(left.outputs.items(), right.outputs.values(), strict=True)
        }
        if tree.args.get("distinct") or not isinstance(tree, exp.Union):
            for output in outputs.values():
                self.use(output.dependencies, output.line)
        return _Query(outputs)

    def _select(
        self, tree: exp.Select, ctes: Mapping[str, _Query], outside: tuple[Mapping[str, _Source], ...]
    ) -> _Query:
        sources: dict[str, _Source] = {}
        scope = _Scope(sources, outside, ctes, _shared(tree))
        start = tree.args.get("from_")
        if start is not None:
            self._add_source(start.this, scope)
        for join in (*(tree.args.get("joins") or ()), *(tree.args.get("laterals") or ())):
            self._add_source(join.this if isinstance(join, exp.Join) else join, scope)
        for join in tree.args.get("joins") or ():
            for part in (join.args.get("on"), *(join.args.get("using") or ())):
                if part is not None:
                    self._expression(part, scope)
        query = _Query()
        selecting = _Scope(sources, outside, ctes, scope.shared, query.outputs)
        for projection in tree.expressions:
            if isinstance(projection, exp.Star) or (
                isinstance(projection, exp.Column) and isinstance(projection.this, exp.Star)
            ):
                self._star(query, projection, scope)
                continue
            origins, dependencies = self._expression(projection, selecting)
            name = projection.alias_or_name.lower() or f"column {len(query.outputs) + 1}"
            if name in query.outputs:
                raise Unresolved(
                    f"selects two columns called {name!r}", _line(projection), "give one an alias of its own"
                )
            query.outputs[name] = _Output(origins, dependencies, _line(projection))
        for key, value in tree.args.items():
            for part in value if isinstance(value, list) else (value,):
                if isinstance(part, exp.Expr) and key not in _APART:
                    self._expression(part, selecting if key in _WITH_ALIASES else scope)
        if tree.args.get("distinct"):
            for output in query.outputs.values():
                self.use(output.dependencies, output.line)
        return query

    def _add_source(self, node: exp.Expr, scope: _Scope) -> None:
        """Put a table, or a query in place of one, into the scope under its alias."""
        sources = scope.sources
        if node.args.get("pivots"):
            raise Unresolved(
                "has a PIVOT or UNPIVOT that can't be followed", _line(node), "write it as CASE and UNION"
            )
        source: _Source
        if isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
            source = self._table(node, scope)
        elif isinstance(node, exp.Subquery) and isinstance(node.this, exp.Query):
            source = self.query(node, scope.ctes, scope.outside)
        elif isinstance(node, exp.Subquery):
            self._add_source(node.this, scope)
            for join in node.args.get("joins") or ():
                self._add_source(join.this, scope)
                if join.args.get("on") is not None:
                    self._expression(join.args["on"], scope)
            return
        else:
            origins, dependencies = self._expression(node, scope)
            source = _Nested(_Output(origins, dependencies))
        alias = (node.alias or node.name).lower()
        if not alias and isinstance(source, _Nested):
            # `from e, e.items as i` is read as an unnesting whose one column is called i
            named = node.args.get("alias")
            columns = named.args.get("columns") if isinstance(named, exp.TableAlias) else None
            alias = columns[0].name.lower() if columns else ""
        if alias in sources:
            raise Unresolved(
                f"two tables are called {alias!r} in one query", _line(node), "give one an alias of its own"
            )
        sources[alias] = _renamed(source, node) if isinstance(source, _Query) else source
        for join in node.args.get("joins") or ():
            self._add_source(join.this, scope)
            if join.args.get("on") is not None:
                self._expression(join.args["on"], scope)

    def _table(self, node: exp.Table, scope: _Scope) -> _Source:
        parts = [part.name.lower() for part in node.parts]
        if len(parts) == 1 and parts[0] in scope.ctes:
            return scope.ctes[parts[0]]
        for sources in (scope.sources, *scope.outside):
            if len(parts) > 1 and parts[0] in sources:
                nested = _output_of(sources[parts[0]], parts[1])
                if nested is None:
                    raise Unresolved(f"{parts[0]} has no column {parts[1]!r}", _line(node))
                self.use(nested.dependencies, _line(node))
                return _Nested(nested)
        return self._relation_of(node)

    def _star(self, query: _Query, star: exp.Expr, scope: _Scope) -> None:
        chosen: Mapping[str, _Source] = scope.sources
        inner = star
        if isinstance(star, exp.Column):
            inner = star.this
            alias = star.table.lower()
            if alias not in chosen:
                hint = did_you_mean(alias, chosen) or f"tables here are {', '.join(chosen)}"
                raise Unresolved(f"{alias}.* names no table of its query", _line(star), hint)
            chosen = {alias: chosen[alias]}
        left_out = {column.name.lower() for column in inner.args.get("except_") or ()}
        for source in chosen.values():
            for name in _known(source):
                output = _output_of(source, name)
                if output is None or name in left_out or (name in scope.shared and name in query.outputs):
                    continue
                if name in query.outputs:
                    raise Unresolved(
                        f"selects two columns called {name!r}, one by a star", _line(star), "name the columns"
                    )
                query.outputs[name] = _Output(output.origins, output.dependencies, _line(star))
            if _is_open(source):
                query.opaque.append(source)

    def _expression(self, tree: exp.Expr, scope: _Scope) -> tuple[frozenset[Origin], Dependencies]:
        """Return what an expression is made of; what it names is used."""
        origins: set[Origin] = set()
        dependencies: set[tuple[str, str]] = set()
        for node in _own_nodes(tree):
            outputs: list[_Output] = []
            if isinstance(node, exp.Column) and not isinstance(node.this, exp.Star):
                outputs = self._column(node, scope)
            elif isinstance(node, exp.Query):
                inner = self.query(node, scope.ctes, (scope.sources, *scope.outside))
                outputs = list(inner.outputs.values())
            for output in outputs:
                origins |= output.origins
                dependencies |= output.dependencies
                self.use(output.dependencies, _line(node))
        return frozenset(origins), frozenset(dependencies)

    def _column(self, column: exp.Column, scope: _Scope) -> list[_Output]:
        parts = [part.name.lower() for part in column.parts]
        name = parts[0]
        if len(parts) > 1:
            for sources in (scope.sources, *scope.outside):
                if name in sources:
                    return [_named(column, sources[name], name, parts[1])]
            # Without such a table it is a column and a field inside it.
        for sources in (scope.sources, *scope.outside):
            found = self._among(column, name, sources, scope)
            if found:
                return found
            if sources is scope.sources and name in scope.aliases:
                return [scope.aliases[name]]
        if len(parts) == 1 and name in _PSEUDO:
            return []
        if len(parts) > 1:
            hint = did_you_mean(name, scope.sources) or f"tables here are {', '.join(scope.sources)}"
            raise Unresolved(
                f"{name}.{parts[1]}: there is no table {name!r} in its query", _line(column), hint
            )
        known = {known for source in scope.sources.values() for known in _known(source)} | set(scope.aliases)
        hint = did_you_mean(name, known) or (f"known are {_some(known)}" if known else "")
        raise Unresolved(f"there is no column {name!r} here", _line(column), hint)

    @staticmethod
    def _among(column: exp.Column, name: str, sources: Mapping[str, _Source], scope: _Scope) -> list[_Output]:
        """Return a column that is named without its table, as the tables of one query have it."""
        having = {alias: source for alias, source in sources.items() if name in _known(source)}
        if not having:
            having = {alias: source for alias, source in sources.items() if _is_open(source)}
        if not having:
            having = {
                alias: source
                for alias, source in sources.items()
                if isinstance(source, Relation) and name in source.hidden
            }
        if len(having) > 1 and name not in scope.shared:
            first = next(iter(having))
            raise Unresolved(
                f"{name} may be a column of {' or of '.join(having)}", _line(column), f"write {first}.{name}"
            )
        return [_named(column, source, alias, name) for alias, source in having.items()]


def _named(column: exp.Column, source: _Source, alias: str, name: str) -> _Output:
    found = _output_of(source, name)
    if found is None:
        what = source.name if isinstance(source, Relation) else alias
        known = _known(source)
        raise Unresolved(
            f"{what} has no column {name!r}",
            _line(column),
            did_you_mean(name, known) or f"it has {_some(known)}",
        )
    return found


def _known(source: _Source) -> Iterable[str]:
    if isinstance(source, Relation):
        return source.columns or ()
    return tuple(source.outputs) if isinstance(source, _Query) else ()


def _is_open(source: _Source) -> bool:
    if isinstance(source, Relation):
        return source.columns is None
    return bool(source.opaque) if isinstance(source, _Query) else True


def _output_of(source: _Source, name: str) -> _Output | None:
    if isinstance(source, _Nested):
        return source.value
    if isinstance(source, _Query):
        return source.output(name)
    if source.columns is not None and name not in source.columns and name not in source.hidden:
        return None
    return _Output(source.origins_of(name), frozenset(((source.name, name),)))


def _opaque_names(query: _Query) -> Iterator[str]:
    for source in query.opaque:
        if isinstance(source, Relation):
            yield source.name
        elif isinstance(source, _Query):
            yield from _opaque_names(source)


def _renamed(query: _Query, node: exp.Expr) -> _Query:
    """Return what comes out of a query under the names that its alias gives: ``… as t (a, b)``."""
    alias = node.args.get("alias")
    columns = alias.args.get("columns") if isinstance(alias, exp.TableAlias) else None
    if not columns:
        return query
    names = [column.name.lower() for column in columns]
    rest = list(query.outputs)[len(names) :]
    values = list(query.outputs.values())
    return _Query(dict(zip([*names, *rest], values, strict=False)), query.opaque)


def _shared(tree: exp.Select) -> frozenset[str]:
    return frozenset(
        column.name.lower()
        for join in tree.args.get("joins") or ()
        for column in join.args.get("using") or ()
    )


def _own_nodes(tree: exp.Expr) -> Iterable[exp.Expr]:
    """Walk an expression, but not into queries inside it, nor into the parts of a column's name."""
    return tree.walk(prune=lambda node: isinstance(node, (exp.Query, exp.Column)))


def _some(names: Iterable[str]) -> str:
    listed = sorted(names)
    return ", ".join(listed[:12]) + (", …" if len(listed) > 12 else "")


def _line(tree: exp.Expr) -> int:
    for node in tree.walk(bfs=False):
        line = node.meta.get("line")
        if line:
            return int(line)
    return 0
