"""The access matrix: role by port by column by row by engine, expected from the contracts and observed by asking.

`python -m benchmarks access-matrix` prints it. `expected` reads contracts only, `observed` asks the engines of the local
AWS only; what lies between, grants and their enforcement, is what is measured.
"""
