"""Models as Redshift receives them: dbt's Jinja rendered with a few stand-ins, parsed by sqlglot.

dbt itself renders them in the tests of the whole mesh; here they are only read.
"""

from __future__ import annotations

import datetime
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import jinja2
import sqlglot
from sqlglot import exp

ROOT = Path(__file__).resolve().parents[2]
MODELS = ROOT / "dbt" / "models"


def model_files() -> list[Path]:
    """Every model of the repository."""
    return sorted(MODELS.rglob("*.sql"))


@cache
def rendered(path: Path, data_day: str = "2013-01-02") -> str:
    """The SQL of a model; a source becomes ``source__table``, another model ``ref.model``."""
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)  # noqa: S701 - it is SQL
    environment.globals.update(
        env_var={"INTERLINE_DATA_DAY": data_day}.__getitem__,
        modules=SimpleNamespace(datetime=datetime),
        config=lambda **_: "",
        ref=lambda model: f"ref.{model}",
        source=lambda source, table: f"{source}.{table}",
    )
    macros = "\n".join(file.read_text() for file in sorted((ROOT / "dbt" / "macros").glob("*.sql")))
    return environment.from_string(f"{macros}\n{path.read_text()}").render()


@cache
def parsed(path: Path) -> exp.Query:
    """The statement of a model."""
    statements = sqlglot.parse(rendered(path), read="redshift")
    assert len(statements) == 1
    statement = statements[0]
    assert isinstance(statement, exp.Query)
    return statement
