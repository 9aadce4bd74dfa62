"""``./interline check`` names what nothing executes, in every format, and fails nothing for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.__main__ import app
from tests.mesh_folder import MeshFolder

CONTRACT = "domains/bookings/tickets/contract.yaml"


@pytest.fixture
def noted(mesh_folder: MeshFolder) -> Path:
    """A mesh whose contract has a rule of an engine that is not here, on line 35, and a promise, on line 47."""
    mesh_folder.change(
        CONTRACT,
        "roles:\n",
        "    quality:\n      - {type: custom, engine: soda, implementation: row_count > 0}\nroles:\n",
    )
    path = mesh_folder.path(CONTRACT)
    path.write_text(path.read_text() + "  - {property: availability, value: 99.9, unit: percent}\n")
    return mesh_folder.root


def test_for_people(noted: Path) -> None:
    result = CliRunner().invoke(app, ["check", "--root", str(noted)])
    printed = " ".join(result.output.split())
    assert result.exit_code == 0, result.output
    assert f"{CONTRACT}:35: note: a custom rule for the engine 'soda'; nothing runs it" in printed
    assert f"{CONTRACT}:47: note: availability is for people; nothing here measures it" in printed
    assert "All is well" in printed


def test_for_machines(noted: Path) -> None:
    result = CliRunner().invoke(app, ["check", "--root", str(noted), "--format", "json"])
    assert result.exit_code == 0, result.output
    notes = json.loads(result.output)["notes"]
    assert [(note["path"], note["line"]) for note in notes] == [(CONTRACT, 35), (CONTRACT, 47)]


def test_in_a_pull_request(noted: Path) -> None:
    result = CliRunner().invoke(app, ["check", "--root", str(noted), "--format", "github"])
    assert result.exit_code == 0, result.output
    notices = [line for line in result.output.splitlines() if line.startswith("::notice")]
    assert any(f"file={CONTRACT},line=35" in line and "soda" in line for line in notices), result.output
