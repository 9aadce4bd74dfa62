"""Date and time functions ("Date and time functions" in the Developer Guide)."""

from __future__ import annotations

from local.engines.redshift import errors, types
from local.engines.redshift.dialect import casts, formats
from local.engines.redshift.dialect.functions.registry import Call, scalar, simple
from local.engines.redshift.dialect.typed import Typed, quote_text
from local.engines.redshift.errors import SqlError, raising_with, unsupported
from local.engines.redshift.types import BIGINT, DATE, DOUBLE, INTEGER, TIMESTAMP, TIMESTAMPTZ

# "Date parts for date or timestamp functions": every spelling, to one name.
_PARTS = {
    "millennium": "millennium", "millennia": "millennium", "mil": "millennium", "mils": "millennium",
    "century": "century", "centuries": "century", "c": "century", "cent": "century", "cents": "century",
    "decade": "decade", "decades": "decade", "dec": "decade", "decs": "decade",
    "epoch": "epoch",
    "year": "year", "years": "year", "y": "year", "yr": "year", "yrs": "year", "yyyy": "year", "yy": "year",
    "quarter": "quarter", "quarters": "quarter", "qtr": "quarter", "qtrs": "quarter",
    "month": "month", "months": "month", "mon": "month", "mons": "month",
    "week": "week", "weeks": "week", "w": "week",
    "dayofweek": "dow", "dow": "dow", "dw": "dow", "weekday": "dow",
    "dayofyear": "doy", "doy": "doy", "dy": "doy", "yearday": "doy",
    "day": "day", "days": "day", "d": "day",
    "hour": "hour", "hours": "hour", "h": "hour", "hr": "hour", "hrs": "hour",
    "minute": "minute", "minutes": "minute", "m": "minute", "min": "minute", "mins": "minute",
    "second": "second", "seconds": "second", "s": "second", "sec": "second", "secs": "second",
    "millisecond": "millisecond", "milliseconds": "millisecond", "ms": "millisecond", "msec": "millisecond",
    "msecs": "millisecond", "msecond": "millisecond", "mseconds": "millisecond", "millisec": "millisecond",
    "millisecs": "millisecond", "millisecon": "millisecond",
    "microsecond": "microsecond", "microseconds": "microsecond", "microsec": "microsecond",
    "microsecs": "microsecond", "microsecon": "microsecond", "usecond": "microsecond", "useconds": "microsecond",
    "us": "microsecond", "usec": "microsecond", "usecs": "microsecond",
}  # fmt: skip


def _part(call: Call) -> str:
    word = call.keyword(0)
    part = _PARTS.get(word)
    if part is None:
        raise SqlError(errors.INVALID_PARAMETER, f'timestamp units "{word}" not recognized')
    return part


def _moment(call: Call, position: int) -> Typed:
    """An argument as date, timestamp, timestamptz or time."""
    value = call.argument(position)
    if value.is_null or value.type.name in ("unknown", "varchar", "char"):
        return casts.cast(value, TIMESTAMP)
    if value.type.name not in ("date", "timestamp", "timestamptz", "time", "timetz", "interval"):
        raise call.missing([types.UNKNOWN, value.type])
    return value


def _timestamp(value: Typed) -> str:
    return value.sql if value.type.name in ("timestamp", "time") else casts.cast(value, TIMESTAMP).sql


@scalar("date_trunc")
def _date_trunc(call: Call) -> Typed:
    """Always a timestamp, of a date too."""
    call.count(2)
    part, value = _part(call), _moment(call, 1)
    if part in ("dow", "doy", "epoch"):
        raise SqlError(errors.INVALID_PARAMETER, f'timestamp units "{part}" not supported')
    sql = f"date_trunc('{part}', {_timestamp(value)})"
    if part in ("century", "millennium"):
        sql = f"rs_period_start({_timestamp(value)}, {part}({_timestamp(value)}), {_YEARS[part]})"
    if value.type.name == "timestamptz":
        return call.result(f"timezone('UTC', {sql})", TIMESTAMPTZ)
    return call.result(sql, TIMESTAMP)


_YEARS = {"millennium": 1000, "century": 100, "decade": 10, "year": 1}
_ADDERS = {
    "quarter": ("to_months", 3), "month": ("to_months", 1), "week": ("to_days", 7),
    "day": ("to_days", 1), "dow": ("to_days", 1), "doy": ("to_days", 1), "hour": ("to_hours", 1),
    "minute": ("to_minutes", 1), "second": ("to_seconds", 1), "millisecond": ("to_milliseconds", 1),
    "microsecond": ("to_microseconds", 1), "epoch": ("to_seconds", 1),
}  # fmt: skip


@scalar("dateadd", "date_add")
def _dateadd(call: Call) -> Typed:
    """DATEADD(part, number, value): a timestamp, of a date too."""
    call.count(3)
    part, amount, value = _part(call), call.argument(1), _moment(call, 2)
    if amount.type.name == "unknown":
        amount = casts.cast(amount, INTEGER)
    if not amount.type.is_number:
        raise call.missing([types.UNKNOWN, amount.type, value.type])
    if not amount.type.is_integer:
        amount = casts.cast(amount, INTEGER)
    kind = value.type if value.type.name in ("time", "timestamptz") else TIMESTAMP
    base = value.sql if kind == value.type else _timestamp(value)
    if part in _YEARS:
        # "DATEADD": a year after 29 February is 1 March, unlike twelve months after it.
        return Typed(
            f"rs_add_years({base}, CAST({amount.sql} AS INTEGER) * {_YEARS[part]})", kind, name="date_add"
        )
    function, factor = _ADDERS[part]
    number = f"CAST({amount.sql} AS {'INTEGER' if function in ('to_months', 'to_days') else 'BIGINT'})"
    interval = f"{function}({number}{f' * {factor}' if factor > 1 else ''})"
    return Typed(f"({base} + {interval})", kind, name="date_add")


@scalar("datediff", "date_diff")
def _datediff(call: Call) -> Typed:
    """The number of part boundaries between two moments; weeks begin on Sunday."""
    call.count(3)
    part, first, second = _part(call), _moment(call, 1), _moment(call, 2)
    one, other = _timestamp(first), _timestamp(second)
    if part == "week":
        return Typed(f"(rs_weeks({other}) - rs_weeks({one}))", BIGINT, name="date_diff")
    if part in ("century", "millennium"):
        # They begin with the year 1 of theirs ("Date parts for date or timestamp functions").
        return Typed(f"({part}({other}) - {part}({one}))", BIGINT, name="date_diff")
    part = {"dow": "day", "doy": "day", "epoch": "second"}.get(part, part)
    return Typed(f"date_diff('{part}', {one}, {other})", BIGINT, name="date_diff")


_EXTRACTED = {
    "epoch": "epoch({0})", "millisecond": "(millisecond({0}) % 1000)", "microsecond": "(microsecond({0}) % 1000000)",
    "second": "second({0})", "millennium": "millennium({0})", "century": "century({0})", "decade": "(decade({0}) + 1)",
    "year": "year({0})", "quarter": "quarter({0})", "month": "month({0})", "week": "week({0})", "dow": "dayofweek({0})",
    "doy": "dayofyear({0})", "day": "day({0})", "hour": "hour({0})", "minute": "minute({0})",
}  # fmt: skip


def _extracted(part: str, value: Typed) -> str:
    return _EXTRACTED[part].format(
        value.sql if value.type.name in ("time", "interval", "timestamp", "date") else _timestamp(value)
    )


@scalar("date_part", "pgdate_part", "date_part_year")
def _date_part(call: Call) -> Typed:
    if call.name == "date_part_year":
        (value,) = call.take("date")
        return call.result(f"CAST(year({value.sql}) AS INTEGER)", INTEGER)
    call.count(2)
    part, value = _part(call), _moment(call, 1)
    fractions = {"second": 1e6, "millisecond": 1e3, "microsecond": 1.0}
    if part in fractions and value.type.name != "interval":
        # The whole seconds portion with its fraction, in the unit asked for.
        moment = value.sql if value.type.name == "time" else _timestamp(value)
        return Typed(
            f"(microsecond({moment}) / CAST({fractions[part]} AS DOUBLE))", DOUBLE, name="pgdate_part"
        )
    return Typed(f"CAST({_extracted(part, value)} AS DOUBLE)", DOUBLE, name="pgdate_part")


@scalar("extract")
def _extract(call: Call) -> Typed:
    call.count(2)
    part = _part(call)
    kind = BIGINT if part == "epoch" else INTEGER
    inner = _extracted(part, _moment(call, 1))
    if part == "epoch":
        inner = f"trunc({inner})"
    return Typed(f"CAST({inner} AS {kind.duckdb})", kind, name="date_part")


@scalar("getdate", "sysdate", "now")
def _now(call: Call) -> Typed:
    call.count(0)
    if call.name == "now":
        call.scope.compilation.leader_function = "now"
        value = call.scope.compilation.environment.session_value("sysdate")
        return call.result(casts.cast(value, TIMESTAMPTZ).sql, TIMESTAMPTZ)
    return call.scope.compilation.environment.session_value(call.name)


simple("last_day", "date", DATE, "last_day(CAST({0} AS DATE))")
simple("add_months", "date integer", TIMESTAMP, "rs_add_months({0}, {1})")
simple("months_between", "date date", DOUBLE, "rs_months_between({0}, {1})")
simple("date_cmp", "date date", INTEGER, "CAST(sign(CAST({0} AS DATE) - CAST({1} AS DATE)) AS INTEGER)")
simple(
    "timestamp_cmp",
    "timestamp timestamp",
    INTEGER,
    "CAST(CASE WHEN {0} < {1} THEN -1 WHEN {0} > {1} THEN 1 WHEN {0} = {1} THEN 0 END AS INTEGER)",
)

_WEEKDAYS = ("su", "mo", "tu", "we", "th", "fr", "sa")


@scalar("next_day")
def _next_day(call: Call) -> Typed:
    call.count(2)
    value, day = _moment(call, 0), call.constant_text(1).lower()
    if day[:2] not in _WEEKDAYS:
        raise SqlError(errors.INVALID_PARAMETER, f'"{day}" is not a day of the week')
    target = _WEEKDAYS.index(day[:2])
    base = f"CAST({_timestamp(value)} AS DATE)"
    return call.result(f"({base} + CAST((({target} - dayofweek({base}) + 6) % 7) + 1 AS INTEGER))", DATE)


@scalar("convert_timezone")
def _convert_timezone(call: Call) -> Typed:
    """CONVERT_TIMEZONE([source,] target, timestamp)."""
    call.count(2, 3)
    zones = [call.constant_text(position) for position in range(len(call.nodes) - 1)]
    value = _moment(call, len(call.nodes) - 1)
    source, target = zones if len(zones) == 2 else ["UTC", zones[0]]
    return call.result(
        f"timezone({quote_text(target)}, timezone({quote_text(source)}, {_timestamp(value)}))", TIMESTAMP
    )


@scalar("timezone")
def _timezone(call: Call) -> Typed:
    call.count(2)
    zone, value = call.constant_text(0), _moment(call, 1)
    if value.type.name == "timestamptz":
        return call.result(f"timezone({quote_text(zone)}, {value.sql})", TIMESTAMP)
    return call.result(f"timezone({quote_text(zone)}, {_timestamp(value)})", TIMESTAMPTZ)


@scalar("to_char")
def _to_char(call: Call) -> Typed:
    call.count(2)
    value, pattern = call.argument(0), call.constant_text(1)
    if value.type.is_number:
        return call.result(formats.number_to_text(value, pattern), types.varchar(64))
    if value.type.name == "unknown":
        raise call.missing([value.type, types.UNKNOWN])
    return call.result(formats.moment_to_text(_timestamp(_moment(call, 0)), pattern), types.varchar(128))


@scalar("to_date")
def _to_date(call: Call) -> Typed:
    call.count(2, 3)
    text = call.argument(0)
    if not text.type.is_text:
        raise call.missing([text.type, types.UNKNOWN])
    pattern, strict = call.constant_text(1), len(call.nodes) > 2 and call.argument(2).sql == "TRUE"
    fields = None if strict else formats.numeric_date_fields(pattern)
    if fields is not None:
        # Without is_strict a day that its month lacks runs into the next month: 31 June is 1 July.
        names = ", ".join(quote_text(each) for each in fields.names)
        read = f"regexp_extract({text.sql}, {quote_text(fields.expression)}, [{names}])"
        wrong = raising_with(errors.INVALID_DATETIME, 'invalid value for the format: "', text.sql, '"')
        return call.result(
            f"CASE WHEN {text.sql} IS NOT NULL THEN coalesce(rs_lenient_date({read}), {wrong}) END", DATE
        )
    return call.result(f"CAST(strptime({text.sql}, {quote_text(formats.parsing(pattern))}) AS DATE)", DATE)


@scalar("to_timestamp")
def _to_timestamp(call: Call) -> Typed:
    call.count(2, 3)
    text = call.argument(0)
    if not text.type.is_text:
        raise call.missing([text.type, types.UNKNOWN])
    pattern = quote_text(formats.parsing(call.constant_text(1)))
    return call.result(f"timezone('UTC', CAST(strptime({text.sql}, {pattern}) AS TIMESTAMP))", TIMESTAMPTZ)


@scalar("to_number")
def _to_number(call: Call) -> Typed:
    text, _ = call.take("text", "text")
    precision, scale, separators = formats.number_shape(call.constant_text(1))
    kind = types.numeric(precision, scale)
    removed = quote_text(separators + "$ +-")
    digits = (
        f"CASE WHEN contains({text.sql}, '-') THEN '-' ELSE '' END || translate({text.sql}, {removed}, '')"
    )
    return call.result(f"CAST({digits} AS {kind.duckdb})", kind)


@scalar("date", "timestamp", "time")
def _conversion_function(call: Call) -> Typed:
    call.count(1)
    if call.name != "date":
        raise unsupported(f"function {call.name}")
    return call.result(casts.cast(call.argument(0), DATE).sql, DATE)


@scalar("timeofday")
def _timeofday(call: Call) -> Typed:
    call.count(0)
    call.scope.compilation.leader_function = "timeofday"
    value = call.scope.compilation.environment.session_value("sysdate")
    return call.result(f"strftime({value.sql}, '%a %b %d %H:%M:%S.%f %Y UTC')", types.varchar(64))
