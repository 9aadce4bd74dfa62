"""A mesh of any size, generated: as many products as asked for, of the kinds and sizes that real ones have.

In every domain source-aligned and consuming products alternate. A contract has fifteen columns with the rules of
all kinds, two roles and three service levels; a consumer reads two ports, one of them another domain's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree
from typing import Any

import yaml

PRODUCTS_A_DOMAIN = 20
SMALLEST_MESH = 4
"""Products; with fewer there is no other domain to read from."""


@dataclass(frozen=True)
class Specification:
    """One product of the generated mesh."""

    domain: str
    name: str
    inputs: tuple[str, ...]
    """Addresses of the ports it reads; none for a source-aligned product."""
    readers: tuple[str, ...]
    """Domains that its contract lets read it."""

    @property
    def address(self) -> str:
        return f"{self.domain}.{self.name}"

    @property
    def sources(self) -> tuple[str, ...]:
        """What lands for it."""
        return () if self.inputs else (f"{self.name}_events", f"{self.name}_codes")

    @property
    def docstring(self) -> str:
        """The runbook at the head of its DAG file."""
        return (
            f"# {self.name.replace('_', ' ').capitalize()}\n\n"
            f"One row per record of {self.name}, with its state on a data day.\n\n"
            "**When it fails**\n"
            "* `build`: the log names the model and what Redshift said.\n"
            "* `check`: the batch breaks the contract; consumers keep the day before. The log names the rule.\n\n"
            "Clear any task, or run a day again: the result of a data day is always the same.\n"
        )


def specifications(count: int) -> list[Specification]:
    """Return `count` products.

    Raises:
        ValueError: fewer than SMALLEST_MESH are asked for.
    """
    if count < SMALLEST_MESH:
        raise ValueError(f"a mesh to measure has at least {SMALLEST_MESH} products, not {count}")
    size = min(PRODUCTS_A_DOMAIN, count // 2)
    domains = [f"domain{number:03}" for number in range(-(-count // size))]
    products = []
    for number in range(count):
        here, position = divmod(number, size)
        others = [domains[(here - step) % (count // size)] for step in (1, 2)]
        readers = tuple(dict.fromkeys(domain for domain in others if domain != domains[here]))
        # every even product of a domain is source-aligned, so these are there whatever the size
        inputs = () if position % 2 == 0 else (
            f"{domains[here]}.product{position - 1:02}", f"{domains[(here + 1) % (count // size)]}.product00",
        )  # fmt: skip
        products.append(
            Specification(domains[here], f"product{position:02}", tuple(dict.fromkeys(inputs)), readers)
        )
    return products


def write_mesh(root: Path, products: list[Specification]) -> None:
    """Write `domains/`, `dags/` and `dbt/` below `root`, as people write them; the macros are the repository's."""
    copytree(
        Path(__file__).resolve().parent.parent / "dbt" / "macros", root / "dbt" / "macros", dirs_exist_ok=True
    )
    for number, domain in enumerate(sorted({product.domain for product in products})):
        _write(root / "domains" / domain / "domain.yaml", _domain(number, domain))
    for product in products:
        folder = root / "domains" / product.domain / product.name
        _write(folder / "product.yaml", _product(product))
        _write(folder / "contract.yaml", _contract(product))
        dag_file = root / "dags" / product.domain / f"{product.name}.py"
        dag_file.parent.mkdir(parents=True, exist_ok=True)
        dag_file.write_text(_dag(product), encoding="utf-8")
        model = root / "dbt" / "models" / product.domain / f"{product.name}.sql"
        model.parent.mkdir(parents=True, exist_ok=True)
        model.write_text(_model(product), encoding="utf-8")


class _Dumper(yaml.SafeDumper):
    """Writes equal values out again: the contracts' strict YAML knows no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _write(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.dump(content, Dumper=_Dumper, sort_keys=False, width=110), encoding="utf-8")


def _dag(product: Specification) -> str:
    if product.inputs:
        verbs, chain, schedule = "build, check, publish", "build(), check(), publish()", ""
    else:
        sources = ", ".join(f'"{source}"' for source in product.sources)
        verbs = "build, check, crawl, land, publish"
        chain = f"land({sources}), crawl({sources}), build(), check(), publish()"
        schedule = ', schedule="30 4 * * *"'
    return (
        f'"""{product.docstring}"""\n\n'
        "from airflow.sdk import chain\n\n"
        "from interline.airflow.dag import data_product\n"
        f"from interline.airflow.verbs import {verbs}\n\n"
        f'with data_product("{product.address}"{schedule}, file=__file__, doc_md=__doc__):\n'
        f"    chain({chain})\n"
    )


def _model(product: Specification) -> str:
    return _consuming_model(product) if product.inputs else _landed_model(product)


def _landed_model(product: Specification) -> str:
    columns = [column for column in _columns(product) if column["name"] != "data_day"]
    landed = ",\n".join(
        f"    {{{{ landed_text('e.{column['name']}') }}}} as {column['name']}" for column in columns
    )
    typed = ",\n".join(
        f"  cast(s.{column['name']} as {column['physicalType']}) as {column['name']}" for column in columns
    )
    return f"""-- What landed on the data day, typed; a record that is delivered twice counts as it was first.

with landed as (
  select
{landed}
  from {{{{ source('{product.domain}_landing', '{product.sources[0]}') }}}} as e
  where e.dt = {{{{ landing_day() }}}}
),

readable as (
  select
    l.*,
    {{{{ if_whole_number('l.number') }}}} as whole_number,
    {{{{ if_instant('l.started_at') }}}} as began
  from landed as l
),

states as (
  select
    r.*,
    row_number() over (partition by r.record_id order by r.began, r.whole_number desc) as delivery
  from readable as r
)

select
  {{{{ data_day() }}}} as data_day,
{typed}
from states as s
where s.delivery = 1 or s.record_id is null
"""


def _consuming_model(product: Specification) -> str:
    own, other = (address.split(".") for address in (product.inputs[0], product.inputs[-1]))
    return f"""-- The own records of the data day beside what others usually have in a week.

with own_records as (
  select o.*
  from {{{{ source('{own[0]}', '{own[1]}') }}}} as o
  where o.data_day = {{{{ data_day() }}}}
),

others as (
  select
    p.origin,
    p.destination,
    count(*) as records,
    sum(case when p.status = 'open' then p.amount else 0 end) as amount
  from {{{{ source('{other[0]}', '{other[1]}') }}}} as p
  where p.data_day between {{{{ day_before(7) }}}} and {{{{ day_before(1) }}}}
  group by p.origin, p.destination
)

select
  {{{{ data_day() }}}} as data_day,
  o.record_id,
  o.contact_email,
  o.origin,
  o.destination,
  o.number,
  cast(o.amount + coalesce(t.amount, 0) as decimal(12, 2)) as amount,
  o.currency,
  o.cabin,
  o.channel,
  o.status,
  o.started_at,
  o.ended_at,
  o.is_member,
  cast(coalesce(t.records, 0) as double precision) / nullif(o.number, 0) as score
from own_records as o
left join others as t on o.origin = t.origin and o.destination = t.destination
"""


def _domain(number: int, name: str) -> dict[str, Any]:
    return {
        "name": name,
        "account": f"{number + 100000000000}",
        "region": "us-east-1",
        "description": f"Everything that {name} knows about its customers.",
        "team": {"name": f"{name} data", "email": f"{name}@example.com", "channel": f"#{name}"},
    }


def _product(product: Specification) -> dict[str, Any]:
    content: dict[str, Any] = {
        "apiVersion": "v1.0.0",
        "kind": "DataProduct",
        "id": product.address,
        "name": product.name,
        "version": "1.0.0",
        "status": "active",
        "domain": product.domain,
        "description": {
            "purpose": f"The state of every record of {product.name} on a data day.",
            "usage": "Join on record_id; count by data_day.",
            "limitations": "Late records belong to the day on which they landed.",
        },
        "tags": ["generated"],
        "outputPorts": [
            {"name": product.name, "type": "iceberg", "version": "1.0.0", "contractId": product.address}
        ],
    }
    if product.inputs:
        content["inputPorts"] = [
            {"name": address.replace(".", "_"), "version": "1.0.0", "contractId": address}
            for address in product.inputs
        ]
    else:
        formats = zip(product.sources, ("json", "csv"), strict=True)
        content["customProperties"] = [
            {"property": "sources", "value": [{"name": name, "format": form} for name, form in formats]}
        ]
    return content


def _contract(product: Specification) -> dict[str, Any]:
    columns = list(_columns(product))
    readable = [column["name"] for column in columns if column["classification"] != "personal"]
    return {
        "apiVersion": "v3.2.0",
        "kind": "DataContract",
        "id": product.address,
        "name": product.name,
        "version": "1.0.0",
        "status": "active",
        "domain": product.domain,
        "dataProduct": product.address,
        "description": {
            "purpose": f"The state of every record of {product.name} on a data day.",
            "usage": "Join on record_id; count by data_day, so that figures never change.",
            "limitations": "Contact details stay in the domain.",
        },
        "schema": [
            {
                "name": product.name,
                "physicalType": "table",
                "description": "One record with its state.",
                "dataGranularityDescription": "one row per record and data day",
                "properties": columns,
                "quality": [
                    {"name": "the day brought records", "metric": "rowCount", "mustBeGreaterThan": 0},
                    {
                        "name": "ends after it begins",
                        "type": "custom",
                        "engine": "redshift",
                        "implementation": "ended_at >= started_at",
                    },
                ],
            }
        ],
        "roles": [
            {
                "role": reader,
                "access": "read",
                "description": "Demand by place and day; no contact details.",
                "customProperties": [{"property": "columns", "value": readable}],
            }
            for reader in product.readers
        ],
        "slaProperties": [
            {"property": "freshness", "value": 1, "unit": "d", "element": f"{product.name}.started_at"},
            {"property": "frequency", "value": 1, "unit": "d"},
            {"property": "retention", "value": 7, "unit": "y"},
        ],
    }


def _columns(product: Specification) -> Iterator[dict[str, Any]]:
    def column(name: str, logical: str, physical: str, about: str, **more: Any) -> dict[str, Any]:
        return {
            "name": name, "logicalType": logical, "physicalType": physical, "description": about,
            "classification": "internal", **more,
        }  # fmt: skip

    def words(*values: str) -> list[dict[str, str]]:
        return [{"value": value, "description": f"The record is {value}."} for value in values]

    yield column(
        "record_id", "string", "varchar(16)", "Reference of the record, as people see it.",
        primaryKey=True, primaryKeyPosition=1, required=True, logicalTypeOptions={"pattern": "^[A-Z0-9]{6}$"},
    )  # fmt: skip
    yield column(
        "data_day", "date", "date", "Data day that the record belongs to.",
        primaryKey=True, primaryKeyPosition=2, partitioned=True, required=True,
    )  # fmt: skip
    yield column("contact_email", "string", "varchar(120)", "Where news go.", classification="personal")
    place: dict[str, Any] = {"required": True, "classification": "public"}
    if product.sources:
        place["relationships"] = [{"type": "foreignKey", "to": f"{product.sources[1]}.code"}]
    yield column("origin", "string", "varchar(8)", "Where it begins, IATA code.", **place)
    yield column("destination", "string", "varchar(8)", "Where it ends, IATA code.", **place)
    yield column(
        "number", "integer", "integer", "Number within its carrier.",
        required=True, logicalTypeOptions={"minimum": 1, "maximum": 9999},
    )  # fmt: skip
    yield column(
        "amount", "number", "decimal(12,2)", "Price of the whole record.",
        required=True, logicalTypeOptions={"exclusiveMinimum": 0, "maximum": 100000},
    )  # fmt: skip
    yield column(
        "currency", "string", "varchar(8)", "Currency of the amount.", required=True, enum=words("USD")
    )
    yield column(
        "cabin", "string", "varchar(16)", "What was sold.", enum=words("economy", "premium", "business")
    )
    yield column("channel", "string", "varchar(16)", "How it came.", enum=words("web", "mobile", "agent"))
    yield column("status", "string", "varchar(16)", "Its state now.", enum=words("open", "closed"))
    yield column("started_at", "timestamp", "timestamp", "When it began, UTC.", required=True)
    yield column("ended_at", "timestamp", "timestamp", "When it ended, UTC.", required=True)
    yield column("is_member", "boolean", "boolean", "Whether a member asked.")
    yield column(
        "score", "number", "double precision", "How likely it comes back.", logicalTypeOptions={"minimum": 0}
    )
