"""The same seed gives the same bytes: in any process, in any order of days."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.source_systems import FIRST_DAY, generate
from tests.source_systems.feeds import days, delivered, digest

ROOT = Path(__file__).resolve().parents[2]

PROGRAM = """
import sys
from datetime import date
sys.path.insert(0, {root!r})
from tests.source_systems.feeds import digest
from local.source_systems import generate
print(digest(file for file in generate(date(2013, 1, 3), scale=0.02) if file.source != "airports"))
"""

PINNED = "1ea9800109f9c29c69a133aac0a6ef9b853b0023cd57442dfceae38bccae0456"
"""Of 2013-01-03 at scale 0.02, seen with Python 3.11 and 3.12. The airports are left out: their list follows
the version of the package. A change of the generator changes this on purpose."""


def test_another_process_generates_the_same_bytes() -> None:
    program = PROGRAM.format(root=str(ROOT))
    environment = {**os.environ, "PYTHONHASHSEED": "12345"}
    run = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == PINNED


def test_a_day_does_not_depend_on_the_days_generated_before_it() -> None:
    third = days(3)[2]
    files = [file for file in generate(third, scale=0.02) if file.source != "airports"]
    assert digest(files) == PINNED


def test_another_seed_is_another_world() -> None:
    ours, theirs = delivered(FIRST_DAY, 0.02), delivered(FIRST_DAY, 0.02, seed=1)
    assert [file.key for file in ours] == [file.key for file in theirs]
    same = [f.source for f, g in zip(ours, theirs, strict=True) if f.content == g.content]
    assert same == ["airports", "airports"]


def test_a_domain_alone_receives_what_it_receives_among_all() -> None:
    alone = digest(generate(FIRST_DAY, scale=0.02, domains=["shopping"]))
    assert alone == digest(file for file in delivered(FIRST_DAY, 0.02) if file.domain == "shopping")


@pytest.mark.parametrize("scale", [0, -1])
def test_a_scale_that_is_not_positive_is_refused(scale: float) -> None:
    with pytest.raises(ValueError, match="scale must be greater than 0"):
        list(generate(FIRST_DAY, scale=scale))
