"""dbt-tests-adapter: materialized views."""

from __future__ import annotations

from typing import Any

from dbt.tests.adapter.materialized_view.basic import MaterializedViewBasic


class TestMaterializedView(MaterializedViewBasic):
    @staticmethod
    def insert_record(project: Any, table: Any, record: tuple[int, int]) -> None:
        project.run_sql(f"insert into {table} (id, value) values {record}")

    @staticmethod
    def refresh_materialized_view(project: Any, materialized_view: Any) -> None:
        project.run_sql(f"refresh materialized view {materialized_view}")

    @staticmethod
    def query_row_count(project: Any, relation: Any) -> int:
        (count,) = project.run_sql(f"select count(*) from {relation}", fetch="one")
        return int(count)

    @staticmethod
    def query_relation_type(project: Any, relation: Any) -> str | None:
        materialized = project.run_sql(
            f"select count(*) from stv_mv_info where trim(schema) = '{relation.schema}' and trim(name) = '{relation.identifier}'",
            fetch="one",
        )
        if materialized[0]:
            return "materialized_view"
        listed = project.run_sql(
            f"select table_type from svv_tables where table_schema = '{relation.schema}' and table_name = '{relation.identifier}'",
            fetch="one",
        )
        return {"BASE TABLE": "table", "VIEW": "view"}[listed[0]] if listed else None
