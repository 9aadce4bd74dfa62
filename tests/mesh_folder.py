"""A small mesh in a temporary folder, to be bent by tests."""

from __future__ import annotations

from pathlib import Path

DOMAINS = {"bookings": "222222222222", "shopping": "333333333333"}

PRODUCT = """\
apiVersion: v1.0.0
kind: DataProduct
id: bookings.tickets
name: Tickets
status: active
domain: bookings
description:
  purpose: Every ticket.
outputPorts:
  - name: tickets
    type: iceberg
    version: 1.0.0
    contractId: bookings.tickets
customProperties:
  - property: sources
    value:
      - name: ticket_events
        format: json
"""

CONTRACT = """\
apiVersion: v3.2.0
kind: DataContract
id: bookings.tickets
name: Tickets
version: 1.0.0
status: active
domain: bookings
schema:
  - name: tickets
    physicalType: table
    description: One ticket.
    properties:
      - name: ticket_id
        logicalType: string
        physicalType: varchar(13)
        description: Number of the ticket.
        primaryKey: true
      - name: price
        logicalType: number
        physicalType: decimal(10,2)
        description: What was paid, in US dollars.
        required: true
        logicalTypeOptions:
          minimum: 0
      - name: sold_at
        logicalType: timestamp
        physicalType: timestamp
        description: When it was sold, UTC.
      - name: email
        logicalType: string
        physicalType: varchar(100)
        description: Where it was sent.
        classification: personal
roles:
  - role: shopping
    access: read
    description: Look-to-book.
    customProperties:
      - property: columns
        value: [ticket_id, price]
slaProperties:
  - property: frequency
    value: 1
    unit: d
"""

MODEL = """\
select
  {{ landed_text('e.id') }} as ticket_id,
  e.price,
  e.sold_at,
  e.email
from {{ source('bookings_landing', 'ticket_events') }} as e
"""

CONSUMING_MODEL = """\
select
  p.ticket_id,
  p.price,
  cast(null as timestamp) as sold_at,
  cast(null as varchar(100)) as email
from {{ source('PRODUCER', 'PORT') }} as p
"""

MACROS = """\
{% macro landed_text(expression) -%}
nullif(trim(cast({{ expression }} as varchar(256))), '')
{%- endmacro %}

{% macro data_day() -%}
cast('{{ env_var("INTERLINE_DATA_DAY") }}' as date)
{%- endmacro %}

{% macro landing_day() -%}
'{{ env_var("INTERLINE_DATA_DAY") }}'
{%- endmacro %}
"""

DAG = '''\
"""# Tickets

Ask the ticket desk.
"""

from airflow.sdk import chain

from interline.airflow.dag import data_product
from interline.airflow.verbs import build, check, crawl, land, publish

with data_product("bookings.tickets", schedule="0 4 * * *", file=__file__, doc_md=__doc__):
    chain(land("ticket_events"), crawl("ticket_events"), build(), check(), publish())
'''


class MeshFolder:
    """The files of a mesh, with short ways to change them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name, account in DOMAINS.items():
            self.write(
                f"domains/{name}/domain.yaml",
                f'name: {name}\naccount: "{account}"\nregion: us-east-1\ndescription: Sells.\n'
                f"team:\n  name: {name.title()} team\n  email: {name}@example.com\n",
            )
        self.write("domains/bookings/tickets/product.yaml", PRODUCT)
        self.write("domains/bookings/tickets/contract.yaml", CONTRACT)
        self.write("dags/bookings/tickets.py", DAG)
        self.write("dbt/macros/reading.sql", MACROS)
        self.write("dbt/models/bookings/tickets.sql", MODEL)

    def path(self, name: str) -> Path:
        """The path of a file of the mesh."""
        return self.root / name

    def write(self, name: str, text: str) -> Path:
        """Write a file."""
        path = self.path(name)
        if not path.parent.is_dir():
            path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")
        return path

    def change(self, name: str, old: str, new: str) -> Path:
        """Replace the one place of a file that reads ``old``."""
        text = self.path(name).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in {name}"
        return self.write(name, text.replace(old, new))

    def add_consumer(
        self, domain: str = "shopping", name: str = "offers", reads: str = "bookings.tickets"
    ) -> None:
        """Add a product that reads another port."""
        address = f"{domain}.{name}"
        port = reads.partition(".")[2]
        product = PRODUCT.replace("bookings.tickets", address).replace(
            "domain: bookings", f"domain: {domain}"
        )
        product = product.replace("name: Tickets", f"name: {name.title()}")
        product = product.replace("- name: tickets", f"- name: {name}").split("customProperties:")[0]
        product += f"inputPorts:\n  - name: {port}\n    version: 1.0.0\n    contractId: {reads}\n"
        contract = CONTRACT.replace("bookings.tickets", address).replace(
            "domain: bookings", f"domain: {domain}"
        )
        contract = contract.replace("- name: tickets", f"- name: {name}").split("roles:")[0]
        contract += "slaProperties:" + CONTRACT.split("slaProperties:")[1]
        self.write(f"domains/{domain}/{name}/product.yaml", product)
        self.write(f"domains/{domain}/{name}/contract.yaml", contract)
        self.write(
            f"dags/{domain}/{name}.py",
            f'"""Ask the desk when it fails."""\n\nfrom airflow.sdk import chain\n\nfrom interline.airflow.dag import data_product\n'
            f"from interline.airflow.verbs import build, check, publish\n\n"
            f'with data_product("{address}", file=__file__, doc_md=__doc__):\n    chain(build(), check(), publish())\n',
        )
        producer = reads.partition(".")[0]
        model = CONSUMING_MODEL.replace("PRODUCER", producer).replace("PORT", port)
        self.write(f"dbt/models/{domain}/{name}.sql", model)
