"""``python -m tests.engines.redshift.fuzzing [--minutes 10] [--seed 0] [--subject NAME]``: look for wrong answers."""

from __future__ import annotations

import argparse
import sys
import time

from tests.engines.redshift.fuzzing.engine import Engine
from tests.engines.redshift.fuzzing.questions import SUBJECTS
from tests.engines.redshift.fuzzing.search import Wrong, search

BATCH = 250


def main(arguments: list[str] | None = None) -> int:
    """Search until the time is over; 1 when a wrong answer was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.engines.redshift.fuzzing", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--subject", choices=sorted(SUBJECTS), action="append")
    chosen = parser.parse_args(arguments)
    end = time.monotonic() + chosen.minutes * 60
    subjects = chosen.subject or list(SUBJECTS)
    counts = dict.fromkeys(subjects, 0)
    wrong: dict[str, set[str]] = {name: set() for name in subjects}
    engine, seed = Engine(), chosen.seed
    try:
        while time.monotonic() < end:
            for name in subjects:
                try:
                    counts[name] += search(SUBJECTS[name], engine, examples=BATCH, seed=seed)
                except Wrong as found:
                    counts[name] += BATCH
                    if str(found) not in wrong[name]:
                        wrong[name].add(str(found))
                        print(f"{name}, seed {seed}: {found}", flush=True)
                if time.monotonic() >= end:
                    break
            seed += 1
    finally:
        engine.close()
    for name in subjects:
        print(f"{name}: some {counts[name]} questions, {len(wrong[name])} wrong answers")
    return 1 if any(wrong.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
