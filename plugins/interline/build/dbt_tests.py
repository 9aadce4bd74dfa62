"""A contract's rules as dbt tests, for people who work on a model with dbt itself.

In a run the same rules are checked by ``check``, which sets rows aside instead of failing. Here each rule is a singular
test over what dbt built: it gives the rows, or the number, that break the rule. The predicates are those of ``check``.
"""

from __future__ import annotations

from interline.contracts import BatchRule, Contract, Product, RowRule
from interline.contracts.model.rules import Limit
from interline.quarantine.rule_sql import measure, row_predicate
from interline.sql.quoting import literal
from interline.sql.tables import Tables

_DAY = "0007-03-11"
"""Stands for the data day until the text is a template: a day that no contract has a reason to name."""
_RULE_OF_DAY = "{{ env_var('INTERLINE_DATA_DAY') }}"


class _Built(Tables):
    """The relations of a product when nothing has been checked yet."""

    @property
    def checked(self) -> str:
        """The rows that a batch rule measures: all that were built."""
        return self.batch


def contract_tests(product: Product) -> dict[str, str]:
    """Return the SQL templates of a contract's tests by name; a name begins with the product's.

    Raises:
        ValueError: SQL in the contract is not what it should be.
    """
    contract = product.contract
    tables = _Built(product.domain.name, product.name)
    tests = {
        f"{product.name}__{rule.name}": _row_test(contract, rule, tables, product.name)
        for rule in contract.row_rules
    }
    for rule in contract.batch_rules:
        tests[f"{product.name}__{rule.name}"] = _batch_test(contract, rule, tables, product.name)
    return tests


def as_text(text: str) -> str:
    """Return a text of a person as a template that gives the same text: dbt renders whatever it is given."""
    for mark in ("{{", "{%", "{#"):
        if mark in text:
            return "".join(
                f"{{{{ {character!r} }}}}" if character == "{" else character for character in text
            )
    return text


def _row_test(contract: Contract, rule: RowRule, tables: Tables, model: str) -> str:
    predicate, join = row_predicate(contract, rule, tables, _DAY)
    sql = f"{join} where {predicate}"
    return f"select batch.* from {_model(model)} as batch{_template(sql)}\n"


def _batch_test(contract: Contract, rule: BatchRule, tables: Tables, model: str) -> str:
    number = _template(measure(contract, rule, tables, _DAY)).replace(_template(tables.batch), _model(model))
    severity = "" if rule.fails else "{{ config(severity='warn') }}\n"
    return (
        f"{severity}select measured.number from (select {number} as number) as measured"
        f" where measured.number is null or not ({_holds(rule.limit)})\n"
    )


def _holds(limit: Limit) -> str:
    if limit.high is not None:
        within = f"measured.number > {literal(limit.low)} and measured.number < {literal(limit.high)}"
        return within if limit.operator == "between" else f"not ({within})"
    return f"measured.number {limit.operator} {literal(limit.low)}"


def _model(name: str) -> str:
    return f"{{{{ ref('{name}') }}}}"


def _template(sql: str) -> str:
    return as_text(sql).replace(_DAY, _RULE_OF_DAY)
