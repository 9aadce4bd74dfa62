"""Whoever owns a domain reviews what the domain promises, orders and computes."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def owners(root: Path) -> dict[str, list[str]]:
    lines = (root / "CODEOWNERS").read_text(encoding="utf-8").splitlines()
    rules = [line.split() for line in lines if line.strip() and not line.startswith("#")]
    assert len({rule[0] for rule in rules}) == len(rules), "a path has two lines; only the last would count"
    return {rule[0]: rule[1:] for rule in rules}


def test_every_domain_owns_its_three_folders(root: Path, owners: dict[str, list[str]]) -> None:
    domains = sorted(file.parent.name for file in (root / "domains").glob("*/domain.yaml"))
    assert len(domains) >= 4
    for domain in domains:
        for folder in (f"domains/{domain}", f"dags/{domain}", f"dbt/models/{domain}"):
            if (root / folder).is_dir():
                assert owners.get(f"/{folder}/") == [f"@interline/{domain}"], folder


def test_every_line_is_about_something_that_exists(root: Path, owners: dict[str, list[str]]) -> None:
    for path in owners:
        assert path == "*" or (root / path.strip("/")).exists(), path


def test_the_platform_team_owns_the_rest_and_it_comes_first(owners: dict[str, list[str]]) -> None:
    assert next(iter(owners.items())) == ("*", ["@interline/platform"])
