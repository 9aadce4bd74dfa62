"""A differential fuzzer of the local Redshift's SQL.

Hypothesis makes queries together with what Amazon Redshift's documentation says of them, computed in plain Python
(`oracle`); the local Redshift runs them. ``python -m tests.engines.redshift.fuzzing --minutes 10`` looks for long, the
test beside this package a few seconds, always at the same cases. What it finds becomes a case of the corpus.
"""
