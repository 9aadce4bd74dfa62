"""A product's models: rendered, parsed, and followed from the port back to what it reads.

A model may name what `build` gives it and nothing else: its own helper models (``ref``), and as ``source`` its landing
sources, its input ports, and the scores of its model.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, SqlglotError

from interline.build.dbt_project import SCORES_SUFFIX
from interline.contracts import Mesh, MeshError, Problem, Product, did_you_mean, split_address
from interline.contracts.model.names import curated_database, domain_of_landing
from interline.review.dag_files import read_dag_file
from interline.review.lineage.column_origins import Unresolved, lineage_of
from interline.review.lineage.model_template import DATA_DAY, Named, Rendered, Renderer, Setting, Unknown
from interline.review.lineage.relations import Lineage, Origin, Relation

_SQLGLOT = logging.getLogger("sqlglot")
_MOST_STATEMENTS = 500
"""Texts of SQL whose trees are kept: a mesh and its base have most of their models in common."""


@dataclass(frozen=True)
class ColumnUse:
    """One column of an input port or landing source that a model uses, and where it first names it."""

    path: Path
    line: int
    address: str
    column: str


@dataclass
class Followed:
    """What the models of one product do, and what is wrong with them."""

    port: Lineage | None = None
    uses: list[ColumnUse] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def follow(mesh: Mesh, product: Product, renderer: Renderer) -> Followed:
    """Follow the columns of a product's port through its models.

    Every model is read, also helpers that nothing names; what can't be followed is in the result's problems.
    """
    models = ProductModels(mesh, product, renderer)
    for name in models.files:
        models.lineage(name)
    return Followed(models.done.get(product.name), models.uses, models.problems)


class ProductModels:
    """The models of one product: the port's and its helpers'."""

    def __init__(self, mesh: Mesh, product: Product, renderer: Renderer, data_day: str = DATA_DAY) -> None:
        self._mesh = mesh
        self._product = product
        self._renderer = renderer
        self._data_day = data_day
        folder = mesh.root / "dbt" / "models" / product.domain.name
        port = folder / f"{product.name}.sql"
        self.files = {
            path.stem: path
            for path in (port, *sorted((folder / product.name).glob("*.sql")))
            if path.is_file()
        }
        self.done: dict[str, Lineage] = {}
        self.uses: list[ColumnUse] = []
        self.problems: list[Problem] = []
        self._relations: dict[tuple[str, str], Relation] = {}
        self._open: list[str] = []
        self._failed: set[str] = set()

    def lineage(self, name: str) -> Lineage | None:
        """Return the lineage of one model, following the helpers it names first; None if it can't be followed."""
        if name in self.done or name in self._failed:
            return self.done.get(name)
        path = self.files[name]
        self._open.append(name)
        try:
            self.done[name] = self._follow(name, path)
        except MeshError as error:
            self._failed.add(name)
            self.problems += error.problems
        finally:
            self._open.pop()
        return self.done.get(name)

    def setting(self, name: str) -> Setting:
        """Return what a model is rendered for."""
        domain = self._product.domain
        return Setting(
            relation_of=self._relation_of,
            this=_spelt(domain.cluster, domain.schema, name),
            environment={
                "INTERLINE_DATA_DAY": self._data_day,
                "INTERLINE_REDSHIFT_CLUSTER": domain.cluster,
                "INTERLINE_REDSHIFT_DATABASE": domain.cluster,
                "INTERLINE_REDSHIFT_SCHEMA": domain.schema,
                "AWS_REGION": domain.region,
            },
        )

    def _follow(self, name: str, path: Path) -> Lineage:
        self._relations[self._product.domain.schema, name] = Relation(name, None, {})
        variants = [self._renderer.render(path, self.setting(name))]
        if variants[0].reads_is_incremental:
            variants.append(self._renderer.render(path, self.setting(name), incremental=True))
        self._follow_helpers(name, variants)
        found: list[Lineage] = []
        for rendered in variants:
            query = _parsed(rendered)
            try:
                lineage = lineage_of(query, self._table)
            except Unresolved as error:
                raise MeshError([Problem(path, rendered.line(error.line), str(error), error.hint)]) from None
            if lineage.opaque:
                message = f"gives every column of {' and '.join(lineage.opaque)}, whatever they are"
                raise MeshError([Problem(path, 0, message, "name the columns that the model is to have")])
            for use in lineage.uses.values():
                self.uses.append(
                    ColumnUse(path, rendered.line(use.line) if use.line else 0, use.relation, use.column)
                )
            lineage.lines = {
                column: rendered.line(line) if line else 0 for column, line in lineage.lines.items()
            }
            found.append(lineage)
        return found[0]

    def _follow_helpers(self, name: str, variants: list[Rendered]) -> None:
        """Follow the helpers that a model names before the model, so that their columns are known."""
        path = self.files[name]
        for named in {named for rendered in variants for named in rendered.named if named.kind == "ref"}:
            helper = named.words[0]
            if helper in self._open:
                circle = " → ".join([*self._open[self._open.index(helper) :], helper])
                raise MeshError([Problem(path, named.line, f"models wait for each other: {circle}")])
            lineage = self.lineage(helper)
            columns = tuple(lineage.columns) if lineage is not None else None
            origins = lineage.columns if lineage is not None else {}
            self._relations[self._product.domain.schema, helper] = Relation(helper, columns, origins)
        scores = self._product.name + SCORES_SUFFIX
        if any(named.words[-1] == scores for rendered in variants for named in rendered.named):
            self._relations[self._product.domain.schema, scores] = self._scores(scores)

    def _table(self, table: exp.Table) -> Relation:
        parts = [part.name.lower() for part in table.parts]
        relation = self._relations.get((parts[-2], parts[-1])) if len(parts) > 1 else None
        if relation is None:
            line = next((node.meta["line"] for node in table.walk() if node.meta.get("line")), 0)
            raise Unresolved(
                f"names the table {'.'.join(parts)} itself",
                line,
                "write {{ source('…', '…') }} for a source or an input port, {{ ref('…') }} for a helper model",
            )
        return relation

    def _relation_of(self, named: Named) -> str:
        """Return the SQL name of what a model names, and remember what it stands for."""
        return self._ref(named) if named.kind == "ref" else self._source(named)

    def _ref(self, named: Named) -> str:
        product, (name,) = self._product, named.words
        if name not in self.files or name == product.name:
            raise Unknown(*self._unknown_model(name))
        return _spelt(product.domain.cluster, product.domain.schema, name)

    def _unknown_model(self, name: str) -> tuple[str, str]:
        """Say whose model it is that may not be named."""
        own = self._product
        if name == own.name:
            return f"ref({name!r}) is the port itself", "a model can't read what it makes"
        models = self._mesh.root / "dbt" / "models"
        for path in sorted(models.glob(f"*/{name}.sql")):
            owner = f"{path.parent.name}.{name}"
            if owner in self._mesh.products:
                where = f"source('{path.parent.name}', '{name}')"
                return f"ref({name!r}) is the port {owner}", f"read it as {where}, and add it to inputPorts"
        for path in sorted(models.glob(f"*/*/{name}.sql")):
            owner = f"{path.parent.parent.name}.{path.parent.name}"
            whose = (
                "of another domain" if path.parent.parent.name != own.domain.name else "of another product"
            )
            return (
                f"ref({name!r}) is a private model {whose}: {owner}",
                f"read the port: source('{path.parent.parent.name}', '{path.parent.name}'), an input port of yours",
            )
        helpers = [helper for helper in self.files if helper != own.name]
        folder = f"dbt/models/{own.domain.name}/{own.name}/"
        return f"there is no model {name!r} of {own.address}", did_you_mean(
            name, helpers
        ) or f"helpers are in {folder}"

    def _source(self, named: Named) -> str:
        product = self._product
        domain, (schema, name) = product.domain, named.words
        if schema == domain.landing_database:
            names = [source.name for source in product.sources]
            if name not in names:
                hint = did_you_mean(name, names) or f"product.yaml declares {', '.join(names) or 'none'}"
                raise Unknown(f"{product.address} has no source {name!r}", hint)
            self._relations[domain.landing_database, name] = Relation(f"{schema}.{name}", None)
            return _spelt(domain.cluster, domain.landing_database, name)
        if schema == f"{domain.name}_models":
            if name != product.name + SCORES_SUFFIX:
                hint = f"its scores are source('{schema}', '{product.name + SCORES_SUFFIX}')"
                raise Unknown(f"source({schema!r}, {name!r}) is no table of {product.address}", hint)
            return _spelt(domain.cluster, domain.schema, name)
        address = product.inputs_by_source.get((schema, name))
        if address is None:
            nowhere = [port for port in product.inputs if port not in self._mesh.products]
            if not did_you_mean(f"{schema}.{name}", nowhere):
                raise Unknown(*self._unknown_source(schema, name))
            # the input port is misspelt, which is reported for product.yaml
            address = f"{schema}.{name}"
        producer, table = split_address(address)
        self._relations[curated_database(producer), table] = port_relation(self._mesh, product, address)
        return _spelt(domain.cluster, curated_database(producer), table)

    def _unknown_source(self, schema: str, name: str) -> tuple[str, str]:
        product = self._product
        address = f"{schema}.{name}"
        call = f"source({schema!r}, {name!r})"
        known = list(product.inputs_by_source)
        if address in self._mesh.products:
            hint = did_you_mean(address, [".".join(words) for words in known])
            return (
                f"{call} is no input port of {product.address}",
                hint or f"add {address} to inputPorts in product.yaml",
            )
        owner = domain_of_landing(schema)
        if owner in self._mesh.domains:
            return f"{call} is what lands for another domain", f"read a port of {owner}"
        spelt = [f"source('{one}', '{two}')" for one, two in known]
        spelt += [
            f"source('{product.domain.landing_database}', '{source.name}')" for source in product.sources
        ]
        hint = did_you_mean(call, spelt) or f"it may read {', '.join(spelt)}"
        return f"{call} is no source and no input port of {product.address}", hint

    def _scores(self, name: str) -> Relation:
        """Return the table of scores: its columns are declared in the DAG file, made of the features by a script.

        What the script does with the features nobody knows, so every score is made of all of them; a column that the
        features have under the same name is that column.
        """
        path = self._mesh.root / "dags" / self._product.domain.name / f"{self._product.name}.py"
        try:
            declared = read_dag_file(path)
        except MeshError:
            declared = None
        if declared is None or not declared.scores:
            return Relation(name, None, {})
        features = self.lineage(declared.features) if declared.features in self.files else None
        made: Mapping[str, frozenset[Origin]] = features.columns if features is not None else {}
        everything = frozenset(origin for origins in made.values() for origin in origins)
        return Relation(
            name, declared.scores, {column: made.get(column, everything) for column in declared.scores}
        )


def port_relation(mesh: Mesh, reader: Product, address: str) -> Relation:
    """Return a port as the reading product sees it: with a role, only the granted columns."""
    producer = mesh.products.get(address)
    if producer is None:
        return Relation(address, None)
    contract = producer.contract
    granted = contract.column_names
    if producer.domain.name != reader.domain.name:
        for role in contract.roles:
            if role.domain == reader.domain.name:
                granted = contract.readable_by(role)
    return Relation(address, granted, hidden=frozenset(contract.column_names) - frozenset(granted))


@lru_cache(_MOST_STATEMENTS)
def _statements(sql: str) -> tuple[exp.Expr | None, ...]:
    """Return the trees of a text of SQL, which nobody may change: following them only reads."""
    return tuple(sqlglot.parse(sql, dialect="redshift"))


def _parsed(rendered: Rendered) -> exp.Query:
    path = rendered.path
    level = _SQLGLOT.level
    try:
        # what it thinks of a statement that is no query is reported below, as a problem
        _SQLGLOT.setLevel(logging.CRITICAL)
        statements = _statements(rendered.sql)
    except ParseError as error:
        first = error.errors[0] if error.errors else {}
        line = rendered.line(int(first.get("line") or 1))
        near = str(first.get("highlight") or "").strip()
        message = "is no SQL that Redshift could run" + (f", at {near[:40]!r}" if near else "")
        raise MeshError([Problem(path, line, message, str(first.get("description") or "")[:100])]) from None
    except (SqlglotError, RecursionError) as error:
        reason = (
            "it is nested too deeply" if isinstance(error, RecursionError) else str(error).splitlines()[0]
        )
        raise MeshError([Problem(path, 0, f"is no SQL that can be read: {reason[:200]}")]) from None
    finally:
        _SQLGLOT.setLevel(level)
    found = [statement for statement in statements if statement is not None]
    if len(found) != 1 or not isinstance(found[0], exp.Query):
        word = found[0].name if found and isinstance(found[0], exp.Command) else found[0].key if found else ""
        what = (
            f"{len(found)} statements" if len(found) != 1 else f"a statement that begins with {word.upper()}"
        )
        raise MeshError([Problem(path, 0, f"is {what}; expected one SELECT", "dbt makes the table from it")])
    return found[0]


def _spelt(database: str, schema: str, table: str) -> str:
    """Return a relation as dbt spells it."""
    return f'"{database}"."{schema}"."{table}"'
