"""One measurement in a fresh process: `python -m benchmarks.check_once FOLDER` checks a mesh and prints a line of JSON."""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

_STARTED = time.perf_counter()


def main() -> None:
    """Check, importing included, and print what it cost."""
    from interline.review.checking import inspect_mesh

    inspection = inspect_mesh(Path(sys.argv[1]))
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    found = {
        "seconds": time.perf_counter() - _STARTED,
        "processor": sum(usage.ru_utime + usage.ru_stime for usage in usages),
        "memory": sum(usage.ru_maxrss for usage in usages) * 1024,
        "products": len(inspection.mesh.products),
        "problems": [str(problem) for problem in inspection.problems[:10]],
    }
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
