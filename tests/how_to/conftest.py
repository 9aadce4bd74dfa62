"""A copy of the repository for a page to be followed on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.how_to.page import Copy


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    """A copy of this repository, as it is now."""
    return Copy(tmp_path / "repository")
