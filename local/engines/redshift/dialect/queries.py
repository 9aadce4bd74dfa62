"""Queries: SELECT with its clauses, set operations and common table expressions."""

from __future__ import annotations

from sqlglot import exp

from local.engines.redshift import errors, types
from local.engines.redshift.dialect import casts, joins
from local.engines.redshift.dialect.clauses import group_by, limit_and_offset, order_by, order_by_output
from local.engines.redshift.dialect.expressions import check_arguments, condition, translate
from local.engines.redshift.dialect.scope import Compilation, CompiledQuery, Scope
from local.engines.redshift.dialect.sources import renamed
from local.engines.redshift.dialect.typed import Output, Typed, quote_name
from local.engines.redshift.errors import SqlError, unsupported

_SELECT = frozenset(
    (
        "expressions",
        "from_",
        "joins",
        "where",
        "group",
        "having",
        "qualify",
        "order",
        "limit",
        "offset",
        "distinct",
        "with_",
        "kind",
    )
)
_SET_OPERATION = frozenset(("this", "expression", "distinct", "with_", "order", "limit", "offset"))


def compile_query(node: exp.Expr, compilation: Compilation, parent: Scope | None = None) -> CompiledQuery:
    """Translate a query.

    Args:
        parent: the scope that a correlated subquery sees.

    Raises:
        SqlError: what Redshift would raise when it analyses the query.
    """
    if isinstance(node, exp.Select):
        return _select(node, compilation, parent)
    if isinstance(node, exp.SetOperation):
        return _set_operation(node, compilation, parent)
    if isinstance(node, exp.Subquery):
        check_arguments(node, {"this", "with_", "order", "limit", "offset"})
        return parenthesized(node, compilation, parent)
    if isinstance(node, exp.Values):
        raise unsupported("VALUES list as a table")
    if isinstance(node, exp.Table):
        raise errors.syntax_error(node.name)
    raise unsupported(f"construct {type(node).__name__.upper()}")


def parenthesized(node: exp.Expr, compilation: Compilation, parent: Scope | None) -> CompiledQuery:
    """A query in parentheses with what may follow them: ORDER BY, LIMIT."""
    scope = Scope(compilation, parent)
    prefix = with_clause(node, scope)
    inner = compile_query(node.this, compilation, scope if prefix else parent)
    tail = order_by_output(node, inner.outputs) + limit_and_offset(node)
    if not prefix and not tail:
        return inner
    return CompiledQuery(f"{prefix}SELECT * FROM ({inner.sql}) AS parenthesized{tail}", inner.outputs)


def with_clause(node: exp.Expr, scope: Scope) -> str:
    """The WITH clause; registers its names in the scope."""
    clause = node.args.get("with_")
    if clause is None:
        return ""
    check_arguments(clause, {"expressions", "recursive"})
    parts = []
    for cte in clause.expressions:
        check_arguments(cte, {"this", "alias"})
        name = cte.alias.lower()
        if name in scope.ctes:
            raise SqlError("42712", f'WITH query name "{name}" specified more than once')
        columns = tuple(each.name.lower() for each in cte.args["alias"].args.get("columns") or ())
        query = _recursive(cte, name, columns, scope) if clause.args.get("recursive") else None
        if query is None:
            # A name of the list is not visible in its own query.
            query = compile_query(cte.this, scope.compilation, scope.only_ctes())
        outputs = renamed(query.outputs, columns, name)
        scope.ctes[name] = (quote_name(name), outputs)
        shown = ", ".join(quote_name(each.name) for each in outputs)
        parts.append(f"{quote_name(name)}({shown}) AS ({query.sql})")
    return ("WITH RECURSIVE " if clause.args.get("recursive") else "WITH ") + ", ".join(parts) + " "


def _recursive(cte: exp.Expr, name: str, columns: tuple[str, ...], scope: Scope) -> CompiledQuery | None:
    query = cte.this
    if not isinstance(query, exp.Union) or not any(
        table.name.lower() == name for table in query.find_all(exp.Table)
    ):
        return None
    if not columns:
        raise SqlError(errors.SYNTAX_ERROR, f"WITH RECURSIVE {name} must have a column list")
    if query.args.get("distinct"):
        raise unsupported("recursive common table expression with UNION (use UNION ALL)")
    inner = scope.only_ctes()
    anchor = compile_query(query.this, scope.compilation, inner)
    outputs = renamed(anchor.outputs, columns, name)
    inner.ctes[name] = (quote_name(name), outputs)
    step = compile_query(query.expression, scope.compilation, inner)
    step = _as_types(step, [each.type for each in outputs], assignment=True)
    return CompiledQuery(f"({anchor.sql}) UNION ALL ({step.sql})", outputs)


def _set_operation(node: exp.SetOperation, compilation: Compilation, parent: Scope | None) -> CompiledQuery:
    """UNION, EXCEPT and INTERSECT; INTERSECT goes before the other two."""
    scope = Scope(compilation, parent)
    prefix = with_clause(node, scope)
    inner = scope if prefix else parent
    operands, operators = _chain(node)
    queries = [compile_query(each, compilation, inner) for each in operands]
    while "INTERSECT" in operators:
        position = operators.index("INTERSECT")
        queries[position : position + 2] = [_combine(queries[position], "INTERSECT", queries[position + 1])]
        del operators[position]
    combined = queries[0]
    for word, query in zip(operators, queries[1:], strict=True):
        combined = _combine(combined, word, query)
    sql = combined.sql
    tail = order_by_output(node, combined.outputs) + limit_and_offset(node)
    if prefix or tail:
        sql = f"{prefix}SELECT * FROM ({sql}) AS combined{tail}"
    return CompiledQuery(sql, combined.outputs)


def _chain(node: exp.SetOperation) -> tuple[list[exp.Expr], list[str]]:
    """The operands and operators of a chain without parentheses, which sqlglot nests to the left."""
    words = {exp.Union: "UNION", exp.Except: "EXCEPT", exp.Intersect: "INTERSECT"}
    operands: list[exp.Expr] = []
    operators: list[str] = []
    current: exp.Expr = node
    while isinstance(current, exp.SetOperation):
        check_arguments(current, _SET_OPERATION)
        if current is not node and any(
            current.args.get(key) for key in ("with_", "order", "limit", "offset")
        ):
            break
        word = words[type(current)]
        if not current.args.get("distinct"):
            if word != "UNION":
                raise unsupported(f"{word} ALL")
            word = "UNION ALL"
        operands.append(current.expression)
        operators.append(word)
        current = current.this
    operands.append(current)
    return operands[::-1], operators[::-1]


def _combine(left: CompiledQuery, word: str, right: CompiledQuery) -> CompiledQuery:
    name = word.split()[0]
    if len(left.outputs) != len(right.outputs):
        raise SqlError(errors.SYNTAX_ERROR, f"each {name} query must have the same number of columns")
    kinds = [
        types.common([one.type, other.type], name)
        for one, other in zip(left.outputs, right.outputs, strict=True)
    ]
    outputs = tuple(Output(each.name, kind) for each, kind in zip(left.outputs, kinds, strict=True))
    return CompiledQuery(f"({_as_types(left, kinds).sql}) {word} ({_as_types(right, kinds).sql})", outputs)


def _as_types(query: CompiledQuery, kinds: list[types.Type], *, assignment: bool = False) -> CompiledQuery:
    """The query with its columns brought to these types, where they are not already."""
    if all(
        each.type.duckdb == kind.duckdb and (each.type.name == kind.name or kind.is_text)
        for each, kind in zip(query.outputs, kinds, strict=True)
    ):
        return query
    names = [f"c{position}" for position in range(len(kinds))]
    items = []
    for name, output, kind in zip(names, query.outputs, kinds, strict=True):
        value = Typed(f"branch.{name}", output.type)
        if output.type.is_text and kind.is_text and not assignment:
            items.append(value.sql)
        elif output.type.name == "unknown":
            items.append(f"CAST({value.sql} AS {kind.duckdb})")
        else:
            items.append(
                casts.assign(value, kind, output.name).sql if assignment else casts.cast(value, kind).sql
            )
    sql = f"SELECT {', '.join(items)} FROM ({query.sql}) AS branch({', '.join(names)})"
    return CompiledQuery(
        sql, tuple(Output(each.name, kind) for each, kind in zip(query.outputs, kinds, strict=True))
    )


def _select(node: exp.Select, compilation: Compilation, parent: Scope | None) -> CompiledQuery:
    check_arguments(node, _SELECT)
    if node.args.get("kind"):
        raise unsupported(f"SELECT AS {node.args['kind']}")
    if not node.expressions:
        raise errors.syntax_error("FROM")
    scope = Scope(compilation, parent)
    prefix = with_clause(node, scope)
    from_sql = joins.from_clause(node, scope)
    where = node.args.get("where")
    where_sql = ""
    if where is not None:
        where_sql = f" WHERE {condition(where.this, scope, 'WHERE')}"
        joins.push_down(where.this, scope)
    columns, items = _projection(node, scope)
    group_sql = group_by(node, scope, columns, items)
    having = node.args.get("having")
    having_sql = (
        f" HAVING {condition(having.this, _without_aliases(scope), 'HAVING')}" if having is not None else ""
    )
    qualify = node.args.get("qualify")
    qualify_sql = f" QUALIFY {condition(qualify.this, scope, 'QUALIFY')}" if qualify is not None else ""
    distinct = node.args.get("distinct")
    if distinct is not None and distinct.args.get("on") is not None:
        raise unsupported("SELECT DISTINCT ON")
    order_sql = order_by(node, scope, columns)
    shown = ", ".join(
        f"{value.sql} AS {quote_name(column.name)}" for value, column in zip(items, columns, strict=True)
    )
    sql = (
        f"{prefix}SELECT {'DISTINCT ' if distinct is not None else ''}{shown}{from_sql}{where_sql}{group_sql}"
        f"{having_sql}{qualify_sql}{order_sql}{limit_and_offset(node)}"
    )
    return CompiledQuery(sql, tuple(columns))


def _without_aliases(scope: Scope) -> Scope:
    copy = Scope(scope.compilation, scope.parent)
    copy.sources, copy.merged, copy.hidden, copy.ctes = scope.sources, scope.merged, scope.hidden, scope.ctes
    return copy


def _projection(node: exp.Select, scope: Scope) -> tuple[list[Output], list[Typed]]:
    columns: list[Output] = []
    items: list[Typed] = []
    for expression in node.expressions:
        starred = _star(expression, scope)
        if starred is not None:
            items.extend(starred)
            columns.extend(Output(each.name, each.type) for each in starred)
            continue
        alias = None
        if isinstance(expression, exp.Alias):
            check_arguments(expression, {"this", "alias"})
            alias, expression = expression.alias.lower(), expression.this
        value = translate(expression, scope)
        if value.type.name in ("struct", "array"):
            raise SqlError(
                errors.FEATURE_NOT_SUPPORTED, f'column "{value.name}" is of a nested type: select its fields'
            )
        name = alias or value.name
        items.append(value)
        columns.append(Output(name, value.type))
        if alias is not None and alias not in scope.aliases:
            scope.aliases[alias] = Typed(
                value.sql if value.constant is not None else f"({value.sql})",
                value.type,
                value.constant,
                value.is_null,
                alias,
            )
    return columns, items


def _star(expression: exp.Expr, scope: Scope) -> list[Typed] | None:
    """The columns of *, alias.* or * EXCLUDE (…); None for any other expression."""
    if isinstance(expression, exp.Column) and isinstance(expression.this, exp.Star):
        parts = tuple(part.name.lower() for part in expression.parts[:-1])
        source = scope.source_of(parts)
        if source is None:
            raise SqlError(errors.UNDEFINED_TABLE, f'missing FROM-clause entry for table "{parts[-1]}"')
        star, found = expression.this, scope.star(source)
    elif isinstance(expression, exp.Star):
        if not scope.sources:
            raise SqlError(errors.SYNTAX_ERROR, "SELECT * with no tables specified is not valid")
        star, found = expression, scope.star()
    else:
        return None
    check_arguments(star, {"except_"})
    excluded = {each.name.lower() for each in star.args.get("except_") or ()}
    unknown = excluded - {each.name for each in found}
    if unknown:
        raise SqlError(errors.UNDEFINED_COLUMN, f'column "{min(unknown)}" in EXCLUDE list does not exist')
    remaining = [each for each in found if each.name not in excluded]
    nested = [each for each in remaining if each.type.name in ("struct", "array")]
    if nested:
        raise SqlError(
            errors.FEATURE_NOT_SUPPORTED, f'column "{nested[0].name}" is of a nested type: select its fields'
        )
    return remaining
