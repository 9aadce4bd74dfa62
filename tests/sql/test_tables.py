"""Names of tables are made by one object, and nowhere else."""

from __future__ import annotations

import re
from pathlib import Path

from interline.sql.existing_tables import existing_tables, existing_tables_query
from interline.sql.tables import Tables

REPOSITORY = Path(__file__).resolve().parents[2]
TABLES = Tables("bookings", "tickets")
_MADE_BY_HAND = re.compile(r"\}__[a-z]+|\}_(?:curated|landing)\b")


def test_every_table_of_a_product() -> None:
    assert {
        name: getattr(TABLES, name)
        for name in (
            "batch", "built", "checked", "quarantine", "checks", "publications", "releases", "decisions", "port",
        )
    } == {
        "batch": '"bookings"."tickets"',
        "built": '"bookings"."tickets__built"',
        "checked": '"bookings"."tickets__checked"',
        "quarantine": '"bookings"."tickets__quarantine"',
        "checks": '"bookings"."tickets__checks"',
        "publications": '"bookings"."tickets__versions"',
        "releases": '"bookings"."tickets__releases"',
        "decisions": '"bookings"."tickets__decisions"',
        "port": '"bookings_curated"."tickets"',
    }  # fmt: skip
    assert TABLES.landing("sales") == '"bookings_landing"."sales"'


def test_existing_tables_go_by_the_names_of_tables() -> None:
    assert "'tickets__quarantine', 'tickets__checks'" in existing_tables_query(TABLES)
    rows = [
        ("tickets__quarantine", "rule", "character varying", 16, None, None),
        ("tickets__quarantine", "price", "numeric", None, 10, 2),
    ]
    assert existing_tables(TABLES, rows) == {
        TABLES.quarantine: {"rule": "varchar(16)", "price": "decimal(10,2)"}
    }


def test_nobody_makes_such_a_name_by_hand() -> None:
    by_hand, seen = [], 0
    for tree in ("plugins/interline", "cli", "local/mesh"):
        for file in sorted((REPOSITORY / tree).rglob("*.py")):
            seen += 1
            for line, text in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
                if _MADE_BY_HAND.search(text):
                    by_hand.append(f"{file.relative_to(REPOSITORY)}:{line}: {text.strip()}")
    assert seen > 150
    assert by_hand == []
    assert _MADE_BY_HAND.search('f"{product.name}__checks"')
    assert _MADE_BY_HAND.search('f"{domain}_landing"')
