"""Functions of Redshift that a contract's SQL may call, with what they take and give.

Source: Amazon Redshift Database Developer Guide, "SQL functions reference". Three kinds of Redshift's functions are left out on
purpose: what says something else when it is asked again (the clock, chance, who asks), what fails for some values (a rule is
tested on all rows at once, so one value would hold up all of them), and what no rule has needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Signature:
    """What a function takes, and what it gives.

    A word for each argument: ``text``, ``integer``, ``number``, ``moment``, ``boolean``, ``any``; ``same``, one type with the
    other ``same`` ones; ``count`` and ``position``, a whole number written out, from 0 and from 1; ``bits``, 0 or 256; ``pattern``, ``constant``
    and ``zone``, a text written out; ``part``, a word such as ``day``. ``?`` after a word: it may be left out; ``*``: any number.
    """

    arguments: tuple[str, ...]
    result: str
    """A type, ``same``, ``first`` (that of the first argument), or ``whole`` (the first one's, without decimals)."""

    @property
    def least(self) -> int:
        """How many arguments it needs."""
        return sum(not word.endswith(("?", "*")) for word in self.arguments)

    @property
    def most(self) -> int | None:
        """How many arguments it takes; None for any number."""
        return None if any(word.endswith("*") for word in self.arguments) else len(self.arguments)

    def word(self, position: int) -> str:
        """Return what the argument at a position has to be."""
        return self.arguments[min(position, len(self.arguments) - 1)].rstrip("?*")


def _table(text: str) -> dict[str, Signature]:
    """Read lines of ``names: arguments -> result``."""
    found: dict[str, Signature] = {}
    for line in text.strip().splitlines():
        names, _, rest = line.partition(":")
        arguments, _, result = rest.partition("->")
        for name in names.split():
            found[name] = Signature(tuple(arguments.split()), result.strip())
    return found


ROW_FUNCTIONS: Final = _table("""
len length char_length character_length textlen octet_length ascii: text -> integer
upper lower initcap reverse: text -> first
ltrim rtrim btrim trim: text text? -> first
left right: text count -> first
substring substr: text integer count? -> first
replace: text text text -> text
translate: text text text -> first
strpos charindex position: text text -> integer
md5 sha sha1 func_sha1: text -> text
sha2: text bits -> text
split_part: text constant position -> first
regexp_count regexp_instr: text pattern -> integer
regexp_substr: text pattern -> first
regexp_replace: text pattern constant? -> text
abs: number -> first
sign: number -> integer
ceil ceiling floor: number -> whole
round trunc: number count? -> first
mod: number number -> first
cbrt atan degrees radians: number -> float
pi: -> float
coalesce nvl: same same* -> same
greatest least: same same* -> same
nullif: same same -> same
nvl2: any same same -> same
date_trunc: part moment -> timestamp
dateadd date_add: part integer moment -> timestamp
datediff date_diff: part moment moment -> bigint
date_part pgdate_part: part moment -> float
extract: part moment -> integer
last_day: moment -> date
add_months: moment integer -> timestamp
months_between: moment moment -> float
date_cmp: moment moment -> integer
to_char: any constant -> text
""")

AGGREGATES: Final = _table("""
count: any? -> count
sum: number -> sum
avg: number -> average
min max: any -> first
median: number -> float
stddev stddev_samp stddev_pop variance var_samp var_pop: number -> float
bool_and bool_or: boolean -> boolean
""")

WINDOW_FUNCTIONS: Final = _table("""
row_number rank dense_rank: -> bigint
percent_rank cume_dist: -> float
ntile: position -> bigint
lag lead: any count? -> first
first_value last_value: any -> first
""")

CHANGING: Final = frozenset(
    """getdate sysdate now current_date current_time current_timestamp localtime localtimestamp timeofday clock_timestamp
    statement_timestamp transaction_timestamp random setseed current_user session_user user current_user_id current_schema
    current_schemas current_database current_namespace current_setting current_aws_account current_session_arn
    session_context version pg_backend_pid pg_last_query_id pg_last_copy_id pg_last_copy_count pg_last_unload_count
    pg_last_unload_id last_user_query_id last_user_load_copy_id slice_num has_table_privilege has_schema_privilege
    has_database_privilege user_is_member_of role_is_member_of any_value listagg approximate_count""".split()  # noqa: SIM905
)
"""What need not say the same when the same rows are checked again."""

PARTIAL: Final = frozenset(
    """to_date to_timestamp to_number strtol convert convert_timezone timezone ln log dlog1 dlog10 sqrt exp dexp power pow asin
    acos sin cos atan2 cot tan sinh cosh tanh asinh acosh chr repeat replicate lpad rpad json_parse json_extract_path_text
    json_extract_array_element_text json_array_length from_hex unhex to_varbyte try_cast concat factorial date timestamp
    time next_day to_hex width_bucket""".split()  # noqa: SIM905
)
"""What fails for some values, or in the local Redshift."""

MORE: Final = frozenset(
    """decode ifnull bit_length crc32 quote_ident quote_literal farmhash64 farmfingerprint64 fnv_hash checksum date_part_year
    timestamp_cmp interval_cmp is_valid_json is_valid_json_array json_typeof soundex difference collate lower_attribute_names
    percentile_cont percentile_disc approximate_percentile_disc bit_and bit_or nth_value ratio_to_report grouping
    grouping_id""".split()  # noqa: SIM905
)
"""Redshift's functions that no rule has needed yet."""

DATE_PARTS: Final = frozenset(
    """millennium millennia mil mils century centuries c cent cents decade decades dec decs epoch year years y yr yrs quarter
    quarters qtr qtrs month months mon mons week weeks w dayofweek dow dw weekday dayofyear doy dy yearday day days d hour
    hours h hr hrs minute minutes m min mins second seconds s sec secs millisecond milliseconds ms msec msecs microsecond
    microseconds us usec usecs""".split()  # noqa: SIM905
)
"""Source: "Date parts for date or timestamp functions"."""
MICROSECONDS: Final = frozenset({"microsecond", "microseconds", "us", "usec", "usecs"})
