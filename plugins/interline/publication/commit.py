"""Publishing a checked batch to its port in one transaction.

Source: Amazon Redshift Database Developer Guide, "Writing to Apache Iceberg tables": several DML statements on one Iceberg
table in a transaction become one snapshot; DELETE takes a USING clause over Redshift's own tables.
"""

from __future__ import annotations

from interline.contracts.model.contract import DAY_COLUMN, Contract
from interline.sql.quoting import column_list, day_literal, identifier, literal
from interline.sql.tables import Tables


def publish_statements(contract: Contract, tables: Tables, day: str) -> list[str]:
    """Return the statements that make a checked batch public; run in one transaction they are one snapshot.

    A history of days has its day replaced. A current state has the rows replaced whose keys the batch has. Either way
    publishing a day twice is publishing it once. ``day`` may be an Airflow template.
    """
    columns = column_list(contract.column_names)
    if contract.keeps_history:
        delete = f"delete from {tables.port} where {identifier(DAY_COLUMN)} = cast({literal(day)} as date)"
    else:
        same_key = " and ".join(
            f"{identifier(tables.product)}.{identifier(key)} = batch.{identifier(key)}"
            for key in contract.primary_key
        )
        delete = f"delete from {tables.port} using {tables.checked} as batch where {same_key}"
    return [delete, f"insert into {tables.port} ({columns}) select {columns} from {tables.checked}"]


def delete_days(tables: Tables, first_day: str) -> tuple[str, str]:
    """Return the query for the data days before ``first_day`` with their rows, and the statement that deletes them."""
    day = identifier(DAY_COLUMN)
    old = f"from {tables.port} where {day} < {day_literal(first_day)}"
    return (
        f"select cast({day} as varchar(10)) as expired_day, count(*) as rows_gone {old} group by 1 order by 1",
        f"delete {old}",
    )


def current_batch(tables: Tables) -> str:
    """Return the query for the day, the numbers and the verdict of the batch that was checked last."""
    return (
        "select cast(data_day as varchar(10)), rows_in, rows_checked, rows_quarantined, passed, rows_released"
        f" from {tables.checks} where is_current"
    )
