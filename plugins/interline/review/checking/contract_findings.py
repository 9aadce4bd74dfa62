"""What a check says of one contract beyond its shape: problems, and what it promises that nothing executes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from interline.contracts import Problem, Product
from interline.contracts.model.contract import Role
from interline.contracts.model.row_tests import Holds
from interline.contracts.model.rules import Query
from interline.contracts.model.yaml_path import YamlPath
from interline.contracts.odcs.json_schema import standard_problems
from interline.contracts.yaml.reader import Document, read
from interline.quarantine.batch_check import plan_check
from interline.quarantine.release_sql import LONGEST_STATEMENT
from interline.sql.predicates import checked_expression, checked_query
from interline.sql.row_filters import checked_row_filter
from interline.sql.tables import Tables

_SURE_TO_FIT = 100
"""Row rules that need not be counted: with so few nobody has come near the longest statement."""


def contract_problems(product: Product) -> list[Problem]:
    """Return what is wrong with a contract that could be read: against the standard's schema, and in its SQL."""
    document = read(product.folder / "contract.yaml")
    of_sql = list(_sql_problems(product, document))
    return sorted(
        {*standard_problems(document), *of_sql, *([] if of_sql else _size_problems(product, document))}
    )


def contract_notes(product: Product) -> list[Problem]:
    """Return what a contract says that nothing executes, each with its line; no problem, but nothing to rely on."""
    contract = product.contract
    if not contract.unexecuted:
        return []
    document = read(product.folder / "contract.yaml")
    return sorted(document.problem(note.place, note.message, note.hint) for note in contract.unexecuted)


def _size_problems(product: Product, document: Document) -> Iterator[Problem]:
    """All rules of rows are in one statement, so that each row is checked once."""
    contract = product.contract
    if len(contract.row_rules) <= _SURE_TO_FIT:
        return
    tables = Tables(product.domain.name, product.name)
    statements = plan_check(contract, tables, "2013-01-01", {}).statements
    longest = max(len(statement.encode()) for statement in statements)
    if longest > LONGEST_STATEMENT:
        yield document.problem(
            ("schema", 0),
            f"its {len(contract.row_rules)} rules about rows make a statement of {longest // 1024} KB, and Redshift's Data API"
            " takes 100",
            "make two products of it, or demand less of each row",
        )


def _sql_problems(product: Product, document: Document) -> Iterator[Problem]:
    """Compile everything that holds SQL of a person, each by itself, so that each problem has its line."""
    contract = product.contract
    types = contract.physical_types
    rules = [
        ((*rule.place, "implementation"), partial(checked_expression, rule.test.expression, types, "batch"))
        for rule in contract.row_rules
        if isinstance(rule.test, Holds)
    ]
    queries = [
        ((*rule.place, "query"), partial(checked_query, rule.measure.sql, '"a"."b"', types))
        for rule in contract.batch_rules
        if isinstance(rule.measure, Query)
    ]
    filters = [
        (_place_of_rows(document, role), partial(checked_row_filter, role.rows, contract))
        for role in contract.roles
        if role.rows is not None
    ]
    for place, compile_sql in (*rules, *queries, *filters):
        try:
            compile_sql()
        except ValueError as error:
            yield Problem(document.path, _line_of_sql(document, place, error), str(error))


def _line_of_sql(document: Document, place: YamlPath, error: ValueError) -> int:
    """Return the line of a mistake in SQL: in a block of several lines the one that has it."""
    line = document.line(place)
    text = document.at(place)
    inside = getattr(error, "line", 0)
    if not inside or not isinstance(text, str) or "\n" not in text.strip():
        return line
    # the block begins on the line below its key; blank lines at its head are not part of what is compiled
    return line + inside + len(text) - len(text.lstrip("\n"))


def _place_of_rows(document: Document, role: Role) -> YamlPath:
    """Return where the row condition of a role stands."""
    properties = document.at((*role.place, "customProperties"))
    for position, entry in enumerate(properties if isinstance(properties, list) else ()):
        if entry.get("property") == "rows":
            return (*role.place, "customProperties", position, "value")
    return role.place
