"""DuckDB macros that translated SQL calls; made once in every cluster's database.

Each does what one Redshift operation does and DuckDB's nearest function does not.
"""

from __future__ import annotations

from local.engines.redshift.errors import DIVISION_BY_ZERO, INTERNAL_ERROR, raising

_LISTAGG = raising(INTERNAL_ERROR, "Result size exceeds LISTAGG limit")
_ZERO = raising(DIVISION_BY_ZERO, "Divide by zero")
# A time zone at the end of a text: it "is ignored" when a TIMESTAMP or DATE is read.
_ZONE = r"(\d:?\d\d(?::?\d\d(?:\.\d+)?)?(?: *[APap][Mm])?)\s*(?:Z|z|[A-Za-z]{3,4}|[A-Za-z]+/[A-Za-z_/]+|[+-]\d\d?(?::?\d\d)?)$"

# "Date, time, and timestamp literals", besides what DuckDB reads by itself; the month comes before the day (DateStyle MDY).
_DATES = (
    "%Y-%m-%d", "%Y/%m/%d", "%m/%d/%y", "%m/%d/%Y", "%m-%d-%y", "%m-%d-%Y", "%Y%m%d", "%y%m%d", "%Y.%j", "%Y-%b-%d", "%b-%d-%Y", "%d-%b-%Y",
    "%B %d, %Y", "%b %d, %Y", "%B %d %Y", "%b %d %Y", "%d %B %Y", "%d %b %Y",
)  # fmt: skip
_CLOCKS = ("%H:%M:%S.%f", "%H:%M:%S", "%H:%M", "%H%M%S", "%I:%M %p", "%I:%M:%S %p", "%I:%M:%S.%f %p")
_MOMENTS = [*_DATES, *(f"{date} {clock}" for date in _DATES for clock in _CLOCKS), "%d %b %H:%M:%S %Y"]

MACROS = f"""
CREATE OR REPLACE MACRO rs_divide_integers(a, b) AS CASE WHEN b = 0 AND a IS NOT NULL THEN {_ZERO} WHEN b = 0 THEN NULL ELSE a // b END;
CREATE OR REPLACE MACRO rs_divide_floats(a, b) AS CASE WHEN b = 0 AND a IS NOT NULL THEN {_ZERO} WHEN b = 0 THEN NULL ELSE a / b END;
CREATE OR REPLACE MACRO rs_modulo(a, b) AS CASE WHEN b = 0 AND a IS NOT NULL THEN {_ZERO} WHEN b = 0 THEN NULL ELSE a % b END;
CREATE OR REPLACE MACRO rs_float_text(x, digits) AS
  CASE WHEN x IS NULL THEN NULL WHEN isnan(x) THEN 'NaN' WHEN isinf(x) THEN (CASE WHEN x > 0 THEN 'Infinity' ELSE '-Infinity' END)
  ELSE printf('%.' || digits || 'g', x) END;
CREATE OR REPLACE MACRO rs_cut(x, n) AS
  CASE WHEN x IS NULL OR strlen(x) <= n THEN x WHEN strlen(x) = length(x) THEN left(x, n)
  ELSE left(x, CAST(coalesce(list_max(list_filter(range(1, least(n, length(x)) + 1), lambda k: strlen(left(x, CAST(k AS BIGINT))) <= n)), 0) AS BIGINT)) END;
CREATE OR REPLACE MACRO rs_special_moment(word) AS
  CASE word WHEN 'now' THEN timezone('UTC', now()) WHEN 'today' THEN date_trunc('day', timezone('UTC', now()))
  WHEN 'tomorrow' THEN date_trunc('day', timezone('UTC', now())) + INTERVAL 1 DAY
  WHEN 'yesterday' THEN date_trunc('day', timezone('UTC', now())) - INTERVAL 1 DAY END;
CREATE OR REPLACE MACRO rs_without_zone(x) AS regexp_replace(trim(x), '{_ZONE}', '\\1');
CREATE OR REPLACE MACRO rs_zone(x) AS regexp_extract(trim(x), '[\\d APMapm]\\s*((?:[A-Za-z]{{3,4}}|[A-Za-z]+/[A-Za-z_/]+))$', 1);
CREATE OR REPLACE MACRO rs_text_timestamp(x) AS
  CASE WHEN regexp_full_match(trim(x), '\\d{{8}}') THEN try_strptime(trim(x), '%Y%m%d')
  ELSE coalesce(TRY_CAST(rs_without_zone(x) AS TIMESTAMP), try_strptime(rs_without_zone(x), {_MOMENTS}), rs_special_moment(lower(trim(x)))) END;
CREATE OR REPLACE MACRO rs_text_timestamptz(x) AS
  coalesce(TRY_CAST(trim(x) AS TIMESTAMPTZ), CASE WHEN rs_without_zone(x) = trim(x) THEN timezone('UTC', rs_text_timestamp(x))
  WHEN rs_zone(x) <> '' THEN TRY(timezone(rs_zone(x), rs_text_timestamp(x))) END);
CREATE OR REPLACE MACRO rs_text_time(x) AS
  coalesce(TRY_CAST(rs_without_zone(x) AS TIME), CAST(try_strptime(rs_without_zone(x), {list(_CLOCKS)}) AS TIME), CAST(rs_text_timestamp(x) AS TIME));
CREATE OR REPLACE MACRO rs_text_date(x) AS CAST(rs_text_timestamp(x) AS DATE);
CREATE OR REPLACE MACRO rs_super_text(x) AS CASE json_type(x) WHEN 'NULL' THEN NULL WHEN 'OBJECT' THEN NULL WHEN 'ARRAY' THEN NULL WHEN 'VARCHAR' THEN x ->> '$' ELSE CAST(x AS VARCHAR) END;
CREATE OR REPLACE MACRO rs_json_valid(x) AS
  json_valid(x) AND NOT regexp_matches(regexp_replace(x, '"(\\\\.|[^"\\\\])*"', '""', 'g'), '(?i),\\s*[\\]}}]|nan|inf|/');
CREATE OR REPLACE MACRO rs_listagg(x) AS CASE WHEN strlen(x) > 65535 THEN {_LISTAGG} ELSE x END;
CREATE OR REPLACE MACRO rs_ascii_lower(x) AS translate(x, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz');
CREATE OR REPLACE MACRO rs_initcap(x) AS
  array_to_string(list_transform(regexp_extract_all(lower(x), '[\\pL\\pN]+|[^\\pL\\pN]+'), lambda w: upper(left(w, 1)) || substring(w, 2)), '');
CREATE OR REPLACE MACRO rs_interpolated(sorted, steps, whole, unit) AS
  CASE WHEN len(sorted) > 0 THEN sorted[(len(sorted) - 1) * steps // whole + 1]
  + (sorted[least((len(sorted) - 1) * steps // whole + 2, len(sorted))] - sorted[(len(sorted) - 1) * steps // whole + 1])
  * (CAST((len(sorted) - 1) * steps % whole AS DECIMAL(18,0)) * unit) END;
CREATE OR REPLACE MACRO rs_add_years(d, n) AS
  CASE WHEN month(d) = 2 AND day(d) = 29 AND day(d + to_years(n)) <> 29 THEN d + to_years(n) + INTERVAL 1 DAY ELSE d + to_years(n) END;
CREATE OR REPLACE MACRO rs_period_start(d, number, years) AS
  CASE WHEN d IS NOT NULL THEN CAST(make_date(CAST((number - 1) * years + 1 AS BIGINT), 1, 1) AS TIMESTAMP) END;
CREATE OR REPLACE MACRO rs_lenient_date(fields) AS
  CASE WHEN TRY_CAST(fields.MM AS INTEGER) BETWEEN 1 AND 12 AND TRY_CAST(fields.DD AS INTEGER) BETWEEN 1 AND 31 AND CAST(fields.YYYY AS INTEGER) > 0
  THEN make_date(CAST(fields.YYYY AS BIGINT), CAST(fields.MM AS BIGINT), 1) + (CAST(fields.DD AS INTEGER) - 1) END;
CREATE OR REPLACE MACRO rs_weeks(d) AS CAST(floor((CAST(d AS DATE) - DATE '1899-12-31') / 7.0) AS BIGINT);
CREATE OR REPLACE MACRO rs_add_months(d, n) AS
  CASE WHEN CAST(d AS DATE) = last_day(CAST(d AS DATE)) THEN last_day(CAST(d AS DATE) + to_months(CAST(n AS INTEGER))) + CAST(CAST(d AS TIMESTAMP) AS TIME)
  ELSE CAST(d AS TIMESTAMP) + to_months(CAST(n AS INTEGER)) END;
CREATE OR REPLACE MACRO rs_months_between(a, b) AS
  CASE WHEN day(a) = day(b) OR (CAST(a AS DATE) = last_day(CAST(a AS DATE)) AND CAST(b AS DATE) = last_day(CAST(b AS DATE)))
  THEN CAST((year(a) - year(b)) * 12 + month(a) - month(b) AS DOUBLE)
  ELSE (year(a) - year(b)) * 12 + month(a) - month(b) + (day(a) - day(b) + (epoch(CAST(a AS TIMESTAMP) - CAST(CAST(a AS DATE) AS TIMESTAMP)) - epoch(CAST(b AS TIMESTAMP) - CAST(CAST(b AS DATE) AS TIMESTAMP))) / 86400.0) / 31.0 END;
CREATE OR REPLACE MACRO rs_trim_fraction(x, keep) AS rpad(regexp_replace(x, '0+$', ''), CAST(greatest(length(regexp_replace(x, '0+$', '')), length(split_part(x, '.', 1)) + 1 + keep) AS INTEGER), '0');
"""
