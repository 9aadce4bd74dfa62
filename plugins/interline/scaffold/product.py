"""The four files of a new data product, filled in as far as nobody has to be asked.

What only a person knows is marked; ``check_mesh`` tells where a mark is left, with file and line.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from interline.contracts import (
    Column,
    Domain,
    MeshError,
    Problem,
    Product,
    did_you_mean,
    is_address,
    load_domains,
    load_product,
    split_address,
)
from interline.contracts.model.names import ADDRESS_SHAPE, landing_database
from interline.contracts.model.verbs import VERBS
from interline.contracts.placeholders import FILL_IN
from interline.scaffold.errors import ScaffoldError


def scaffold_product(root: Path, address: str, *, reads: Sequence[str] = ()) -> list[Path]:
    """Make the files of a new product and return their paths.

    :param root: the folder that holds ``domains/``, ``dags/`` and ``dbt/``
    :param address: ``<domain>.<product>``
    :param reads: addresses of ports it reads, for a consumer; without any, something lands for it

    Raises:
        ScaffoldError: the address is none, its domain is unknown, an input port does not exist, or a file is there
            already. Nothing is written then.
    """
    if not is_address(address) or "__" in address:
        raise ScaffoldError(
            f"{address!r} is no address of a product: expected {ADDRESS_SHAPE}, no two _ in a row"
        )
    domain = _domain(root, address)
    inputs = [_input(root, address, port) for port in dict.fromkeys(reads)]
    name = address.partition(".")[2]
    contents = {
        root / "domains" / domain.name / name / "product.yaml": _product(address, inputs),
        root / "domains" / domain.name / name / "contract.yaml": _contract(address, inputs),
        root / "dags" / domain.name / f"{name}.py": _dag(address, inputs),
        root / "dbt" / "models" / domain.name / f"{name}.sql": _model(address, inputs),
    }
    there = [path for path in contents if path.exists()]
    if there:
        named = ", ".join(str(path.relative_to(root)) for path in there)
        raise ScaffoldError(f"{address} has files already: {named}. Nothing was written")
    for path, content in contents.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return list(contents)


def _domain(root: Path, address: str) -> Domain:
    name = split_address(address)[0]
    try:
        domains = load_domains(root)
    except MeshError as error:
        raise ScaffoldError(f"the domains cannot be read:\n{error}") from None
    if name not in domains:
        hint = did_you_mean(name, domains) or f"known are {', '.join(domains)}"
        raise ScaffoldError(f"there is no domain {name!r} ({hint}); a domain is a folder with a domain.yaml")
    return domains[name]


def _input(root: Path, address: str, port: str) -> Product:
    if port == address:
        raise ScaffoldError(f"{address} cannot read itself")
    try:
        return load_product(root, port)
    except MeshError as error:
        first: Problem = error.problems[0]
        raise ScaffoldError(f"{address} cannot read {port}: {first}") from None


def _title(address: str) -> str:
    return address.partition(".")[2].replace("_", " ").capitalize()


def _source(address: str) -> str:
    return address.partition(".")[2] + "_files"


def _product(address: str, inputs: list[Product]) -> str:
    domain, name = split_address(address)
    lines = [
        "apiVersion: v1.0.0",
        "kind: DataProduct",
        f"id: {address}",
        f"name: {_title(address)}",
        "version: 0.1.0",
        "status: draft",
        f"domain: {domain}",
        "description:",
        f'  purpose: "{FILL_IN} what question it answers, for whom"',
        f'  usage: "{FILL_IN} how to read it right"',
        f'  limitations: "{FILL_IN} what it must not be used for"',
        f"tags: [{domain}]",
    ]
    if inputs:
        lines.append("inputPorts:")
        for port in inputs:
            lines += [
                f"  - name: {port.name}",
                f"    version: {port.contract.version}",
                f"    contractId: {port.address}",
            ]
    lines += [
        "outputPorts:",
        f"  - name: {name}",
        "    type: iceberg",
        "    version: 0.1.0",
        f"    contractId: {address}",
    ]
    if not inputs:
        lines += [
            "customProperties:",
            "  - property: sources",
            "    value:",
            f"      # lands under s3://{domain}-landing/{_source(address)}/dt=YYYY-MM-DD/",
            f"      - name: {_source(address)}",
            "        format: json   # one object a line; or csv, or parquet",
        ]
    return "\n".join(lines) + "\n"


def _contract(address: str, inputs: list[Product]) -> str:
    domain, name = split_address(address)
    lines = [
        "apiVersion: v3.2.0",
        "kind: DataContract",
        f"id: {address}",
        f"name: {_title(address)}",
        "version: 0.1.0",
        "status: draft",
        f"domain: {domain}",
        f"dataProduct: {address}",
        "description:",
        f'  purpose: "{FILL_IN} what it promises"',
        f'  usage: "{FILL_IN} how to read it right"',
        f'  limitations: "{FILL_IN} what it does not promise"',
        "schema:",
        f"  - name: {name}",
        "    physicalType: table",
        f'    description: "{FILL_IN} what one row is"',
        f'    dataGranularityDescription: "{FILL_IN} one row per what"',
        "    properties:",
        *_column(
            Column("data_day", "date", "date", "Data day the row belongs to."), position=1, partitioned=True
        ),
    ]
    for position, column in enumerate(_keys(inputs), start=2):
        lines += _column(column, position=position)
    lines += [
        "    quality:",
        "      - name: the day brought rows",
        "        metric: rowCount",
        "        mustBeGreaterThan: 0",
        "# Who may read it: one role a domain, with the columns it needs.",
        "roles: []",
        "slaProperties:",
        "  - property: frequency",
        "    value: 1",
        "    unit: d",
    ]
    return "\n".join(lines) + "\n"


def _column(column: Column, *, position: int, partitioned: bool = False) -> list[str]:
    lines = [
        f"      - name: {column.name}",
        f"        logicalType: {column.logical_type}",
        f"        physicalType: {column.physical_type}",
        f'        description: "{column.description}"',
        "        primaryKey: true",
        f"        primaryKeyPosition: {position}",
        "        required: true",
        f"        classification: {column.classification}",
    ]
    return [*lines, "        partitioned: true"] if partitioned else lines


def _keys(inputs: list[Product]) -> list[Column]:
    """Return the columns that tell one row of a day from another: of the first input port, or an id."""
    if inputs:
        contract = inputs[0].contract
        keys = [contract.column(name) for name in contract.primary_key if name != "data_day"]
        if keys:
            return keys
    return [Column("event_id", "string", "varchar(40)", f"{FILL_IN} what this tells apart")]


def _dag(address: str, inputs: list[Product]) -> str:
    if inputs:
        ports = " and ".join(f"`{port.address}`" for port in inputs)
        when, schedule, reason = f"It runs when {ports} published a day.", "", ""
    else:
        when = "It runs every day, for the day before."
        schedule = ', schedule="0 5 * * *"'
        reason = f"# {FILL_IN} why then: when the day before has landed\n"
    calls = {
        verb.name: f'{verb.name}("{_source(address)}")' if verb.arguments == "sources" else f"{verb.name}()"
        for verb in VERBS.values()
        if verb.is_usual and not (inputs and verb.arguments == "sources")
    }
    return f'''"""# {_title(address)}

{FILL_IN} what it is, in a sentence. {when}

**When it fails**
* {FILL_IN} what to look at, and whom to ask.
"""

from airflow.sdk import chain

from interline.airflow.dag import data_product
from interline.airflow.verbs import {", ".join(sorted(calls))}

{reason}with data_product("{address}"{schedule}, file=__file__, doc_md=__doc__):
    chain({", ".join(calls.values())})
'''


def _model(address: str, inputs: list[Product]) -> str:
    domain = split_address(address)[0]
    head = f"-- {FILL_IN} what one row of a data day is. Only this day's rows: publishing replaces the day.\n"
    columns = ["  {{ data_day() }} as data_day"]
    if inputs:
        port = inputs[0]
        columns += [f"  i.{column.name}" for column in _keys(inputs)]
        day = (
            "i.data_day = {{ data_day() }}"
            if port.contract.keeps_history
            else f"true -- {FILL_IN} which rows"
        )
        source = f"{{{{ source('{port.domain.name}', '{port.name}') }}}} as i\nwhere {day}\n"
    else:
        columns.append("  cast({{ landed_text('i.event_id') }} as varchar(40)) as event_id")
        source = (
            f"{{{{ source('{landing_database(domain)}', '{_source(address)}') }}}} as i\n"
            "where i.dt = {{ landing_day() }}\n"
        )
    return f"{head}select\n" + ",\n".join(columns) + f"\nfrom {source}"
