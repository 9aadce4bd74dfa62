"""Reading what a domain declares: ``domain.yaml``, and the ``product.yaml`` and ``contract.yaml`` of a product.

Imported only when a text really has to be read: the pydantic models behind it take longer to make than a DAG.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from interline.contracts.model.contract import Contract
from interline.contracts.model.domain import Domain, Team
from interline.contracts.model.names import NAME_SHAPE, contract_id, is_name
from interline.contracts.model.product import ProductFile
from interline.contracts.model.row_tests import ExistsIn
from interline.contracts.odcs.reader import contract_of
from interline.contracts.odps import product_of
from interline.contracts.problems import MeshError, Problem
from interline.contracts.yaml.reader import Document, read
from interline.contracts.yaml.validate import validate

_ACCOUNT = re.compile(r"[0-9]{12}")
_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-[0-9]")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class _Team(BaseModel):
    model_config = ConfigDict(extra="ignore")
    name: str
    email: str
    channel: str | None = None


class _DomainFile(BaseModel):
    model_config = ConfigDict(extra="ignore")
    name: str
    account: str
    region: str
    description: str
    team: _Team


def read_domain(path: Path) -> Domain:
    """Read ``domains/<name>/domain.yaml``.

    Raises:
        MeshError: the file is missing or wrong.
    """
    document = read(path)
    parsed = validate(document, _DomainFile)
    problems = list(_problems(document, parsed))
    if problems:
        raise MeshError(problems)
    team = Team(parsed.team.name, parsed.team.email, parsed.team.channel)
    return Domain(parsed.name, parsed.account, parsed.region, parsed.description.strip(), team)


def _problems(document: Document, parsed: _DomainFile) -> list[Problem]:
    problems: list[Problem] = []
    folder = document.path.parent.name
    if not is_name(parsed.name):
        problems.append(
            document.problem(("name",), f"{parsed.name!r} cannot name a domain", f"expected {NAME_SHAPE}")
        )
    elif parsed.name != folder:
        problems.append(
            document.problem(("name",), f"name is {parsed.name!r} in the folder {folder!r}", "use one name")
        )
    if not _ACCOUNT.fullmatch(parsed.account):
        problems.append(
            document.problem(
                ("account",), f"{parsed.account!r} is no AWS account", "expected 12 digits in quotes"
            )
        )
    if not _REGION.fullmatch(parsed.region):
        problems.append(
            document.problem(
                ("region",), f"{parsed.region!r} is no AWS Region", "expected something like us-east-1"
            )
        )
    if not _EMAIL.fullmatch(parsed.team.email):
        problems.append(
            document.problem(
                ("team", "email"), f"{parsed.team.email!r} is no e-mail address", "team@example.com"
            )
        )
    return problems


def read_product_files(folder: Path, address: str) -> tuple[ProductFile, Contract]:
    """Read ``product.yaml`` and ``contract.yaml`` in the folder of the product at ``address``.

    Raises:
        MeshError: one of them is missing or wrong; the error lists the problems of both.
    """
    name = address.partition(".")[2]
    if not is_name(name):
        raise MeshError([Problem(folder, 0, f"{name!r} cannot name a product", f"expected {NAME_SHAPE}")])
    problems: list[Problem] = []
    file: ProductFile | None = None
    contract: Contract | None = None
    try:
        file = product_of(read(folder / "product.yaml"), address)
    except MeshError as error:
        problems += error.problems
    try:
        contract = contract_of(read(folder / "contract.yaml"), address)
    except MeshError as error:
        problems += error.problems
    if file is None or contract is None:
        raise MeshError(problems)
    return file, _pointed(contract, file)


def _pointed(contract: Contract, file: ProductFile) -> Contract:
    """Return the contract with its references to ports pointing to the major versions that the product reads."""
    read = {contract_id(address): address for address in file.inputs}
    if all(plain == address for plain, address in read.items()):
        return contract
    rules = tuple(
        replace(rule, test=replace(rule.test, relation=read[rule.test.relation]))
        if isinstance(rule.test, ExistsIn) and rule.test.relation in read
        else rule
        for rule in contract.row_rules
    )
    return replace(contract, row_rules=rules)
