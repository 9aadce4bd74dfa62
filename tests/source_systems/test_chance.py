"""Draws repeat, spread evenly and follow their weights."""

import numpy as np
import pytest

from local.source_systems.chance import Chance


def test_same_subject_and_name_draw_the_same() -> None:
    first = Chance(7, "bookings", "2013-01-01").words("lead", 1000)
    assert np.array_equal(first, Chance(7, "bookings", "2013-01-01").words("lead", 1000))


def test_a_longer_stream_begins_like_a_shorter_one() -> None:
    chance = Chance(7, "members")
    assert np.array_equal(chance.words("age", 10), chance.words("age", 1000)[:10])


@pytest.mark.parametrize(
    ("other", "name"),
    [(Chance(8, "bookings"), "lead"), (Chance(7, "searches"), "lead"), (Chance(7, "bookings"), "flight")],
)
def test_another_seed_subject_or_name_draws_something_else(other: Chance, name: str) -> None:
    words = Chance(7, "bookings").words("lead", 1000)
    assert not np.isin(other.words(name, 1000), words).any()


def test_the_words_of_a_stream_are_pinned() -> None:
    # Everything that is generated follows from these: if they change, every file changes.
    assert [f"{word:016x}" for word in Chance(1, "pinned").words("stream", 3).tolist()] == [
        "21d860c08b274687",
        "0fcd55ccb8336600",
        "216d9cd580d67a70",
    ]


def test_uniform_numbers_fill_the_interval_evenly() -> None:
    numbers = Chance(7, "spread").uniform("u", 100_000)
    assert numbers.min() >= 0
    assert numbers.max() < 1
    tenths = np.bincount((numbers * 10).astype(int), minlength=10)
    assert abs(tenths - 10_000).max() < 500
    assert abs(np.corrcoef(numbers[:-1], numbers[1:])[0, 1]) < 0.02


def test_between_includes_both_ends() -> None:
    assert set(Chance(7, "dice").between("roll", 1000, 1, 6).tolist()) == {1, 2, 3, 4, 5, 6}


def test_choose_follows_the_weights() -> None:
    chosen = np.bincount(Chance(7, "urn").choose("ball", 100_000, [1, 0, 3]), minlength=3)
    assert chosen[1] == 0
    assert chosen[2] / chosen[0] == pytest.approx(3, rel=0.05)
