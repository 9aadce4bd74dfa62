"""Which data day the batch of a product is of: a build notes it before it begins."""

from __future__ import annotations

from interline.sql.tables import Tables


def begin_build(tables: Tables, day: str) -> tuple[str, ...]:
    """Return what is run before the batch of a day is built; ``day`` is SQL.

    Airflow counts a backfill's runs apart from a DAG's own, so two runs of a product may be under way at once, and a person may
    build by hand. The batch is one table: what is in it is of the build that began last.
    """
    return (
        f"create table if not exists {tables.built} (data_day date)",
        f"delete from {tables.built}",
        f"insert into {tables.built} (data_day) values ({day})",
    )


def built_query(tables: Tables) -> str:
    """Return the query for the day of the build that began last."""
    return f"select cast(data_day as varchar(10)) from {tables.built}"
