"""A dbt project for one product: the shared macros, the product's models, and properties made from its contract.

Nobody writes dbt YAML. What a product's columns are stands in its contract, and a project of its own per build means that
one domain's broken model never stops another's build.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from interline.build.built_day import begin_build
from interline.build.dbt_tests import as_text, contract_tests
from interline.contracts import Domain, Product, split_address
from interline.contracts.model.column_types import LONGEST_VARCHAR
from interline.contracts.model.names import curated_database
from interline.quarantine.table import SOURCE_COLUMN
from interline.sql.quoting import identifier, literal
from interline.sql.tables import Tables

_SOURCE = re.compile(rf"\b{SOURCE_COLUMN}\b")
_DATA_DAY = "cast('{{ env_var('INTERLINE_DATA_DAY') }}' as date)"
SCORES_SUFFIX = "_scores"
"""``score`` copies a batch transform's output to ``<product>_scores``; models read it from ``<domain>_models``."""


class DbtProjectError(RuntimeError):
    """The product has no model, or a model for nothing."""


def write_project(product: Product, root: Path, folder: Path, *, tests: bool = False) -> list[str]:
    """Write the project of a product into an empty folder and return the names of its models.

    ``root`` holds ``dbt/``. The port's model is ``dbt/models/<domain>/<product>.sql``; models beside it in the folder
    ``<product>/`` are private helpers. With ``tests``, the contract's rules are there as dbt tests too: a build leaves
    them out, because ``check`` holds the same rules afterwards.

    Raises:
        DbtProjectError: the port's model is missing.
    """
    source = root / "dbt"
    port = source / "models" / product.domain.name / f"{product.name}.sql"
    if not port.is_file():
        raise DbtProjectError(f"{product.address} has no model: expected {port.relative_to(root)}")
    helpers = sorted((port.parent / product.name).glob("*.sql"))
    models = folder / "models"
    models.mkdir(parents=True)
    for path in (port, *helpers):
        shutil.copyfile(path, models / path.name)
    if (source / "macros").is_dir():
        shutil.copytree(source / "macros", folder / "macros")
    shutil.copyfile(source / "profiles.yml", folder / "profiles.yml")
    project = yaml.safe_load((source / "dbt_project.yml").read_text())
    project["on-run-start"] = ["{{ external_schemas() }}", "{{ begin_build() }}"]
    _write(folder / "dbt_project.yml", project)
    (folder / "macros").mkdir(exist_ok=True)
    for name, statements in (
        ("external_schemas", external_schemas(product)),
        ("begin_build", begin_build(Tables(product.domain.name, product.name), _DATA_DAY)),
    ):
        (folder / "macros" / f"{name}.sql").write_text(_running_macro(name, statements))
    if tests:
        (folder / "tests").mkdir()
        for name, sql in contract_tests(product).items():
            (folder / "tests" / f"{name}.sql").write_text(sql, encoding="utf-8")
    names = [path.stem for path in (port, *helpers)]
    names_source = _SOURCE.search(port.read_text(encoding="utf-8")) is not None
    _write(models / "properties.yml", properties(product, names[1:], names_source=names_source))
    return names


def properties(product: Product, helpers: Sequence[str], *, names_source: bool = False) -> dict[str, Any]:
    """Return dbt's properties of the port's model, its helpers, its sources and its group.

    ``names_source`` says that the model selects, beside the contract's columns, the object that each row came from.
    """
    domain = product.domain
    beside = [
        (SOURCE_COLUMN, f"varchar({LONGEST_VARCHAR})", "The object that the row came from; never published.")
    ]
    columns = [
        (column.name, column.physical_type, as_text(column.description))
        for column in product.contract.columns
    ]
    if names_source and SOURCE_COLUMN not in product.contract.column_names:
        columns += beside
    port = {
        "name": product.name,
        "description": as_text(product.contract.table_description or product.contract.purpose),
        "config": {
            "materialized": "table",
            "contract": {"enforced": True},
            "access": "public",
            "group": domain.name,
        },
        "columns": [
            {"name": name, "data_type": data_type, "description": described}
            for name, data_type, described in columns
        ],
    }
    private = [{"name": name, "config": {"access": "private", "group": domain.name}} for name in helpers]
    return {
        "version": 2,
        "groups": [{"name": domain.name, "owner": {"name": domain.team.name, "email": domain.team.email}}],
        "models": [port, *private],
        "sources": _sources(product),
    }


def _running_macro(name: str, statements: Sequence[str]) -> str:
    """Return a macro that runs statements; ``dbt_project.yml`` itself stays the same for every product.

    dbt parses a project anew when that file changes, and keeps what it parsed when only a macro does.
    """
    running = "".join(
        "{% set statement %}" + statement + "{% endset %}{% do run_query(statement) %}\n"
        for statement in statements
    )
    return f"{{% macro {name}() %}}\n{{% if execute %}}\n{running}{{% endif %}}\n{{% endmacro %}}\n"


def external_schemas(product: Product) -> list[str]:
    """Return the statements that make the external schemas a build and a publish of the product need.

    Source: CREATE EXTERNAL SCHEMA, Amazon Redshift Database Developer Guide; the schema acts as the domain's role,
    so Lake Formation decides for that role what can be read through it.
    """
    databases = [product.domain.curated_database]
    if product.sources:
        databases.append(product.domain.landing_database)
    databases += [curated_database(split_address(address)[0]) for address in product.inputs]
    return [_external_schema(name, product.domain) for name in dict.fromkeys(databases)]


def _external_schema(database: str, domain: Domain) -> str:
    return (
        f"create external schema if not exists {identifier(database)} from data catalog"
        f" database {literal(database)} iam_role {literal(domain.role_arn)}"
    )


def _sources(product: Product) -> list[dict[str, Any]]:
    domain = product.domain.name
    sources: list[dict[str, Any]] = []
    if product.sources:
        landing = product.domain.landing_database
        tables = [{"name": source.name} for source in product.sources]
        sources.append({"name": landing, "schema": landing, "tables": tables})
    ports: dict[str, list[dict[str, str]]] = {}
    for (producer, name), address in product.inputs_by_source.items():
        table = split_address(address)[1]
        known_as = {} if name == table else {"identifier": table}
        ports.setdefault(producer, []).append({"name": name, **known_as})
    sources += [
        {"name": producer, "schema": curated_database(producer), "tables": tables}
        for producer, tables in ports.items()
    ]
    scores = [{"name": product.name + SCORES_SUFFIX}]
    sources.append({"name": f"{domain}_models", "schema": product.domain.schema, "tables": scores})
    return sources


def _write(path: Path, content: dict[str, Any]) -> None:
    """Write YAML as JSON, which every YAML reader reads alike."""
    path.write_text(json.dumps(content, indent=1) + "\n")
