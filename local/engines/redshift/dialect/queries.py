"""Queries: SELECT with its clauses, set operations and common table expressions."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from local.engines.redshift import errors, types
from local.engines.redshift.dialect import casts, joins
from local.engines.redshift.dialect.clauses import Item, group_by, limit_and_offset, order_by, order_by_output
from local.engines.redshift.dialect.comparisons import equality_key
from local.engines.redshift.dialect.expressions import check_arguments, condition
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
    one, other = _as_types(left, kinds).sql, _as_types(right, kinds).sql
    if word == "UNION ALL" or not _blanks_matter(outputs):
        return CompiledQuery(f"({one}) {word} ({other})", outputs)
    if word == "UNION":
        return CompiledQuery(_distinct_rows(f"({one}) UNION ALL ({other})", outputs), outputs)
    both = f"SELECT *, 1 FROM ({one}) AS first_ UNION ALL SELECT *, 2 FROM ({other}) AS second_"
    having = f" HAVING count(*) FILTER (WHERE side = 1) > 0 AND count(*) FILTER (WHERE side = 2) {'=' if word == 'EXCEPT' else '>'} 0"
    return CompiledQuery(_distinct_rows(both, outputs, "side", having), outputs)


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
    if compilation.system:
        _name_catalog_columns(node, scope)
    where = node.args.get("where")
    where_sql = ""
    if where is not None:
        where_sql = f" WHERE {condition(where.this, scope, 'WHERE')}"
        joins.push_down(where.this, scope)
    listed = _listed(node, scope)
    group_sql, keys_sql = group_by(node, scope, listed)
    columns, items = _projection(listed, scope)
    having = node.args.get("having")
    having_sql = (
        f" HAVING {condition(having.this, _without_aliases(scope), 'HAVING')}" if having is not None else ""
    )
    qualify = node.args.get("qualify")
    qualify_sql = f" QUALIFY {condition(qualify.this, scope, 'QUALIFY')}" if qualify is not None else ""
    distinct = node.args.get("distinct")
    if distinct is not None and distinct.args.get("on") is not None:
        raise unsupported("SELECT DISTINCT ON")
    order_sql = order_by(node, scope, columns, items)
    shown = ", ".join(
        f"{value.sql} AS {quote_name(column.name)}" for value, column in zip(items, columns, strict=True)
    )
    body = f"{shown}{from_sql}{keys_sql}{where_sql}{group_sql}{having_sql}{qualify_sql}"
    tail = f"{order_sql}{limit_and_offset(node)}"
    if distinct is None:
        return CompiledQuery(f"{prefix}SELECT {body}{tail}", tuple(columns))
    if _blanks_matter(columns):
        return CompiledQuery(f"{prefix}{_distinct_rows(f'SELECT {body}', columns)}{tail}", tuple(columns))
    return CompiledQuery(f"{prefix}SELECT DISTINCT {body}{tail}", tuple(columns))


def _name_catalog_columns(node: exp.Select, scope: Scope) -> None:
    """Let WHERE of a query on the catalog say the names that the select list gives to columns, as clients do."""
    for each in node.expressions:
        if isinstance(each, exp.Alias) and isinstance(each.this, exp.Column):
            found = scope.lookup(tuple(part.name.lower() for part in each.this.parts))
            if found is not None:
                scope.aliases.setdefault(each.alias.lower(), found)


def _blanks_matter(columns: Sequence[Output]) -> bool:
    """Whether two rows can be equal whose bytes are not: texts may differ by trailing blanks."""
    return any(each.type.is_text and each.type.name != "char" for each in columns)


def _distinct_rows(sql: str, columns: Sequence[Output], side: str = "", having: str = "") -> str:
    """The rows of a query, each once; of equal ones, the least value of every text.

    Args:
        side: a last column that is no part of the rows: which operand of EXCEPT or INTERSECT a row is from.
        having: condition on the groups.
    """
    values = [Typed(f"c{position}", each.type) for position, each in enumerate(columns)]
    keys = [equality_key(each) for each in values]
    rest = " FILTER (WHERE side = 1)" if side else ""
    shown = ", ".join(
        f"{value.sql if key == value.sql else f'min({value.sql}){rest}'} AS {quote_name(column.name)}"
        for value, key, column in zip(values, keys, columns, strict=True)
    )
    names = ", ".join([each.sql for each in values] + ([side] if side else []))
    return f"SELECT {shown} FROM ({sql}) AS repeated({names}) GROUP BY {', '.join(keys)}{having}"


def _without_aliases(scope: Scope) -> Scope:
    copy = Scope(scope.compilation, scope.parent)
    copy.sources, copy.merged, copy.hidden, copy.ctes = scope.sources, scope.merged, scope.hidden, scope.ctes
    copy.group_keys = scope.group_keys
    return copy


def _listed(node: exp.Select, scope: Scope) -> list[Item]:
    """The items of the select list, with * spelled out."""
    items: list[Item] = []
    for expression in node.expressions:
        starred = _star(expression, scope)
        if starred is not None:
            items.extend(Item(each.name, each) for each in starred)
        elif isinstance(expression, exp.Alias):
            check_arguments(expression, {"this", "alias"})
            items.append(Item(expression.alias.lower(), expression.this))
        else:
            items.append(Item(None, expression))
    return items


def _projection(listed: Sequence[Item], scope: Scope) -> tuple[list[Output], list[Typed]]:
    columns: list[Output] = []
    items: list[Typed] = []
    for item in listed:
        value = item.translated(scope)
        if isinstance(item.source, Typed):
            value = scope.of_group(value)
            items.append(value)
            columns.append(Output(value.name, value.type))
            continue
        if value.type.name in ("struct", "array"):
            raise SqlError(
                errors.FEATURE_NOT_SUPPORTED, f'column "{value.name}" is of a nested type: select its fields'
            )
        alias = item.name
        items.append(value)
        columns.append(Output(alias or value.name, value.type))
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
