"""One product's check and publish on the local Redshift of this process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from interline.airflow.operators.contract_check import ContractCheckOperator
from interline.aws.redshift_statements import Value
from interline.contracts import Product, load_product
from interline.contracts.model.row_tests import ExistsIn
from interline.publication.commit import publish_statements
from interline.sql.quoting import column_list, identifier, literal
from interline.sql.tables import Tables
from tests.engines.quarantine.in_process import InProcessHook

Row = Mapping[str, Any]


class CheckedProduct:
    """A product whose batch a test writes, checked and published by the platform's own code."""

    def __init__(self, root: Path, address: str) -> None:
        self.root = root
        self.product: Product = load_product(root, address)
        self.tables = Tables(self.product.domain.name, self.product.name)
        self.hook = InProcessHook(self.product.domain.name)
        schemas = {self.tables.domain, f"{self.tables.domain}_curated", f"{self.tables.domain}_landing"}
        schemas |= {f"{a.partition('.')[0]}_curated" for a in self.product.inputs}
        self.hook.sql(*(f"create schema {identifier(schema)}" for schema in sorted(schemas)))
        self.make_tables()

    def make_tables(self) -> None:
        """Make the batch and the port as the contract has them now."""
        listed = ", ".join(
            f"{identifier(column.name)} {column.physical_type}" for column in self.product.contract.columns
        )
        for table in (self.tables.batch, self.tables.port):
            self.hook.sql(f"drop table if exists {table}", f"create table {table} ({listed})")

    def reload(self) -> None:
        """Read the product's files again, which a test has changed, and build to the new contract."""
        self.product = load_product(self.root, self.product.address)
        self.make_tables()

    def make_references(self, known: Mapping[str, Iterable[Any]], day: str) -> None:
        """Make the tables that rules refer to; ``known`` has, by referring column, the values that exist."""
        columns_by_table: dict[str, dict[str, tuple[str, list[Any]]]] = {}
        for rule in self.product.contract.row_rules:
            if not isinstance(rule.test, ExistsIn) or rule.column is None:
                continue
            test = rule.test
            producer, _, name = test.relation.partition(".")
            if test.is_source:
                table = self.tables.landing(test.relation)
            else:
                table = f"{identifier(producer + '_curated')}.{identifier(name)}"
            pairs = ((rule.column, test.column), *test.more)
            for own, there in pairs:
                kind = self.product.contract.column(own).physical_type
                columns_by_table.setdefault(table, {})[there] = (kind, list(known[own]))
        for table, columns in columns_by_table.items():
            listed = ", ".join(f"{identifier(name)} {kind}" for name, (kind, _) in columns.items())
            self.hook.sql(f"create table {table} ({listed}, dt varchar(10))")
            for name, (_, values) in columns.items():
                for value in values:
                    self.hook.sql(
                        f"insert into {table} ({identifier(name)}, dt) values ({_sql(value)}, {literal(day)})"
                    )

    def batch(self, rows: Iterable[Row], extra: str | None = None) -> None:
        """Replace the batch by these rows; ``extra`` names a text column that they have beside the contract's."""
        names = self.product.contract.column_names + ((extra,) if extra else ())
        values = ["(" + ", ".join(_sql(row[name]) for name in names) + ")" for row in rows]
        begin = f"insert into {self.tables.batch} ({column_list(names)}) values "
        chunks = [begin + ", ".join(values[n : n + 400]) for n in range(0, len(values), 400)]
        self.hook.run([f"delete from {self.tables.batch}", *chunks])

    def check(self, day: str) -> dict[str, Any]:
        """Run the check of a day, as its task does."""
        operator = ContractCheckOperator(
            task_id="check", address=self.product.address, root=self.root, data_day=day, aws_conn_id=None
        )
        operator.__dict__["hook"] = self.hook
        return operator.execute({"run_id": f"test__{day}"})  # type: ignore[typeddict-unknown-key]

    def publish(self, day: str) -> None:
        """Make the checked batch public."""
        self.hook.run(publish_statements(self.product.contract, self.tables, day))

    def published(self) -> set[tuple[Value, ...]]:
        """Return the port's rows, by the primary key."""
        return set(
            self.hook.sql(f"select {column_list(self.product.contract.primary_key)} from {self.tables.port}")
        )

    def quarantined(self, day: str, *columns: str) -> list[tuple[Value, ...]]:
        """Return columns of what is in quarantine for a day."""
        listed = ", ".join(columns)
        return list(
            self.hook.sql(
                f"select {listed} from {self.tables.quarantine} where data_day = {literal(day)} order by {listed}"
            )
        )


def _sql(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, (bool, int, float, str)):
        return literal(value)
    return literal(str(value))
