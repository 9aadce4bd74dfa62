"""Hundreds of poisoned batches, made from the contracts' own rules: none leaks, every row is accounted for, releases are exact."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from interline.contracts import product_folders
from tests.engines.conftest import REPOSITORY
from tests.engines.probe_mesh import ADDRESS, write_mesh
from tests.engines.quarantine.checked_product import CheckedProduct
from tests.engines.quarantine.poisons import Kitchen, Poison, batch_poisons

DAY, DAY_BEFORE = "2013-01-02", "2013-01-01"
BASE = 6
"""Good rows in every batch."""
TOGETHER = 8
"""Bad rows in a batch of several."""
LEAST_BATCHES = 200


@dataclass
class Offered:
    """What was offered, and what came of it, over all contracts."""

    batches: int = 0
    rows: int = 0
    poisoned_rows: int = 0
    leaked: int = 0
    unbalanced: int = 0
    released: int = 0
    rules: set[tuple[str, str]] = field(default_factory=set)
    seconds: float = 0.0


@pytest.fixture(scope="module")
def offered() -> Offered:
    return Offered()


@pytest.fixture(scope="module")
def probe_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("poison")
    write_mesh(root, REPOSITORY)
    return root


ADDRESSES = [ADDRESS, *(f"{folder.parent.name}.{folder.name}" for folder in product_folders(REPOSITORY))]


def mixed(base: list[dict[str, Any]], bad: list[dict[str, Any]], random: Random) -> list[dict[str, Any]]:
    """Put bad rows at the front, in the middle, at the end or anywhere among the good ones."""
    place = random.choice((0, len(base) // 2, len(base), random.randrange(len(base) + 1)))
    return [*base[:place], *bad, *base[place:]]


def key_of(product: CheckedProduct, row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in product.product.contract.primary_key)


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_poisoned_row_is_ever_published(address: str, probe_root: Path, offered: Offered) -> None:
    began = time.process_time()
    root = probe_root if address == ADDRESS else REPOSITORY
    product = CheckedProduct(root, address)
    contract = product.product.contract
    random = Random(address)
    kitchen = Kitchen(contract, DAY, random)
    product.make_references(kitchen.known, DAY)
    base = good_base(product, kitchen)
    product.publish(DAY)
    good = product.published()
    assert len(good) == BASE

    for together in offers(kitchen.poisons(), random):
        offer(product, kitchen, base, good, together, offered)
    for poison in batch_poisons(kitchen, base):
        product.batch(poison.rows)
        with pytest.raises(AirflowFailException, match=poison.rule):
            product.check(DAY)
        offered.batches += 1
        offered.leaked += len(product.published() ^ good)
        offered.rules.add((address, poison.rule))
    offered.seconds += time.process_time() - began
    assert offered.leaked == 0
    assert offered.unbalanced == 0


def offers(poisons: list[Poison], random: Random) -> list[list[Poison]]:
    """Return each rule alone in a batch, then everything else that breaks it, several to a batch."""
    by_rule: dict[frozenset[str], list[Poison]] = {}
    for poison in poisons:
        by_rule.setdefault(poison.rules, []).append(poison)
    alone = [random.choice(each) for each in by_rule.values()]
    rest = [poison for poison in poisons if not any(poison is one for one in alone)]
    random.shuffle(rest)
    return [*([poison] for poison in alone), *(rest[n : n + TOGETHER] for n in range(0, len(rest), TOGETHER))]


def good_base(product: CheckedProduct, kitchen: Kitchen) -> list[dict[str, Any]]:
    """Return rows that keep every rule, those of the whole batch too, checked; the seed decides how many tries it takes."""
    for _ in range(50):
        base = [kitchen.good_row() for _ in range(BASE)]
        product.batch(base)
        try:
            numbers = product.check(DAY)
        except AirflowFailException:
            continue
        assert (numbers["rows_checked"], numbers["rows_quarantined"]) == (BASE, 0), numbers
        return base
    raise AssertionError(f"no good batch for {product.product.address}")


def offer(
    product: CheckedProduct,
    kitchen: Kitchen,
    base: list[dict[str, Any]],
    good: set[Any],
    together: list[Poison],
    offered: Offered,
) -> None:
    """Offer a batch with a bad row for each poison among the good ones, publish it, and count."""
    bad = [(kitchen.good_row() | poison.values, poison.rules) for poison in together]
    product.batch(mixed(base, [row for row, _ in bad], kitchen.random))
    numbers = product.check(DAY)
    product.publish(DAY)
    offered.batches += 1
    offered.rows += BASE + len(bad)
    offered.poisoned_rows += len(bad)
    offered.leaked += len(product.published() ^ good)
    parts = numbers["rows_checked"] + numbers["rows_quarantined"] + numbers["rows_released"]
    right = (numbers["rows_in"], numbers["rows_quarantined"]) == (BASE + len(bad), len(bad))
    offered.unbalanced += numbers["rows_in"] != parts or not right
    unreleased = [str(rules).split(",") for (rules,) in product.quarantined(DAY, "rule")]
    report = Counter(rule for rules in unreleased for rule in rules)
    missing = [rule for _, rules in bad for rule in rules if not report[rule]]
    assert not missing, (
        f"{product.product.address}: {together} was not blamed on {missing} but on {unreleased}"
    )
    offered.rules |= {(product.product.address, rule) for poison in together for rule in poison.rules}


def test_the_figure(offered: Offered, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(
            f"\npoisoned batches: {offered.batches} offered, {offered.poisoned_rows} poisoned rows among {offered.rows},"
            f" {len(offered.rules)} rules of {len(ADDRESSES)} contracts: {offered.leaked} leaked,"
            f" {offered.unbalanced} unbalanced, {offered.seconds:.0f} s of CPU"
        )
    assert offered.batches >= LEAST_BATCHES
    assert offered.leaked == 0
