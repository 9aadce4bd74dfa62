"""SQL of a contract, bound: every name is a column there is, every function one of Redshift's, every type fits.

What would not be the same when the same rows are checked again is refused, and so is what fails for some values. Where
arithmetic can fail and a value can stand for that, the tree is changed: a division by 0 and a date beyond the calendar become
null, whole numbers are added in a type that holds the sum. So a rule's SQL has an answer for every row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

from sqlglot import exp

from interline.contracts.model.column_types import LONGEST_VARCHAR, MOST_DIGITS, redshift_type
from interline.contracts.model.contract import Column
from interline.contracts.patterns import pattern_mistake
from interline.contracts.problems import did_you_mean
from interline.sql import expression_types as types
from interline.sql.expression_types import SqlType
from interline.sql.function_table import (
    AGGREGATES,
    CHANGING,
    DATE_PARTS,
    MICROSECONDS,
    MORE,
    PARTIAL,
    ROW_FUNCTIONS,
    WINDOW_FUNCTIONS,
    Signature,
)
from interline.sql.parsing import SqlMistake, line_of, shown
from interline.sql.values import value_problem

_FIRST_DAY, _LAST_DAY = "0001-01-01", "9999-12-31"
_MOST_DAYS = 1_000_000
_INTEGER_DIGITS, _BIGINT_DIGITS = 9, 18
"""Digits of which every number fits into INTEGER, into BIGINT."""
_COUNTED = SqlType(types.INTEGER, 15, is_long=True)
"""How many rows there are: no table has a million billions."""
_LARGEST_REPEATED = 60
"""Nodes of a tree that may be written several times to bound its value."""
_IN_MODEL = "compute it in the model"
_SELECT_PARTS = frozenset(
    {
        "expressions",
        "from_",
        "joins",
        "where",
        "group",
        "having",
        "order",
        "limit",
        "distinct",
        "with_",
        "kind",
    }
)


@dataclass
class Scope:
    """What a part of the SQL may name."""

    sources: dict[str, Mapping[str, SqlType]] = field(default_factory=dict)
    """Columns by table."""
    outside: Scope | None = None
    shared: frozenset[str] = frozenset()
    """Columns that joins name in USING."""
    aliases: dict[str, SqlType] = field(default_factory=dict)
    """What the select list calls something."""
    clause: str = ""
    """Which clause is being read, where no aggregate may stand; empty where one may."""
    row: str = ""
    """The alias under which columns are written out, in a rule about one row."""

    def known(self) -> list[str]:
        """Return the columns that may be named without their table."""
        return [*dict.fromkeys(name for columns in self.sources.values() for name in columns), *self.aliases]


class Binder:
    """Binds one text of SQL; trees are changed in place."""

    def __init__(self, text: str, batch: str, columns: Mapping[str, SqlType]) -> None:
        """Take the text as a person wrote it, the batch's SQL name, empty in a rule about one row, and its columns."""
        self._text = text
        self._batch = batch
        self._columns = columns
        self._ctes: dict[str, Mapping[str, SqlType]] = {}

    # ------------------------------------------------------------------ queries

    def query(self, tree: exp.Expr, outside: Scope | None = None) -> dict[str, SqlType]:
        """Return what comes out of a query, by name."""
        if isinstance(tree, exp.Subquery):
            self._only(tree, {"this", "alias", "with_"})
            return self.query(tree.this, outside)
        before = dict(self._ctes)
        clause = tree.args.get("with_")
        for cte in clause.expressions if clause is not None else ():
            if clause is not None and clause.args.get("recursive"):
                raise self._mistake(tree, "has a recursive WITH, which may never end", _IN_MODEL)
            self._ctes[cte.alias.lower()] = _renamed(self.query(cte.this, outside), cte)
        try:
            if isinstance(tree, exp.Select):
                return self._select(tree, outside)
            if isinstance(tree, exp.SetOperation):
                return self._set_operation(tree, outside)
        finally:
            self._ctes = before
        raise self._mistake(tree, f"has {_described(tree)} where a SELECT is expected")

    def single_value(self, tree: exp.Expr, outside: Scope | None = None) -> SqlType:
        """Return the type of the one value of a query that gives one row whatever the batch holds."""
        select = tree.unnest() if isinstance(tree, exp.Subquery) else tree
        if isinstance(select, exp.Query) and len(select.selects) != 1:
            raise self._mistake(select, f"gives {len(select.selects)} columns; expected one number")
        outputs = self.query(tree, outside)
        if len(outputs) != 1:
            raise self._mistake(select, f"gives {len(outputs)} columns; expected one number")
        if not _is_one_row(select):
            raise self._mistake(
                select, "may give many rows, or none; expected one number", "for example count(*) or max(…)"
            )
        return next(iter(outputs.values()))

    def _set_operation(self, tree: exp.SetOperation, outside: Scope | None) -> dict[str, SqlType]:
        left, right = self.query(tree.this, outside), self.query(tree.expression, outside)
        if len(left) != len(right):
            raise self._mistake(tree, f"has a {tree.key.upper()} of {len(left)} and {len(right)} columns")
        outputs: dict[str, SqlType] = {}
        for (name, one), other in zip(left.items(), right.values(), strict=True):
            outputs[name] = self._common(tree, (one, other))
        return outputs

    def _select(self, tree: exp.Select, outside: Scope | None) -> dict[str, SqlType]:
        self._only(tree, _SELECT_PARTS)
        shared = frozenset(
            column.name.lower()
            for join in tree.args.get("joins") or ()
            for column in join.args.get("using") or ()
        )
        scope = Scope(outside=outside, shared=shared)
        start = tree.args.get("from_")
        joins = tree.args.get("joins") or []
        for source in (*([start.this] if start is not None else ()), *(join.this for join in joins)):
            self._add_source(source, scope, outside)
        for join in joins:
            self._only(join, {"this", "on", "using", "kind", "side"})
            if join.args.get("on") is not None:
                self._condition(join.args["on"], replace(scope, clause="JOIN"))
            for name in shared:
                if sum(name in columns for columns in scope.sources.values()) < 2:
                    raise self._mistake(join, f"joins using {name!r}, which both tables do not have")
        if tree.args.get("where") is not None:
            self._condition(tree.args["where"].this, replace(scope, clause="WHERE"))
        outputs: dict[str, SqlType] = {}
        for projection in tree.expressions:
            self._projection(projection, scope, outputs)
        group = tree.args.get("group")
        if group is not None:
            self._only(group, {"expressions"})
            self._positions(group.expressions, replace(scope, clause="GROUP BY"), outputs)
        if tree.args.get("having") is not None:
            self._condition(tree.args["having"].this, scope)
        order = tree.args.get("order")
        if order is not None:
            self._positions([ordered.this for ordered in order.expressions], scope, outputs)
        limit = tree.args.get("limit")
        if limit is not None and order is None:
            raise self._mistake(
                tree, "has a LIMIT without ORDER BY: which rows it takes may differ", "order the rows"
            )
        self._grouped(tree, outputs)
        return outputs

    def _add_source(self, node: exp.Expr, scope: Scope, outside: Scope | None) -> None:
        columns: Mapping[str, SqlType]
        if isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
            self._only(node, {"this", "db", "catalog", "alias", "joins"})
            columns = self._table(node)
        elif isinstance(node, exp.Subquery) and isinstance(node.this, exp.Query):
            columns = self.query(node, outside)
        else:
            raise self._mistake(node, f"reads from {_described(node)}", "a rule reads ${object}")
        alias = (node.alias or node.name).lower()
        if alias in scope.sources:
            raise self._mistake(node, f"has two tables called {alias!r}", "give one an alias of its own")
        scope.sources[alias] = _renamed(columns, node)
        for join in node.args.get("joins") or ():
            self._add_source(join.this, scope, outside)
            if join.args.get("on") is not None:
                self._condition(join.args["on"], replace(scope, clause="JOIN"))

    def _table(self, node: exp.Table) -> Mapping[str, SqlType]:
        parts = [part.name for part in node.parts]
        if len(parts) == 1 and parts[0].lower() in self._ctes:
            return self._ctes[parts[0].lower()]
        if ".".join(f'"{part}"' for part in parts) == self._batch:
            return self._columns
        hint = did_you_mean(parts[-1].lower(), self._ctes) or (
            "it reads ${object}, the batch; what is in another port is a relationship, or for the model"
        )
        raise self._mistake(node, f"reads the table {'.'.join(parts)}", hint)

    def _projection(self, node: exp.Expr, scope: Scope, outputs: dict[str, SqlType]) -> None:
        if isinstance(node, exp.Star) or (isinstance(node, exp.Column) and isinstance(node.this, exp.Star)):
            chosen = scope.sources
            if isinstance(node, exp.Column):
                alias = node.table.lower()
                if alias not in chosen:
                    raise self._mistake(
                        node, f"has {alias}.*, and no table {alias!r}", did_you_mean(alias, chosen)
                    )
                chosen = {alias: chosen[alias]}
            for columns in chosen.values():
                outputs |= columns
            return
        value = node.this if isinstance(node, exp.Alias) else node
        kind = self._value(value, scope)
        name = node.alias_or_name.lower() or f"column {len(outputs) + 1}"
        if name in outputs:
            raise self._mistake(node, f"gives two columns called {name!r}", "give one another alias")
        outputs[name] = kind
        if isinstance(node, exp.Alias):
            scope.aliases[name] = kind

    def _positions(self, nodes: Sequence[exp.Expr], scope: Scope, outputs: Mapping[str, SqlType]) -> None:
        """Bind what GROUP BY or ORDER BY names: an expression, or the position of one in the select list."""
        for node in nodes:
            if isinstance(node, exp.Literal) and not node.is_string and node.this.isdigit():
                if not 1 <= int(node.this) <= len(outputs):
                    raise self._mistake(node, f"names the position {node.this} of {len(outputs)} columns")
            else:
                self._value(node, scope)

    def _grouped(self, tree: exp.Select, outputs: Mapping[str, SqlType]) -> None:
        """Refuse a column that is neither grouped nor in an aggregate, where rows are put together."""
        group = tree.args.get("group")
        if group is None and not _has_aggregate(tree):
            return
        grouped: set[str] = set()
        for node in group.expressions if group is not None else ():
            if isinstance(node, exp.Literal):
                place = int(node.this) - 1
                if place < len(tree.expressions):
                    grouped.add(_plain(tree.expressions[place]))
            else:
                grouped.add(_plain(node))
        having = tree.args.get("having")
        for projection in (*tree.expressions, *([having.this] if having is not None else ())):
            if projection.alias_or_name.lower() in grouped:
                continue
            for node in projection.walk(prune=lambda n: _is_aggregate(n) or _plain(n) in grouped):
                if isinstance(node, exp.Column) and _plain(node) not in grouped:
                    if any(_is_aggregate(above) for above in _above(node, projection)):
                        continue
                    if node.find_ancestor(exp.Select) is not tree:
                        continue
                    raise self._mistake(
                        node,
                        f"has {node.sql()!r} beside an aggregate, and it is not grouped",
                        "add it to GROUP BY, or aggregate it",
                    )

    # -------------------------------------------------------------- expressions

    def condition(self, tree: exp.Expr, scope: Scope) -> None:
        """Bind what has to be true or false."""
        self._condition(tree, scope)

    def _condition(self, tree: exp.Expr, scope: Scope) -> None:
        kind = self._value(tree, scope)
        if kind.family not in (types.BOOLEAN, types.UNKNOWN):
            raise self._mistake(
                tree, f"has {kind.word} where a condition is expected", "compare it with something"
            )

    def _value(self, tree: exp.Expr, scope: Scope) -> SqlType:
        """Return the type of an expression; chains of operators are walked in a loop, for they may be long."""
        chain: list[exp.Binary] = []
        node = tree
        while isinstance(node, exp.Binary) and type(node) in _BINARY:
            chain.append(node)
            node = node.this
        kind = self._leaf(node, scope)
        for operation in reversed(chain):
            kind = _BINARY[type(operation)](self, operation, kind, scope)
        return kind

    def _leaf(self, node: exp.Expr, scope: Scope) -> SqlType:
        bind = _LEAVES.get(type(node))
        if bind is None:
            raise self._mistake(node, f"has {_described(node)}, which a rule can't have")
        return bind(self, node, scope)

    def _literal(self, node: exp.Expr, scope: Scope) -> SqlType:
        if node.args.get("is_string"):
            text = str(node.this)
            return SqlType(types.TEXT, length=len(text.encode()), constant=text)
        kind = types.number_literal(str(node.this))
        if kind.digits > MOST_DIGITS or (kind.family == types.FLOAT and abs(float(node.this)) > 1e308):
            raise self._mistake(node, f"has a number of more than {MOST_DIGITS} digits")
        return kind

    def _column(self, node: exp.Expr, scope: Scope) -> SqlType:
        name, table = node.name.lower(), node.text("table").lower()
        if isinstance(node.this, exp.Star) or node.args.get("db") is not None:
            raise self._mistake(node, f"names {node.sql()!r}, which is no column")
        if scope.row:
            if table or name not in self._columns:
                raise self._unknown_name(node, name if not table else node.sql(), self._columns)
            node.set("this", exp.to_identifier(name, quoted=True))
            node.set("table", exp.to_identifier(scope.row))
            return self._columns[name]
        where: Scope | None = scope
        while where is not None:
            if table in where.sources:
                if name not in where.sources[table]:
                    raise self._unknown_name(node, node.sql(), where.sources[table])
                return where.sources[table][name]
            having = [alias for alias, columns in where.sources.items() if name in columns]
            if not table and len(having) > 1 and name not in where.shared:
                message = f"names {name!r}, which may be a column of {' or of '.join(having)}"
                raise self._mistake(node, message, f"write {having[0]}.{name}")
            if not table and having:
                return where.sources[having[0]][name]
            if not table and name in where.aliases:
                return where.aliases[name]
            where = where.outside
        if table:
            hint = did_you_mean(table, scope.sources) or f"tables here are {', '.join(scope.sources)}"
            raise self._mistake(node, f"names {node.sql()!r}, and there is no table {table!r}", hint)
        raise self._unknown_name(node, name, scope.known())

    def _unknown_name(self, node: exp.Expr, name: str, known: Iterable[str]) -> SqlMistake:
        if name in CHANGING:
            return self._changing(node, name)
        last = name.rpartition(".")[2]
        return self._mistake(node, f"names {name!r}, which is no column", did_you_mean(last, known))

    def _inner(self, node: exp.Expr, scope: Scope) -> SqlType:
        return self._value(node.this, scope)

    def _not(self, node: exp.Expr, scope: Scope) -> SqlType:
        self._condition(node.this, scope)
        return types.BOOL

    def _negative(self, node: exp.Expr, scope: Scope) -> SqlType:
        kind = self._number(node, self._value(node.this, scope))
        if kind.constant is not None:
            return replace(kind, constant=-int(kind.constant))
        return (
            self._whole_result(node, {"this": kind}, kind.digits + 1)
            if kind.family == types.INTEGER
            else kind
        )

    def _case(self, node: exp.Expr, scope: Scope) -> SqlType:
        subject = self._value(node.this, scope) if node.args.get("this") is not None else None
        results: list[SqlType] = []
        for branch in node.args["ifs"]:
            if subject is None:
                self._condition(branch.this, scope)
            else:
                self._comparable(branch, subject, self._value(branch.this, scope))
            results.append(self._value(branch.args["true"], scope))
        if node.args.get("default") is not None:
            results.append(self._value(node.args["default"], scope))
        return self._common(node, results)

    def _cast(self, node: exp.Expr, scope: Scope) -> SqlType:
        kind = self._value(node.this, scope)
        try:
            written = redshift_type(node.args["to"].sql(dialect="redshift"))
        except ValueError as error:
            raise self._mistake(node, f"casts to what no port has: {error}") from None
        target = types.type_of(written)
        if (kind.constant is not None and isinstance(kind.constant, str)) or kind.family == types.UNKNOWN:
            if kind.constant is not None:
                self._literal_fits(node, str(kind.constant), written)
            return target
        reason = _cast_problem(kind, target)
        if reason:
            raise self._mistake(node, f"casts {kind.word} to {written}: {reason}", _IN_MODEL)
        return replace(target, is_aggregate=kind.is_aggregate)

    def _between(self, node: exp.Expr, scope: Scope) -> SqlType:
        kind = self._value(node.this, scope)
        for key in ("low", "high"):
            self._comparable(node, kind, self._value(node.args[key], scope))
        return types.BOOL

    def _in(self, node: exp.Expr, scope: Scope) -> SqlType:
        query = node.args.get("query")
        if isinstance(node.this, exp.Tuple):
            raise self._mistake(node, "has a list of columns before IN", "compare one after the other")
        kind = self._value(node.this, scope)
        if query is not None:
            self._refuse_query(node, scope)
            outputs = list(self.query(query, scope).values())
            if len(outputs) != 1:
                raise self._mistake(node, f"has IN with a query of {len(outputs)} columns; expected one")
            self._comparable(node, kind, outputs[0])
            return types.BOOL
        if not node.expressions:
            raise self._mistake(node, "has IN without a list of values")
        for item in node.expressions:
            self._comparable(node, kind, self._value(item, scope))
        return types.BOOL

    def _exists(self, node: exp.Expr, scope: Scope) -> SqlType:
        self._refuse_query(node, scope)
        self.query(node.this, scope)
        return types.BOOL

    def _subquery(self, node: exp.Expr, scope: Scope) -> SqlType:
        self._refuse_query(node, scope)
        return replace(self.single_value(node, scope), is_aggregate=True)

    def _refuse_query(self, node: exp.Expr, scope: Scope) -> None:
        if scope.row:
            raise self._beyond_row(node)

    def _interval(self, node: exp.Expr, scope: Scope) -> SqlType:
        amount = node.this
        if (
            not isinstance(amount, exp.Literal)
            or not amount.this.lstrip("-").isdigit()
            or abs(int(amount.this)) > _MOST_DAYS
        ):
            raise self._mistake(
                node, f"has {node.sql()!r}, which is no interval", "for example interval '1 day'"
            )
        unit = node.args.get("unit")
        if unit is None or unit.name.lower() not in DATE_PARTS:
            raise self._mistake(
                node, f"has {node.sql()!r}, which is no interval", "for example interval '1 day'"
            )
        return SqlType(types.INTERVAL)

    def _at_time_zone(self, node: exp.Expr, scope: Scope) -> SqlType:
        kind = self._value(node.this, scope)
        if not kind.is_moment:
            raise self._mistake(node, f"has AT TIME ZONE after {kind.word}")
        zone = node.args["zone"]
        try:
            ZoneInfo(str(zone.this) if isinstance(zone, exp.Literal) else "")
        except (ValueError, OSError, KeyError):
            raise self._mistake(node, f"has the time zone {zone.sql()}, which there is not") from None
        return SqlType(types.TIMESTAMP if kind.family == types.TIMESTAMPTZ else types.TIMESTAMPTZ)

    # ---------------------------------------------------------------- functions

    def _call(self, node: exp.Expr, scope: Scope) -> SqlType:
        return self._called(node, node.name.lower(), list(node.expressions), scope)

    def _called(self, node: exp.Expr, name: str, arguments: list[exp.Expr], scope: Scope) -> SqlType:
        if name in AGGREGATES:
            return self._aggregate(node, name, arguments, scope)
        if name in WINDOW_FUNCTIONS:
            if scope.row:
                raise self._beyond_row(node)
            raise self._mistake(node, f"calls {name}() without OVER")
        signature = ROW_FUNCTIONS.get(name)
        if signature is None:
            raise self._no_function(node, name)
        return self._applied(node, name, signature, arguments, scope)

    def _aggregate(self, node: exp.Expr, name: str, arguments: list[exp.Expr], scope: Scope) -> SqlType:
        if scope.row:
            raise self._beyond_row(node)
        if scope.clause:
            raise self._mistake(node, f"has the aggregate {name}() in {scope.clause}", "HAVING may have one")
        if len(arguments) == 1 and isinstance(arguments[0], exp.Distinct):
            arguments = list(arguments[0].expressions)
        if name == "count" and len(arguments) == 1 and isinstance(arguments[0], exp.Star):
            return replace(_COUNTED, is_aggregate=True)
        if any(_is_aggregate(inner) for argument in arguments for inner in argument.walk()):
            raise self._mistake(node, f"has an aggregate within {name}()")
        if name == "count" and not arguments:
            raise self._mistake(node, "calls count() of nothing", "count(*) counts rows")
        kind = self._applied(node, name, AGGREGATES[name], arguments, scope)
        return replace(kind, is_aggregate=True)

    def _window(self, node: exp.Expr, scope: Scope) -> SqlType:
        if scope.row:
            raise self._beyond_row(node)
        call = node.this
        if scope.clause or not isinstance(call, exp.Anonymous):
            raise self._mistake(node, f"has a window in {scope.clause or 'an unknown function'}")
        self._only(node, {"this", "partition_by", "order", "spec", "over"})
        for part in node.args.get("partition_by") or ():
            self._value(part, scope)
        order = node.args.get("order")
        for ordered in order.expressions if order is not None else ():
            self._value(ordered.this, scope)
        name = call.name.lower()
        arguments = list(call.expressions)
        if name in WINDOW_FUNCTIONS:
            if order is None:
                raise self._mistake(
                    node, f"has {name}() over rows in no order: it may differ each time", "add ORDER BY"
                )
            return self._applied(call, name, WINDOW_FUNCTIONS[name], arguments, scope)
        if name not in AGGREGATES:
            raise self._no_function(call, name)
        return replace(self._aggregate(call, name, arguments, scope), is_aggregate=False)

    def _applied(
        self, node: exp.Expr, name: str, signature: Signature, arguments: list[exp.Expr], scope: Scope
    ) -> SqlType:
        most = signature.most
        if len(arguments) < signature.least or (most is not None and len(arguments) > most):
            expected = (
                str(signature.least) if signature.least == most else f"{signature.least} to {most or 'many'}"
            )
            raise self._mistake(node, f"gives {name}() {len(arguments)} arguments; it takes {expected}")
        kinds: list[SqlType] = []
        same: list[SqlType] = []
        for position, argument in enumerate(arguments):
            word = signature.word(position)
            if word == "part":
                self._date_part(argument, name)
                kinds.append(types.ANY_TEXT)
                continue
            kind = self._value(argument, scope)
            self._accepts(argument, name, word, kind)
            kinds.append(kind)
            if word == "same":
                same.append(kind)
        self._make_total(node, name, arguments, kinds)
        is_aggregate = any(kind.is_aggregate for kind in kinds)
        result = self._result(node, signature.result, kinds, same)
        return replace(result, constant=None, is_aggregate=is_aggregate)

    def _date_part(self, argument: exp.Expr, name: str) -> None:
        word = (argument.name if isinstance(argument, (exp.Column, exp.Var, exp.Literal)) else "").lower()
        if word not in DATE_PARTS:
            raise self._mistake(
                argument,
                f"gives {name}() {argument.sql()!r}, which is no part of a date",
                did_you_mean(word, DATE_PARTS),
            )

    def _accepts(self, node: exp.Expr, name: str, word: str, kind: SqlType) -> None:
        """Refuse an argument that the function does not take."""
        wrong = ""
        if word in ("count", "position"):
            least = 0 if word == "count" else 1
            if not isinstance(kind.constant, int) or kind.constant < least:
                wrong = f"a whole number from {least}, written out"
        elif word == "bits":
            wrong = "" if kind.constant in (0, 256) else "256"
        elif word in ("constant", "pattern"):
            if not isinstance(kind.constant, str):
                wrong = "a text in quotes"
            elif word == "pattern":
                self._pattern(node, kind.constant)
        elif kind.family == types.UNKNOWN or word in ("any", "same"):
            return
        elif word == "text" and kind.family != types.TEXT:
            wrong = "a text"
        elif word == "integer" and kind.family != types.INTEGER:
            wrong = "a whole number"
        elif word == "number" and not kind.is_number:
            wrong = "a number"
        elif word == "boolean" and kind.family != types.BOOLEAN:
            wrong = "true or false"
        elif word == "moment":
            if isinstance(kind.constant, str):
                self._literal_fits(node, kind.constant, "timestamp")
            elif not kind.is_moment:
                wrong = "a date or timestamp"
        if wrong:
            raise self._mistake(node, f"gives {name}() {kind.word}; it takes {wrong}")

    def _make_total(self, node: exp.Expr, name: str, arguments: list[exp.Expr], kinds: list[SqlType]) -> None:
        """Change arguments for which the function would fail."""
        if name == "mod":
            self._divisor(arguments[1], kinds[1])
            if types.FLOAT in (kinds[0].family, kinds[1].family):
                raise self._mistake(node, "takes the rest of a float", "cast it in the model")
        elif name == "abs" and not kinds[0].is_aggregate and kinds[0].family == types.INTEGER:
            written = f"DECIMAL({kinds[0].digits}, 0)" if kinds[0].digits > _BIGINT_DIGITS else "BIGINT"
            arguments[0].replace(_cast_to(arguments[0], written))
        elif name in ("substring", "substr"):
            self._bounded_amount(arguments[1], kinds[1])
        elif name in ("dateadd", "date_add", "add_months"):
            amount, moment = (1, 2) if name != "add_months" else (1, 0)
            self._bounded_amount(arguments[amount], kinds[amount])
            self._bounded_moment(arguments[moment], kinds[moment])
        elif name in ("datediff", "date_diff"):
            if arguments[0].name.lower() in MICROSECONDS:
                for place in (1, 2):
                    self._bounded_moment(arguments[place], kinds[place])
        elif name in ("round", "trunc") and len(arguments) == 1 and kinds[0].is_moment:
            raise self._mistake(node, f"gives {name}() {kinds[0].word}", "cast it to date")

    def _result(self, node: exp.Expr, result: str, kinds: list[SqlType], same: list[SqlType]) -> SqlType:
        if result == "same":
            return self._common(node, same)
        first = kinds[0] if kinds else types.NULL
        if result == "first":
            return first
        if result in ("whole", "average"):
            if first.family == types.FLOAT:
                return types.DOUBLE
            return SqlType(
                types.DECIMAL, min(first.digits + 1, MOST_DIGITS), first.scale if result == "average" else 0
            )
        if result == "count":
            return _COUNTED
        if result == "sum":
            if first.family == types.FLOAT:
                return types.DOUBLE
            if first.family == types.INTEGER and not first.is_long:
                return SqlType(types.INTEGER, _BIGINT_DIGITS - 1, is_long=True)
            return SqlType(types.DECIMAL, MOST_DIGITS, first.scale)
        named = {"integer": types.WHOLE, "bigint": types.BIG, "text": types.ANY_TEXT, "float": types.DOUBLE}
        return named.get(result) or SqlType(result)

    def _extract(self, node: exp.Expr, scope: Scope) -> SqlType:
        arguments = [node.this, node.args["expression"]]
        return self._applied(node, "extract", ROW_FUNCTIONS["extract"], arguments, scope)

    def _substring(self, node: exp.Expr, scope: Scope) -> SqlType:
        start = node.args.get("start")
        if start is None:
            raise self._mistake(node, "calls substring() without where to begin")
        arguments = [node.this, start, *([node.args["length"]] if node.args.get("length") else [])]
        return self._applied(node, "substring", ROW_FUNCTIONS["substring"], arguments, scope)

    def _trim(self, node: exp.Expr, scope: Scope) -> SqlType:
        arguments = [node.this, *([node.args["expression"]] if node.args.get("expression") else [])]
        return self._applied(node, "trim", ROW_FUNCTIONS["trim"], arguments, scope)

    def _position(self, node: exp.Expr, scope: Scope) -> SqlType:
        arguments = [node.args["substr"], node.this]
        return self._applied(node, "position", ROW_FUNCTIONS["position"], arguments, scope)

    def _no_function(self, node: exp.Expr, name: str) -> SqlMistake:
        if name in CHANGING:
            return self._changing(node, name)
        if name in PARTIAL:
            return self._mistake(
                node, f"calls {name}(), which fails for some values, and with it the whole check", _IN_MODEL
            )
        if name in MORE:
            return self._mistake(node, f"calls {name}(), which rules have not", _IN_MODEL)
        known = (*ROW_FUNCTIONS, *AGGREGATES, *WINDOW_FUNCTIONS)
        return self._mistake(
            node, f"calls {name}(), and Redshift has no such function", did_you_mean(name, known)
        )

    def _pseudo(self, node: exp.Expr, scope: Scope) -> SqlType:
        words = {
            "currenttimestamp": "current_timestamp",
            "currentdate": "current_date",
            "currenttime": "current_time",
        }
        name = "sysdate" if node.args.get("sysdate") else words.get(node.key)
        raise self._changing(node, name or node.sql(dialect="redshift").lower().partition("(")[0])

    def _changing(self, node: exp.Expr, name: str) -> SqlMistake:
        return self._mistake(
            node,
            f"asks for {name}, which may differ when the same day is checked again",
            "compare with another column, such as data_day",
        )

    # ---------------------------------------------------------------- operators

    def _logical(self, node: exp.Binary, left: SqlType, scope: Scope) -> SqlType:
        if left.family not in (types.BOOLEAN, types.UNKNOWN):
            raise self._mistake(
                node.this, f"has {left.word} where a condition is expected", "compare it with something"
            )
        self._condition(node.expression, scope)
        return types.BOOL

    def _comparison(self, node: exp.Binary, left: SqlType, scope: Scope) -> SqlType:
        if isinstance(node.expression, (exp.Any, exp.All)):
            raise self._mistake(node, "has ANY or ALL", "write IN, or compare with max(…)")
        right = self._value(node.expression, scope)
        self._comparable(node, left, right)
        return replace(types.BOOL, is_aggregate=left.is_aggregate or right.is_aggregate)

    def _comparable(self, node: exp.Expr, left: SqlType, right: SqlType) -> None:
        if types.comparable(left, right):
            return
        for one, other in ((left, right), (right, left)):
            if isinstance(one.constant, str) and other.family != types.TEXT:
                self._literal_fits(node, one.constant, _physical(other))
                return
        hint = "write = 'true' as true" if types.BOOLEAN in (left.family, right.family) else ""
        raise self._mistake(node, f"compares {left.word} with {right.word}", hint)

    def _literal_fits(self, node: exp.Expr, text: str, physical_type: str) -> None:
        """Refuse a text in quotes that Redshift could not read as a type."""
        problem = value_problem(text, Column("", "", physical_type, ""))
        if physical_type in ("timestamp", "timestamptz") and problem:
            # a date is a moment too, and so is one without a zone
            problem = (
                problem
                and value_problem(text, Column("", "", "date", ""))
                and value_problem(text, Column("", "", "timestamp", ""))
            )
        if problem:
            raise self._mistake(node, f"has {text!r}, which {problem}")

    def _like(self, node: exp.Binary, left: SqlType, scope: Scope) -> SqlType:
        right = self._value(node.expression, scope)
        for kind in (left, right):
            if kind.family not in (types.TEXT, types.UNKNOWN):
                raise self._mistake(node, f"compares {kind.word} with a pattern; expected a text")
        if not isinstance(right.constant, str):
            raise self._mistake(node, "has a pattern that is no text in quotes", "write the pattern out")
        trailing = len(right.constant) - len(right.constant.rstrip("\\"))
        if isinstance(node, exp.RegexpLike):
            self._pattern(node, right.constant)
        elif trailing % 2:
            raise self._mistake(node, f"has the pattern {right.constant!r}, which ends with its escape")
        return types.BOOL

    def _pattern(self, node: exp.Expr, pattern: str) -> None:
        mistake = pattern_mistake(pattern)
        if mistake:
            raise self._mistake(node, f"has the pattern {pattern!r}, which {mistake[0]}", mistake[1])

    def _escape(self, node: exp.Binary, left: SqlType, scope: Scope) -> SqlType:
        mark = node.expression
        if (
            not isinstance(node.this, (exp.Like, exp.ILike))
            or not isinstance(mark, exp.Literal)
            or len(mark.this) != 1
        ):
            raise self._mistake(node, "has an ESCAPE that is no single character after LIKE")
        pattern = str(node.this.expression.this)
        if (len(pattern) - len(pattern.rstrip(mark.this))) % 2:
            raise self._mistake(node, f"has the pattern {pattern!r}, which ends with its escape")
        return left

    def _is(self, node: exp.Binary, left: SqlType, scope: Scope) -> SqlType:
        if isinstance(node.expression, exp.Null):
            return types.BOOL
        if isinstance(node.expression, exp.Boolean) and left.family in (types.BOOLEAN, types.UNKNOWN):
            return types.BOOL
        raise self._mistake(node, f"has IS {node.expression.sql()} after {left.word}")

    def _joined(self, node: exp.Binary, left: SqlType, scope: Scope) -> SqlType:
        right = self._value(node.expression, scope)
        for kind in (left, right):
            if kind.family in (types.BOOLEAN, types.INTERVAL):
                raise self._mistake(node, f"has {kind.word} beside ||; expected a text")
        length = sum(kind.length if kind.family == types.TEXT else 40 for kind in (left, right))
        if length > LONGEST_VARCHAR:
            raise self._mistake(
                node, f"makes a text of up to {length:,} bytes; {LONGEST_VARCHAR:,} fit", _IN_MODEL
            )
        return SqlType(types.TEXT, length=length, is_aggregate=left.is_aggregate or right.is_aggregate)

    def _arithmetic(self, node: exp.Binary, left: SqlType, scope: Scope) -> SqlType:
        right = self._value(node.expression, scope)
        if {left.family, right.family} & {*types.MOMENTS, types.INTERVAL}:
            return self._on_moments(node, left, right)
        left, right = self._number(node, left), self._number(node, right)
        is_aggregate = left.is_aggregate or right.is_aggregate
        if isinstance(node, (exp.Div, exp.Mod)):
            self._divisor(node.expression, right)
        if types.FLOAT in (left.family, right.family):
            if isinstance(node, exp.Mod):
                raise self._mistake(node, "takes the rest of a float", "cast it in the model")
            return replace(types.DOUBLE, is_aggregate=is_aggregate)
        both_whole = left.family == right.family == types.INTEGER
        if isinstance(node, exp.Mod):
            return replace(right if both_whole else self._common(node, (left, right)), constant=None)
        if isinstance(node, exp.Div):
            return self._quotient(node, left, right, both_whole)
        if isinstance(node, exp.Mul):
            digits, scale = left.digits + right.digits, left.scale + right.scale
        else:
            scale = max(left.scale, right.scale)
            digits = max(left.digits - left.scale, right.digits - right.scale) + 1 + scale
        if both_whole:
            return self._whole_result(node, {"this": left, "expression": right}, digits)
        reckoned = (
            _redshift_digits(left) + _redshift_digits(right) + 1 if isinstance(node, exp.Mul) else digits
        )
        if max(digits, reckoned) > MOST_DIGITS and not is_aggregate:
            raise self._overflow(node)
        return SqlType(types.DECIMAL, min(digits, MOST_DIGITS), scale, is_aggregate=is_aggregate)

    def _quotient(self, node: exp.Binary, left: SqlType, right: SqlType, both_whole: bool) -> SqlType:
        is_aggregate = left.is_aggregate or right.is_aggregate
        if both_whole:
            if not is_aggregate and right.constant is None and left.constant is None:
                # the smallest BIGINT divided by -1 is none
                smallest = _cast_to(exp.Literal.string(str(-(2**63))), "BIGINT")
                wide = node.this if left.is_long else _cast_to(node.this, "BIGINT")
                node.set("this", _call("NULLIF", wide, smallest) if left.is_long else wide)
            return replace(left, constant=None, is_long=True, is_aggregate=is_aggregate)
        scale = max(4, left.scale + _redshift_digits(right) - right.scale + 1)
        digits = _redshift_digits(left) - left.scale + right.scale + scale
        if digits > MOST_DIGITS:
            # r_numeric_computations201 would take decimals away, and then overflow
            for key in ("this", "expression"):
                node.set(key, _cast_to(node.args[key], "DOUBLE PRECISION"))
            return replace(types.DOUBLE, is_aggregate=is_aggregate)
        return SqlType(types.DECIMAL, digits, scale, is_aggregate=is_aggregate)

    def _whole_result(self, node: exp.Expr, operands: Mapping[str, SqlType], digits: int) -> SqlType:
        """Reckon with whole numbers in a type that holds every result."""
        is_aggregate = any(kind.is_aggregate for kind in operands.values())
        if digits > MOST_DIGITS:
            if is_aggregate:
                return SqlType(types.DECIMAL, MOST_DIGITS, is_aggregate=True)
            raise self._overflow(node)
        if digits > _BIGINT_DIGITS:
            for key in operands:
                node.set(key, _cast_to(node.args[key], f"DECIMAL({digits}, 0)"))
            return SqlType(types.DECIMAL, digits, is_aggregate=is_aggregate)
        is_long = any(kind.is_long for kind in operands.values())
        if digits > _INTEGER_DIGITS and not is_long:
            node.set("this", _cast_to(node.this, "BIGINT"))
            is_long = True
        return SqlType(types.INTEGER, digits, is_long=is_long, is_aggregate=is_aggregate)

    def _overflow(self, node: exp.Expr) -> SqlMistake:
        return self._mistake(
            node, f"reckons with numbers that may need more than {MOST_DIGITS} digits, which fails", _IN_MODEL
        )

    def _divisor(self, node: exp.Expr, kind: SqlType) -> None:
        if isinstance(node, exp.Literal) and not node.is_string:
            if float(node.this) == 0:
                raise self._mistake(node, "divides by 0")
            return
        node.replace(_call("NULLIF", node.copy(), exp.Literal.number(0)))

    def _number(self, node: exp.Expr, kind: SqlType) -> SqlType:
        if isinstance(kind.constant, str):
            self._literal_fits(node, kind.constant, "double precision")
            return types.DOUBLE
        if kind.family == types.UNKNOWN:
            return types.WHOLE
        if not kind.is_number:
            raise self._mistake(node, f"reckons with {kind.word}; expected a number")
        return kind

    def _on_moments(self, node: exp.Binary, left: SqlType, right: SqlType) -> SqlType:
        is_sum, is_difference = isinstance(node, exp.Add), isinstance(node, exp.Sub)
        one, other = left.family, right.family
        if (is_sum or is_difference) and one == types.DATE and other == types.INTEGER:
            self._bounded_amount(node.expression, right)
            self._bounded_moment(node.this, left)
            return SqlType(types.DATE)
        if is_difference and one == other == types.DATE:
            return types.WHOLE
        if is_difference and left.is_moment and right.is_moment:
            return SqlType(types.INTERVAL)
        if (is_sum or is_difference) and left.is_moment and other == types.INTERVAL:
            self._bounded_moment(node.this, left)
            return SqlType(types.TIMESTAMP if one == types.DATE else one)
        if is_sum and one == types.INTERVAL and right.is_moment:
            self._bounded_moment(node.expression, right)
            return SqlType(types.TIMESTAMP if other == types.DATE else other)
        raise self._mistake(node, f"reckons with {left.word} and {right.word}")

    def _bounded_amount(self, node: exp.Expr, kind: SqlType) -> None:
        if isinstance(kind.constant, int):
            if abs(kind.constant) > _MOST_DAYS:
                raise self._mistake(node, f"has the amount {kind.constant:,}; at most {_MOST_DAYS:,}")
            return
        low, high = (exp.Literal.number(bound) for bound in (-_MOST_DAYS, _MOST_DAYS))
        self._bounded(node, low, high)

    def _bounded_moment(self, node: exp.Expr, kind: SqlType) -> None:
        if kind.constant is None and kind.family != types.UNKNOWN:
            low, high = (_cast_to(exp.Literal.string(day), "DATE") for day in (_FIRST_DAY, _LAST_DAY))
            self._bounded(node, low, high)

    def _bounded(self, node: exp.Expr, low: exp.Expr, high: exp.Expr) -> None:
        """Put null in place of what is beyond two bounds."""
        if sum(1 for _ in node.walk()) > _LARGEST_REPEATED:
            raise self._mistake(node, "adds to a date in too many steps", _IN_MODEL)
        within = exp.Between(this=node.copy(), low=low, high=high)
        node.replace(exp.Case(ifs=[exp.If(this=within, true=node.copy())]))

    # ------------------------------------------------------------------- others

    def _common(self, node: exp.Expr, kinds: Sequence[SqlType]) -> SqlType:
        found = types.NULL
        for kind in kinds:
            both = types.common(found, kind)
            if both is None:
                raise self._mistake(node, f"gives {found.word} or {kind.word}; expected one type")
            found = both
        return found

    def _only(self, node: exp.Expr, allowed: Iterable[str]) -> None:
        for key, value in node.args.items():
            if value and key not in allowed and key not in ("comments", "join_mark"):
                word = key.strip("_").replace("_", " ").upper()
                raise self._mistake(node, f"has {word}, which a rule can't have")

    def _beyond_row(self, node: exp.Expr) -> SqlMistake:
        return self._mistake(node, "looks beyond its own row; use a rule of `type: sql` for that")

    def _mistake(self, node: exp.Expr, message: str, hint: str = "") -> SqlMistake:
        return SqlMistake(f"{shown(self._text)} {message}", hint, line_of(node))


def _described(node: exp.Expr) -> str:
    return repr(" ".join(node.sql(dialect="redshift").split())[:40])


def _plain(node: exp.Expr) -> str:
    inner = node.this if isinstance(node, exp.Alias) else node
    return (
        inner.sql(dialect="redshift").lower().rpartition(".")[2]
        if isinstance(inner, exp.Column)
        else inner.sql().lower()
    )


def _is_aggregate(node: exp.Expr) -> bool:
    return (
        isinstance(node, exp.Anonymous)
        and node.name.lower() in AGGREGATES
        and not isinstance(node.parent, exp.Window)
    )


def _above(node: exp.Expr, top: exp.Expr) -> Iterable[exp.Expr]:
    while node is not top and node.parent is not None:
        node = node.parent
        yield node


def _has_aggregate(select: exp.Select) -> bool:
    having = select.args.get("having")
    parts = [*select.expressions, *([having] if having is not None else [])]
    return any(
        _is_aggregate(node)
        for part in parts
        for node in part.walk(prune=lambda inner: isinstance(inner, exp.Query))
    )


def _is_one_row(select: exp.Expr) -> bool:
    if not isinstance(select, exp.Select):
        return False
    if select.args.get("having") or select.args.get("group") or select.args.get("limit"):
        return False
    if select.args.get("from_") is None:
        return select.args.get("where") is None
    return _has_aggregate(select)


def _renamed(columns: Mapping[str, SqlType], node: exp.Expr) -> Mapping[str, SqlType]:
    alias = node.args.get("alias")
    names = alias.args.get("columns") if isinstance(alias, exp.TableAlias) else None
    if not names:
        return columns
    given = [name.name.lower() for name in names]
    return dict(zip([*given, *list(columns)[len(given) :]], columns.values(), strict=False))


def _physical(kind: SqlType) -> str:
    if kind.family == types.INTEGER:
        return "bigint"
    if kind.family in (types.DECIMAL, types.FLOAT):
        return "double precision"
    return kind.family


def _redshift_digits(kind: SqlType) -> int:
    """Return the precision with which Redshift reckons: of whole numbers their type's, whatever is written."""
    if kind.family == types.INTEGER:
        return 19 if kind.is_long else 10
    return kind.digits


def _cast_problem(kind: SqlType, target: SqlType) -> str:
    """Return why a cast fails for some values, or an empty text."""
    if kind.family == types.TEXT:
        return "" if target.family == types.TEXT else "it fails for a text that is none"
    if target.family == types.TEXT:
        if kind.family == types.BOOLEAN:
            return "Redshift has no such cast"
        return "" if target.length >= 64 else "it fails for a longer value; cast to varchar(64)"
    if kind.is_number and target.is_number:
        if target.family == types.FLOAT:
            return ""
        if kind.family == types.FLOAT:
            return "it fails for NaN and for large values"
        whole = target.digits - target.scale
        if target.family == types.INTEGER:
            whole = _BIGINT_DIGITS if target.is_long else _INTEGER_DIGITS
        rounded = 1 if kind.scale > target.scale else 0
        same = (
            target.family == types.INTEGER
            and kind.family == types.INTEGER
            and (target.is_long or not kind.is_long)
        )
        fits = (same and kind.digits <= target.digits) or kind.digits - kind.scale + rounded <= whole
        return "" if fits else "it fails for a value that is too large"
    if kind.is_moment and target.is_moment:
        return ""
    if {kind.family, target.family} == {types.BOOLEAN, types.INTEGER} or kind.family == target.family:
        return ""
    return "Redshift has no such cast"


def _cast_to(node: exp.Expr, written: str) -> exp.Expr:
    inner = node.copy()
    return exp.Cast(this=inner, to=exp.DataType.build(written, dialect="redshift"))


def _call(name: str, *arguments: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this=name, expressions=[argument.copy() for argument in arguments])


_Leaf = Callable[[Binder, exp.Expr, Scope], SqlType]
_Operation = Callable[[Binder, exp.Binary, SqlType, Scope], SqlType]


def _constant(kind: SqlType) -> _Leaf:
    return lambda binder, node, scope: kind


_LEAVES: dict[type[exp.Expr], _Leaf] = {
    exp.Literal: Binder._literal,
    exp.Null: _constant(types.NULL),
    exp.Boolean: _constant(types.BOOL),
    exp.Column: Binder._column,
    exp.Paren: Binder._inner,
    exp.Not: Binder._not,
    exp.Neg: Binder._negative,
    exp.Case: Binder._case,
    exp.Cast: Binder._cast,
    exp.Between: Binder._between,
    exp.In: Binder._in,
    exp.Exists: Binder._exists,
    exp.Subquery: Binder._subquery,
    exp.Interval: Binder._interval,
    exp.AtTimeZone: Binder._at_time_zone,
    exp.Anonymous: Binder._call,
    exp.Window: Binder._window,
    exp.Extract: Binder._extract,
    exp.Substring: Binder._substring,
    exp.Trim: Binder._trim,
    exp.StrPosition: Binder._position,
    exp.CurrentDate: Binder._pseudo,
    exp.CurrentTime: Binder._pseudo,
    exp.CurrentTimestamp: Binder._pseudo,
    exp.CurrentUser: Binder._pseudo,
    exp.Localtime: Binder._pseudo,
    exp.Localtimestamp: Binder._pseudo,
}
_BINARY: dict[type[exp.Expr], _Operation] = {
    **dict.fromkeys((exp.And, exp.Or), Binder._logical),
    **dict.fromkeys((exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE), Binder._comparison),
    **dict.fromkeys((exp.Like, exp.ILike, exp.SimilarTo, exp.RegexpLike), Binder._like),
    **dict.fromkeys((exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod), Binder._arithmetic),
    exp.Escape: Binder._escape,
    exp.Is: Binder._is,
    exp.DPipe: Binder._joined,
}
