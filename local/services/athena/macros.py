"""DuckDB macros for what Trino does otherwise than DuckDB, where the types of the values decide.

Source of the semantics: Trino's documentation ("Functions and operators", "Data types"). What cannot be done right
for a type raises, with Athena's error code: DuckDB divides decimals into doubles, Trino into decimals.
"""

from __future__ import annotations

import threading

from local.engines import duckdb_engine

# Macros are not overloaded by type: DuckDB chooses among overloads before it knows the types of aggregates.
_TEXT = "CAST(a AS VARCHAR)"
_NOT_TEXT = f"typeof(a) = 'VARCHAR' AND NOT regexp_full_match({_TEXT}, pattern)"
_FLOATING = "('DOUBLE', 'FLOAT')"

_MACROS = {
    "trino_divide": f"""(a, b) AS CASE
        WHEN (typeof(a) LIKE 'DECIMAL%' AND typeof(b) NOT IN {_FLOATING})
          OR (typeof(b) LIKE 'DECIMAL%' AND typeof(a) NOT IN {_FLOATING})
        THEN error('NOT_SUPPORTED: division of decimals; cast one of them to double')
        WHEN b <> 0 THEN a / b
        WHEN a IS NULL OR b IS NULL THEN NULL
        WHEN typeof(a) IN {_FLOATING} OR typeof(b) IN {_FLOATING}
        THEN cast_to_type(CASE WHEN a > 0 THEN 'Infinity' WHEN a < 0 THEN '-Infinity' ELSE 'NaN' END, a / b)
        ELSE error('DIVISION_BY_ZERO: Division by zero') END""",
    "trino_modulus": f"""(a, b) AS CASE
        WHEN b = 0 AND typeof(a) NOT IN {_FLOATING} AND typeof(b) NOT IN {_FLOATING}
        THEN error('DIVISION_BY_ZERO: Division by zero') ELSE a % b END""",
    "trino_divide_or_null": f"""(a, b) AS CASE
        WHEN typeof(a) NOT IN {_FLOATING} AND typeof(b) NOT IN {_FLOATING} AND b = 0 THEN NULL
        ELSE trino_divide(a, b) END""",
    "trino_modulus_or_null": f"""(a, b) AS CASE
        WHEN typeof(a) NOT IN {_FLOATING} AND typeof(b) NOT IN {_FLOATING} AND b = 0 THEN NULL
        ELSE a % b END""",
    "trino_not_decimal": """(a) AS CASE WHEN typeof(a) LIKE 'DECIMAL%'
        THEN error('NOT_SUPPORTED: avg of decimals; cast to double') ELSE a END""",
    "trino_plus_interval": "(a, i) AS cast_to_type(a + i, a)",
    "trino_minus_interval": "(a, i) AS cast_to_type(a - i, a)",
    "trino_date_trunc": "(unit, a) AS cast_to_type(date_trunc(unit, a), a)",
    "trino_checked": f"""(a, pattern, target) AS CASE WHEN {_NOT_TEXT}
        THEN error(concat('INVALID_CAST_ARGUMENT: Cannot cast ''', {_TEXT}, ''' to ', target)) ELSE a END""",
    "trino_checked_or_null": f"(a, pattern, target) AS CASE WHEN {_NOT_TEXT} THEN NULL ELSE a END",
    "trino_rounded": f"""(a) AS CASE WHEN typeof(a) IN {_FLOATING}
        THEN CAST(round(TRY_CAST({_TEXT} AS DOUBLE)) AS HUGEINT) ELSE CAST(a AS HUGEINT) END""",
    "trino_rounded_or_null": f"""(a) AS CASE WHEN typeof(a) IN {_FLOATING}
        THEN TRY_CAST(round(TRY_CAST({_TEXT} AS DOUBLE)) AS HUGEINT) ELSE TRY_CAST(a AS HUGEINT) END""",
    "trino_to_text": f"""(a) AS CASE
        WHEN typeof(a) IN {_FLOATING} AND a IS NOT NULL
        THEN error('NOT_SUPPORTED: cast of a double to varchar; round or cast it to a decimal first')
        WHEN typeof(a) = 'TIMESTAMP' THEN strftime(TRY_CAST({_TEXT} AS TIMESTAMP), '%Y-%m-%d %H:%M:%S.%g')
        WHEN typeof(a) = 'TIMESTAMP WITH TIME ZONE'
        THEN concat(strftime(TRY_CAST({_TEXT} AS TIMESTAMP WITH TIME ZONE), '%Y-%m-%d %H:%M:%S.%g'), ' UTC')
        ELSE {_TEXT} END""",
    "trino_substring": """(a, start) AS CASE WHEN start = 0 THEN '' ELSE substring(a, start) END,
        (a, start, length) AS CASE WHEN start = 0 THEN '' ELSE substring(a, start, length) END""",
    "trino_split_part": """(a, d, n) AS CASE WHEN n <= 0
        THEN error('INVALID_FUNCTION_ARGUMENT: Index must be greater than zero') ELSE string_split(a, d)[n] END""",
    "trino_regexp_extract": """(a, p) AS CASE WHEN regexp_matches(a, p) THEN regexp_extract(a, p) END,
        (a, p, g) AS CASE WHEN regexp_matches(a, p) THEN regexp_extract(a, p, g) END""",
    "trino_json_scalar": """(j, path) AS CASE WHEN json_type(j, path) IN ('OBJECT', 'ARRAY') THEN NULL
        ELSE json_extract_string(j, path) END""",
    "trino_element": """(a, i) AS CASE WHEN i = 0
        THEN error('INVALID_FUNCTION_ARGUMENT: SQL array indices start at 1') ELSE list_extract(a, i) END""",
    "trino_subscript": """(a, i) AS CASE WHEN i <= 0 OR i > len(a)
        THEN error('INVALID_FUNCTION_ARGUMENT: Array subscript out of bounds') ELSE a[i] END""",
}

_lock = threading.Lock()
_installed = False


def install() -> None:
    """Define the macros in the lake's database, once."""
    global _installed
    with _lock:
        if _installed:
            return
        connection = duckdb_engine.connect()
        try:
            # decides what "/" in a macro means, at the time when the macro is made
            connection.execute("SET integer_division = true")
            for name, definition in _MACROS.items():
                connection.execute(f"CREATE OR REPLACE MACRO {name}{definition}")
        finally:
            connection.close()
        _installed = True
