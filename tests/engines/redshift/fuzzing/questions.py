"""Queries with the answers that the documentation gives them, made by Hypothesis."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from tests.engines.redshift.fuzzing import oracle
from tests.engines.redshift.fuzzing.engine import Answer, Row
from tests.engines.redshift.fuzzing.oracle import Number, Truth

OVERFLOW, ZERO = "22003", "22012"


@dataclass(frozen=True)
class Question:
    """A query and its right answer.

    Attributes:
        rows: expected, in any order unless the query sorts them; trailing blanks of texts count only in `exact`.
        types: expected types of the columns, or empty when they are not checked.
        sqlstate: of the expected error, or empty.
        open: whether an overflow is right too, since the documentation leaves the size of intermediate results open.
    """

    sql: str
    rows: tuple[Row, ...] = ()
    types: tuple[str, ...] = ()
    sqlstate: str = ""
    exact: bool = True
    open: bool = False

    def fault(self, answer: Answer) -> str | None:
        """What is wrong with an answer, or None."""
        if self.open and answer.sqlstate == OVERFLOW:
            return None
        if answer.sqlstate != self.sqlstate:
            return (
                f"expected {self.sqlstate or self.rows}, got {answer.sqlstate} {answer.message} {answer.rows}"
            )
        if self.types and not self.sqlstate and answer.types != self.types:
            return f"expected types {self.types}, got {answer.types}"
        if not self.sqlstate and sorted(map(self._shown, answer.rows)) != sorted(map(self._shown, self.rows)):
            return f"expected {self.rows}, got {answer.rows}"
        return None

    def _shown(self, row: Row) -> tuple[tuple[bool, str], ...]:
        return tuple(
            (each is None, "" if each is None else each if self.exact else each.rstrip(" ")) for each in row
        )


def table(columns: dict[str, str], rows: list[tuple[str, ...]]) -> str:
    """A derived table of SQL values, each cast to its column's type."""
    selects = [
        "select "
        + ", ".join(
            f"cast({value} as {kind}) as {name}"
            for (name, kind), value in zip(columns.items(), row, strict=True)
        )
        for row in rows
    ]
    return f"({' union all '.join(selects)}) as t"


def literal(value: str | int | None) -> str:
    """A text or whole number as SQL."""
    if value is None:
        return "null"
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


# Numbers


@st.composite
def numbers(draw: DrawFn, like: Number | None = None) -> Number:
    """A number of a type."""
    if like is None:
        name = draw(st.sampled_from(["numeric", "numeric", "numeric", "integer", "bigint"]))
        precision = draw(st.sampled_from([3, 5, 10, 12, 18, 25, 30, 38]))
        scale = draw(st.integers(0, min(precision, 18)))
    else:
        name, precision, scale = like.name, like.precision, like.scale
    if draw(st.integers(0, 9)) == 0:
        return Number(None, name, *((precision, scale) if name == "numeric" else ()))
    if name != "numeric":
        limit = oracle.INTEGERS[name][1] - 1
        whole = draw(st.one_of(st.integers(-20, 20), st.integers(-limit, limit)))
        return Number(Decimal(whole), name)
    limit = 10**precision - 1
    units = draw(st.one_of(st.integers(-min(999, limit), min(999, limit)), st.integers(-limit, limit)))
    return Number(Decimal(units).scaleb(-scale, oracle.EXACT), name, precision, scale)


def _sql_of(number: Number) -> str:
    return f"cast({literal(number.text)} as {number.type.replace('numeric', 'decimal')})"


def _answered(sql: str, compute: Callable[[], tuple[tuple[Row, ...], tuple[str, ...]]]) -> Question | None:
    try:
        rows, types = compute()
    except oracle.Overflow:
        return Question(sql, sqlstate=OVERFLOW)
    except oracle.DivisionByZero:
        return Question(sql, sqlstate=ZERO)
    except oracle.Unsaid:
        return None
    return Question(sql, rows, types)


def _some(question: Question | None) -> bool:
    return question is not None


@st.composite
def _arithmetic(draw: DrawFn) -> Question | None:
    """A small expression of numbers: type, value, overflow."""
    parts = [draw(numbers()) for _ in range(draw(st.integers(2, 3)))]
    operators = [draw(st.sampled_from("+-*/")) for _ in parts[1:]]
    sql = _sql_of(parts[0])
    for operator, part in zip(operators, parts[1:], strict=True):
        sql = f"({sql} {operator} {_sql_of(part)})"

    def compute() -> tuple[tuple[Row, ...], tuple[str, ...]]:
        result = parts[0]
        for operator, part in zip(operators, parts[1:], strict=True):
            result = oracle.compute(result, operator, part)
        return ((result.text,),), (result.type,)

    question = _answered(f"select {sql}", compute)
    if question is not None and question.sqlstate and any(each.value is None for each in parts):
        # Whether an error beside a null is met is left open.
        return None
    return question


@st.composite
def _aggregates(draw: DrawFn) -> Question | None:
    """SUM, AVG, MEDIAN and COUNT, and quotients of them, over a small table."""
    like, other = draw(numbers()), draw(numbers())
    rows = [(draw(numbers(like)), draw(numbers(other))) for _ in range(draw(st.integers(1, 5)))]
    source = table(
        {"a": like.type, "b": other.type}, [(literal(one.text), literal(two.text)) for one, two in rows]
    )
    ones, twos = [one for one, _ in rows], [two for _, two in rows]
    count = Number(Decimal(sum(1 for each in ones if each.value is not None)), "bigint")
    kind = draw(st.sampled_from(["sum", "avg", "sum/sum", "sum/count", "share", "median"]))
    if kind == "median":
        middle = oracle.median(ones)

        def shown() -> tuple[tuple[Row, ...], tuple[str, ...]]:
            if middle is not None and abs(middle.scaleb(like.scale + 1, oracle.EXACT)) * 4 >= 10**38:
                raise oracle.Unsaid
            return ((f"{oracle.fixed(middle, like.scale + 1):f}" if middle is not None else None,),), ()

        return _answered(f"select median(a) from {source}", shown)
    if kind == "share":

        def shares() -> tuple[tuple[Row, ...], tuple[str, ...]]:
            every = [oracle.compute(each, "/", oracle.total(ones, like)) for each in ones]
            return tuple((each.text,) for each in every), (every[0].type,)

        return _answered(f"select a / sum(a) over () from {source}", shares)
    sql = {"sum": "sum(a)", "avg": "avg(a)", "sum/sum": "sum(a) / sum(b)", "sum/count": "sum(a) / count(a)"}[
        kind
    ]

    def compute() -> tuple[tuple[Row, ...], tuple[str, ...]]:
        if kind == "avg":
            oracle.total(ones, like)
            result = oracle.average(ones, like)
        else:
            result = oracle.total(ones, like)
        if kind == "sum/sum":
            result = oracle.compute(result, "/", oracle.total(twos, other))
        elif kind == "sum/count":
            result = oracle.compute(result, "/", count)
        return ((result.text,),), (result.type,)

    return _answered(f"select {sql} from {source}", compute)


# Texts

TEXTS = st.one_of(st.none(), st.text("ab ", max_size=4), st.sampled_from(["a", "a ", "a  ", "b", ""]))


def _first(values: list[str | None]) -> dict[object, str | None]:
    return {oracle.key(each): each for each in reversed(values)}


@st.composite
def _texts(draw: DrawFn) -> Question:
    """Equality, grouping and counting of texts agree."""
    rows = draw(st.lists(st.tuples(TEXTS, st.integers(0, 3)), min_size=1, max_size=6))
    others = draw(st.lists(TEXTS, min_size=1, max_size=4))
    one = table({"x": "varchar(8)", "y": "int"}, [(literal(x), literal(y)) for x, y in rows])
    two = table({"x": "varchar(8)"}, [(literal(x),) for x in others])
    values = [x for x, _ in rows]
    known = {oracle.key(x) for x in values if x is not None}
    kind = draw(
        st.sampled_from(
            [
                "count",
                "group",
                "distinct",
                "union",
                "except",
                "intersect",
                "partition",
                "listagg",
                "where",
                "rank",
            ]
        )
    )
    if kind == "count":
        return Question(f"select count(distinct x) from {one}", ((str(len(known)),),), ("bigint",))
    if kind == "group":
        groups: dict[object, list[int]] = {}
        for x, y in rows:
            groups.setdefault(oracle.key(x), []).append(y)
        shown = tuple((None if k is None else str(k), str(len(ys)), str(sum(ys))) for k, ys in groups.items())
        return Question(f"select x, count(*), sum(y) from {one} group by x", shown, exact=False)
    if kind == "distinct":
        pairs = {(oracle.key(x), y) for x, y in rows}
        shown_pairs = tuple((None if x is None else str(x), str(y)) for x, y in pairs)
        return Question(f"select distinct x, y from {one}", shown_pairs, exact=False)
    if kind in ("union", "except", "intersect"):
        left, right = set(_first(values)), set(_first(others))
        found = {"union": left | right, "except": left - right, "intersect": left & right}[kind]
        sql = f"select x from {one} {kind} select x from {two}"
        return Question(sql, tuple((None if x is None else str(x),) for x in found), exact=False)
    if kind == "partition":
        sizes = [sum(oracle.key(other) == oracle.key(x) for other in values) for x in values]
        sql = f"select x, count(*) over (partition by x) from {one}"
        return Question(sql, tuple((x, str(n)) for x, n in zip(values, sizes, strict=True)))
    if kind == "listagg":
        # "NULL values and empty strings are ignored."
        joined = ",".join(sorted(map(str, known - {""}))) or None
        return Question(
            f"select listagg(distinct x, ',') within group (order by x) from {one}", ((joined,),), exact=False
        )
    if kind == "rank":
        texts = [x for x in values if x is not None]
        ranks = tuple((x, str(1 + sum(o.rstrip(" ") < x.rstrip(" ") for o in texts))) for x in texts)
        return Question(f"select x, rank() over (order by x) from {one} where x is not null", ranks)
    sought = draw(TEXTS)
    matching = tuple((x, str(y)) for x, y in rows if oracle.equal(x, sought))
    return Question(f"select x, y from {one} where x = {literal(sought)}", matching)


# Three-valued logic

SMALL = st.one_of(st.none(), st.integers(0, 2))
_SHOWN: dict[Truth, str | None] = {True: "t", False: "f", None: None}
Condition = tuple[str, Callable[[tuple[int | None, int | None]], Truth]]


@st.composite
def _conditions(draw: DrawFn, depth: int = 2) -> Condition:
    kind = draw(
        st.sampled_from(["in", "list", "equal", "scalar", "subquery"] + ["and", "or", "not"] * (depth > 0))
    )
    if kind == "not":
        sql, truth_of = draw(_conditions(depth - 1))
        return f"(not {sql})", lambda row: oracle.negation(truth_of(row))
    if kind in ("and", "or"):
        (sql, truth_of), (sql2, truth_of_other) = draw(_conditions(depth - 1)), draw(_conditions(depth - 1))
        join = oracle.conjunction if kind == "and" else oracle.disjunction
        return f"({sql} {kind} {sql2})", lambda row: join([truth_of(row), truth_of_other(row)])
    negated = draw(st.booleans())
    word = "not in" if negated else "in"

    def maybe_not(value: Truth) -> Truth:
        return oracle.negation(value) if negated else value

    if kind == "equal":
        pair = (draw(SMALL), draw(SMALL))
        sign = "<>" if negated else "="
        return (
            f"((a, b) {sign} ({literal(pair[0])}, {literal(pair[1])}))",
            lambda row: maybe_not(oracle.rows_equal(row, pair)),
        )
    if kind in ("scalar", "subquery"):
        items = draw(st.lists(SMALL, min_size=1, max_size=3))
        if kind == "scalar":
            listed = ", ".join(map(literal, items))
        else:
            listed = "select u from " + table({"u": "int"}, [(literal(each),) for each in items])
        return f"(a {word} ({listed}))", lambda row: maybe_not(
            oracle.in_rows(row[:1], [(each,) for each in items])
        )
    pairs = draw(st.lists(st.tuples(SMALL, SMALL), min_size=1, max_size=3))
    if kind == "list":
        listed = ", ".join(f"({literal(x)}, {literal(y)})" for x, y in pairs)
        return f"((a, b) {word} ({listed}))", lambda row: maybe_not(oracle.in_rows(row, pairs))
    source = table({"u": "int", "v": "int"}, [(literal(x), literal(y)) for x, y in pairs])
    where, remaining = "", pairs
    if draw(st.booleans()):
        least = draw(st.integers(0, 3))
        where, remaining = (
            f" where u >= {least}",
            [each for each in pairs if each[0] is not None and each[0] >= least],
        )
    return (
        f"((a, b) {word} (select u, v from {source}{where}))",
        lambda row: maybe_not(oracle.in_rows(row, remaining)),
    )


@st.composite
def _logic(draw: DrawFn) -> Question:
    """Conditions over rows and lists with nulls, as a value and in WHERE and CASE."""
    rows = draw(st.lists(st.tuples(SMALL, SMALL), min_size=1, max_size=4))
    sql, truth_of = draw(_conditions())
    source = table({"a": "int", "b": "int"}, [(literal(a), literal(b)) for a, b in rows])
    shown = [
        (None if a is None else str(a), None if b is None else str(b), truth_of((a, b))) for a, b in rows
    ]
    kind = draw(st.sampled_from(["value", "where", "case"]))
    if kind == "value":
        answers = tuple((a, b, _SHOWN[truth]) for a, b, truth in shown)
        return Question(f"select a, b, {sql} from {source}", answers)
    if kind == "where":
        return Question(
            f"select a, b from {source} where {sql}", tuple((a, b) for a, b, truth in shown if truth)
        )
    return Question(
        f"select a, b, case when {sql} then 'y' else 'n' end from {source}",
        tuple((a, b, "y" if truth else "n") for a, b, truth in shown),
    )


# Dates

_FIRST, _LAST = datetime.datetime(1900, 1, 1), datetime.datetime(2100, 12, 31)  # noqa: DTZ001  (timestamps without time zone)
_EDGES = tuple(
    map(datetime.datetime.fromisoformat, ("2016-02-29", "2000-12-31 23:59:59", "2001-01-01", "1999-12-31"))
)
MOMENTS = st.one_of(st.datetimes(_FIRST, _LAST), st.sampled_from(_EDGES)).map(
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
)
_DATES = (
    "%Y-%m-%d", "%m/%d/%Y", "%B %d, %Y", "%Y-%b-%d", "%b-%d-%Y", "%d-%b-%Y", "%Y%m%d", "%Y.%j",
)  # fmt: skip
_CLOCKS = ("%H:%M:%S", "%H:%M:%S.%f", "%H:%M", "%H%M%S", "%I:%M %p")


def _stamp(moment: datetime.datetime) -> str:
    return f"timestamp '{moment.isoformat(' ')}'"


@st.composite
def _dates(draw: DrawFn) -> Question:
    """Literals as the documentation writes them, DATEADD, DATEDIFF, EXTRACT."""
    moment = draw(MOMENTS)
    kind = draw(st.sampled_from(["date", "timestamp", "column", "add", "diff", "extract", "text"]))
    if kind == "date":
        text = moment.strftime(draw(st.sampled_from(_DATES)))
        return Question(f"select '{text}'::date", ((moment.date().isoformat(),),), ("date",))
    if kind in ("timestamp", "column"):
        clock = draw(st.sampled_from(_CLOCKS))
        text = moment.strftime(f"{draw(st.sampled_from(_DATES))} {clock}")
        remaining = moment if "%f" in clock else moment.replace(microsecond=0)
        remaining = remaining if "S" in clock else remaining.replace(second=0)
        source = f" from {table({'a': 'varchar(60)'}, [(literal(text),)])}" if kind == "column" else ""
        return Question(
            f"select {'a' if source else literal(text)}::timestamp{source}",
            ((oracle.moment_text(remaining),),),
        )
    if kind == "text":
        remaining = moment.replace(microsecond=draw(st.sampled_from([0, 900_000, 990_000, 120, 123_000])))
        return Question(f"select {_stamp(remaining)}::varchar", ((oracle.moment_text(remaining),),))
    if kind == "add":
        part = draw(
            st.sampled_from(
                ["century", "decade", "year", "quarter", "month", "week", "day", "hour", "minute", "second"]
            )
        )
        amount = draw(st.integers(-8, 8))
        later = oracle.moment_text(oracle.date_add(part, amount, moment))
        return Question(f"select dateadd({part}, {amount}, {_stamp(moment)})", ((later,),))
    other = draw(MOMENTS)
    part = draw(
        st.sampled_from(
            [
                "mil",
                "century",
                "decade",
                "year",
                "quarter",
                "month",
                "week",
                "day",
                "hour",
                "minute",
                "second",
            ]
        )
    )
    if kind == "diff":
        return Question(
            f"select datediff({part}, {_stamp(moment)}, {_stamp(other)})",
            ((str(oracle.date_diff(part, moment, other)),),),
            ("bigint",),
        )
    part = draw(st.sampled_from([part, "dow", "doy"]))
    return Question(f"select extract({part} from {_stamp(moment)})", ((str(oracle.extract(part, moment)),),))


# Casts


@st.composite
def _casts(draw: DrawFn) -> Question | None:
    """Numbers and texts from one type to another."""
    kind = draw(st.sampled_from(["decimal", "read", "shown", "cut", "integer"]))
    if kind == "cut":
        text, length = draw(st.text("aé€ ", max_size=6)), draw(st.integers(1, 8))
        return Question(
            f"select cast({literal(text)} as varchar({length}))", ((oracle.cut_bytes(text, length),),)
        )
    number = draw(numbers())
    precision = draw(st.sampled_from([3, 5, 12, 18, 38]))
    scale = draw(st.integers(0, min(precision, 12)))
    source = table({"a": number.type}, [(literal(number.text),)])
    if kind == "shown":
        return Question(f"select cast(a as varchar(60)) from {source}", ((number.text,),))
    if kind == "integer":
        if number.name == "numeric":
            return None
        name = draw(st.sampled_from(["smallint", "integer", "bigint"]))
        return _answered(
            f"select cast(a as {name}) from {source}",
            lambda: (((oracle.integer(number.value, name).text,),), (name,)),
        )

    def compute() -> tuple[tuple[Row, ...], tuple[str, ...]]:
        value = number.value
        if value is not None:
            # "the results of explicit casts of values selected from tables" are cut, texts are rounded.
            value = oracle.rounded(value, scale) if kind == "read" else oracle.fixed(value, scale)
        result = oracle.numeric(value, precision, scale)
        return ((result.text,),), (result.type,)

    if kind == "read":
        return _answered(f"select cast({literal(number.text)} as decimal({precision},{scale}))", compute)
    return _answered(f"select cast(a as decimal({precision},{scale})) from {source}", compute)


def _definite(strategy: SearchStrategy[Question | None]) -> SearchStrategy[Question]:
    return strategy.filter(_some).map(lambda question: question or Question(""))


SUBJECTS: dict[str, SearchStrategy[Question]] = {
    "arithmetic": _definite(_arithmetic()),
    "aggregates": _definite(_aggregates()),
    "texts": _texts(),
    "logic": _logic(),
    "dates": _dates(),
    "casts": _definite(_casts()),
}
