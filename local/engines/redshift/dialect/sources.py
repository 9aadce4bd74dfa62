"""FROM: tables, views, derived tables, joins, and items of a SUPER or array."""

from __future__ import annotations

import dataclasses

from sqlglot import exp

from local.engines.redshift import errors, types
from local.engines.redshift.dialect.expressions import check_arguments, data_type, translate
from local.engines.redshift.dialect.reading import PARAMETER_PREFIX
from local.engines.redshift.dialect.scope import CompiledQuery, Resolved, Scope, Source
from local.engines.redshift.dialect.typed import Output, Typed, column_type, quote_name
from local.engines.redshift.errors import SqlError, unsupported

_MAXIMUM_VIEW_DEPTH = 32


def item(node: exp.Expr, scope: Scope) -> str:
    """One item of FROM as DuckDB SQL; registers it."""
    if isinstance(node, exp.Subquery):
        return _derived(node, scope)
    if isinstance(node, exp.Table):
        return _table(node, scope)
    if isinstance(node, exp.Values):
        raise unsupported("VALUES list as a table")
    if isinstance(node, exp.Unnest):
        return _navigation(node, scope)
    if isinstance(node, exp.Paren):
        raise unsupported("parenthesized join")
    if isinstance(node, exp.AtIndex):
        raise unsupported("AT in FROM")
    raise unsupported(f"{type(node).__name__.upper()} in FROM")


def _alias(node: exp.Expr) -> tuple[str, tuple[str, ...], tuple[exp.Expr, ...]]:
    alias = node.args.get("alias")
    if alias is None:
        return "", (), ()
    if not isinstance(alias, exp.TableAlias):
        raise errors.syntax_error(alias.sql())
    columns = alias.args.get("columns") or []
    names = tuple(
        (each.this.name if isinstance(each, exp.ColumnDef) else each.name).lower() for each in columns
    )
    definitions = tuple(each for each in columns if isinstance(each, exp.ColumnDef))
    return alias.name.lower(), names, definitions


def _derived(node: exp.Subquery, scope: Scope) -> str:
    if isinstance(node.this, exp.Table):
        if node.args.get("joins") or node.this.args.get("joins"):
            raise unsupported("parenthesized join")
        return item(node.this, scope)
    if node.args.get("pivots"):
        raise unsupported("PIVOT and UNPIVOT in the local Redshift")
    check_arguments(node, {"this", "alias", "with_", "order", "limit", "offset"})
    name, columns, definitions = _alias(node)
    # Without an alias its columns go by their own names; nobody can write a qualifier with a space by accident.
    name = name or f"unnamed subquery {len(scope.sources) + 1}"
    if definitions:
        raise errors.syntax_error(definitions[0].sql())
    inner_scope = scope.only_ctes()
    if isinstance(node.this, exp.Values):
        raise unsupported("VALUES list as a table")
    bare = exp.Subquery(
        **{key: value for key, value in node.args.items() if key not in ("alias", "this") and value}
    )
    bare.args["this"] = node.this
    query = scope.compilation.compile_query(bare, scope.compilation, inner_scope)
    return _query_source(query, name, columns, scope)


def _query_source(
    query: CompiledQuery,
    name: str,
    columns: tuple[str, ...],
    scope: Scope,
    qualifier: tuple[str, ...] = (),
) -> str:
    outputs = renamed(query.outputs, columns, name)
    _check_distinct(outputs, name)
    scope.add(Source(name, {each.name: each.type for each in outputs}, qualifier))
    shown = ", ".join(quote_name(each.name) for each in outputs)
    return f"({query.sql}) AS {quote_name(name)}({shown})"


def renamed(outputs: tuple[Output, ...], names: tuple[str, ...], of: str) -> tuple[Output, ...]:
    """Columns under the names of an alias's column list.

    Raises:
        SqlError: 42P10 when the list is too long, 42701 when a name is there twice.
    """
    if len(names) > len(outputs):
        raise SqlError(
            errors.INVALID_COLUMN_REFERENCE,
            f'table "{of}" has {len(outputs)} columns available but {len(names)} columns specified',
        )
    result = tuple(
        Output(names[position] if position < len(names) else each.name, column_type(each.type))
        for position, each in enumerate(outputs)
    )
    return result


def _check_distinct(outputs: tuple[Output, ...], name: str) -> None:
    seen: set[str] = set()
    for each in outputs:
        if each.name in seen and each.name != "?column?":
            raise SqlError(
                errors.AMBIGUOUS_COLUMN, f'column reference "{each.name}" is ambiguous in "{name}"'
            )
        seen.add(each.name)


def _table(node: exp.Table, scope: Scope) -> str:
    if node.args.get("pivots"):
        raise unsupported("PIVOT and UNPIVOT in the local Redshift")
    check_arguments(node, {"this", "db", "catalog", "alias", "joins"})
    name, columns, definitions = _alias(node)
    if node.args.get("joins"):
        raise unsupported("parenthesized join")
    if isinstance(node.this, exp.Anonymous):
        return _function(node.this, name, columns, definitions, scope)
    if not isinstance(node.this, exp.Identifier):
        raise unsupported(f"{node.this.sql()[:40]} in FROM")
    parts = tuple(part.name.lower() for part in node.parts)
    if len(parts) == 1:
        if parts[0].startswith(PARAMETER_PREFIX):
            raise errors.syntax_error("$" + parts[0][len(PARAMETER_PREFIX) :])
        cte = scope.cte(parts[0])
        if cte is not None:
            return _named(cte[0], cte[1], name or parts[0], columns, (), scope)
    elif scope.source(parts[0]) is not None:
        return _unnest(parts, name, scope)
    resolved = scope.compilation.environment.resolve(parts, scope.compilation.bindings)
    scope.compilation.names[parts] = resolved
    return table_source(resolved, name or parts[-1], columns, () if name else parts, scope)


def table_source(
    resolved: Resolved, name: str, columns: tuple[str, ...], qualifier: tuple[str, ...], scope: Scope
) -> str:
    """A resolved table as an item of FROM."""
    compilation = scope.compilation
    if compilation.view_depth:
        resolved = dataclasses.replace(resolved, reached_directly=False)
    seen = compilation.relations.get((resolved.kind, resolved.display))
    if seen is None or not seen.reached_directly:
        compilation.relations[(resolved.kind, resolved.display)] = resolved
    if resolved.kind == "view":
        return _view(resolved, name, columns, qualifier, scope)
    if resolved.kind == "external":
        if columns:
            raise unsupported("column aliases for an external table")
        scan = compilation.scan(resolved.subject)
        scope.add(Source(name, {each.name: each.type for each in resolved.columns}, qualifier, scan))
        return f"({scan.marker}) AS {quote_name(name)}"
    if resolved.kind == "system":
        compilation.system = True
    else:
        compilation.local = True
    return _named(resolved.sql, resolved.columns, name, columns, qualifier, scope)


def _named(
    sql: str,
    outputs: tuple[Output, ...],
    name: str,
    columns: tuple[str, ...],
    qualifier: tuple[str, ...],
    scope: Scope,
) -> str:
    shown = renamed(outputs, columns, name)
    scope.add(Source(name, {each.name: each.type for each in shown}, qualifier))
    listed = "(" + ", ".join(quote_name(each.name) for each in shown) + ")" if columns else ""
    return f"{sql} AS {quote_name(name)}{listed}"


def _view(
    resolved: Resolved, name: str, columns: tuple[str, ...], qualifier: tuple[str, ...], scope: Scope
) -> str:
    """The view's query in its place; its columns are those it had when it was made."""
    compilation = scope.compilation
    if compilation.view_depth >= _MAXIMUM_VIEW_DEPTH:
        raise SqlError("54001", "views are nested too deeply")
    tree, bindings = compilation.environment.view_query(resolved.subject)
    outer_bindings, outer_parameters = compilation.bindings, compilation.parameter_types
    compilation.bindings, compilation.parameter_types = bindings, {}
    compilation.view_depth += 1
    try:
        query = compilation.compile_query(tree, compilation, None)
    finally:
        compilation.bindings, compilation.parameter_types = outer_bindings, outer_parameters
        compilation.view_depth -= 1
    shown = resolved.columns or query.outputs
    if len(query.outputs) < len(shown):
        raise SqlError(errors.INTERNAL_ERROR, f"view {resolved.display} no longer has all of its columns")
    if len(query.outputs) > len(shown):
        first_columns = ", ".join(f"c{position}" for position in range(len(shown)))
        every = ", ".join(f"c{position}" for position in range(len(query.outputs)))
        query = CompiledQuery(
            f"SELECT {first_columns} FROM ({query.sql}) AS wider({every})", query.outputs[: len(shown)]
        )
    outputs = tuple(
        Output(one.name, column_type(other.type)) for one, other in zip(shown, query.outputs, strict=True)
    )
    return _query_source(CompiledQuery(query.sql, outputs), name, columns, scope, qualifier)


def _function(
    call: exp.Anonymous,
    name: str,
    columns: tuple[str, ...],
    definitions: tuple[exp.Expr, ...],
    scope: Scope,
) -> str:
    arguments = []
    for each in call.expressions:
        value = translate(each, scope)
        if value.constant is None:
            raise unsupported(f"function {call.name.lower()} in FROM with an argument that is not a constant")
        arguments.append(str(value.constant))
    resolved = scope.compilation.environment.table_function(call.name.lower(), arguments)
    outputs = resolved.columns
    if definitions:
        if len(definitions) != len(outputs):
            raise SqlError(
                "42804",
                f"function {call.name.lower()} returns {len(outputs)} columns, {len(definitions)} are named",
            )
        for each in definitions:
            data_type(each.args["kind"])
    scope.compilation.system = True
    return _named(resolved.sql, outputs, name or call.name.lower(), columns, (), scope)


def _navigation(node: exp.Unnest, scope: Scope) -> str:
    """alias.array item, which sqlglot reads as UNNEST; the word itself is not Redshift's."""
    check_arguments(node, {"expressions", "alias"})
    alias = node.args.get("alias")
    names = alias.args.get("columns") if isinstance(alias, exp.TableAlias) else None
    if (
        alias is None
        or len(node.expressions) != 1
        or not isinstance(node.expressions[0], exp.Column)
        or not names
        or alias.this is not None
    ):
        raise unsupported("UNNEST in FROM")
    parts = tuple(part.name.lower() for part in node.expressions[0].parts)
    return _unnest(parts, names[0].name.lower(), scope)


def _unnest(parts: tuple[str, ...], name: str, scope: Scope) -> str:
    """alias.column [AS] item: one row per element of an array of the row before."""
    value = scope.column(parts)
    if not name:
        raise SqlError(errors.SYNTAX_ERROR, f"navigation {'.'.join(parts)} in FROM must have an alias")
    if value.type.name == "super":
        array = f"CASE WHEN json_type({value.sql}) = 'ARRAY' THEN CAST({value.sql} AS JSON[]) ELSE [{value.sql}] END"
        kind = types.SUPER
    elif value.type.name == "array":
        array, kind = value.sql, value.type.fields[0][1]
    else:
        raise SqlError(
            errors.WRONG_OBJECT_TYPE, f"{'.'.join(parts)} is of type {value.type.family}, not an array"
        )
    reference = Typed(f"{quote_name(name)}.item", kind, name=name)
    scope.add(Source(name, {}, value=reference))
    return f"LATERAL (SELECT unnest({array}) AS item) AS {quote_name(name)}"
