"""Where the repository is."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
"""The checkout that holds `domains/`, `dags/` and `dbt/`."""
HOME = ROOT / ".interline" / "mesh"
"""Where the running mesh keeps its state, unless `--home` says otherwise."""
