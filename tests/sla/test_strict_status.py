"""`./interline status --strict` for a schedule: what it does not know is not well."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer

from cli import status


@pytest.mark.parametrize(
    ("strict", "unread", "code"),
    [
        (True, {}, 0),
        (True, {"bookings.revenue": "AccessDeniedException"}, 1),
        (False, {"bookings.revenue": "AccessDeniedException"}, 0),
    ],
)
def test_a_port_that_could_not_be_read_is_not_on_time(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, strict: bool, unread: dict[str, str], code: int
) -> None:
    def levels(*_: Any) -> Any:
        return datetime(2013, 1, 4, tzinfo=UTC), [], unread

    monkeypatch.setattr(status, "_levels", levels)
    with pytest.raises(typer.Exit) as ended:
        status.status(home=tmp_path, now=None, strict=strict, form="json")
    assert ended.value.exit_code == code
