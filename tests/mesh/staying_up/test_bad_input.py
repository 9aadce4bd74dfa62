"""Input that cannot be used is refused by the task that meets it, in words that name the file."""

from __future__ import annotations

from pathlib import Path

from tests.mesh.conftest import DAYS, SCALE, Ended, Mesh, landed

DAY = DAYS[0]


def _own_events(folder: Path, **files: bytes) -> Path:
    day = folder / "bookings" / "booking_events" / f"dt={DAY.isoformat()}"
    day.mkdir(parents=True)
    for name, content in files.items():
        (day / f"{name}.jsonl").write_bytes(content)
    return folder


def _run(mesh: Mesh, folder: Path) -> Ended:
    return mesh.interline(
        "run", "--days", "1", "--domain", "bookings", "--scale", str(SCALE), "--input", str(folder)
    )  # fmt: skip


def _good_events() -> bytes:
    files = landed(frozenset({"bookings"}), (DAY,))
    return b"".join(file.content for file in files if file.source == "booking_events")


def test_what_did_not_land_fails_at_landing(mesh: Mesh, tmp_path: Path, first_run: Ended) -> None:
    assert first_run.code == 0
    before = mesh.content("bookings.reservations")
    run = _run(mesh, _own_events(tmp_path))
    assert run.code == 1
    assert "task land failed" in run.output
    assert "s3://bookings-landing/booking_events/dt=2013-01-01/" in run.output
    assert "whole log: " in run.output
    assert "bookings.revenue" in run.output.partition("Failed after")[2]
    assert mesh.content("bookings.reservations") == before


def test_a_file_that_was_cut_off_fails_and_is_named(mesh: Mesh, tmp_path: Path, first_run: Ended) -> None:
    assert first_run.code == 0
    before = mesh.content("bookings.reservations")
    run = _run(mesh, _own_events(tmp_path, events=_good_events()[:-40]))
    assert run.code == 1
    assert "events.jsonl" in run.output
    assert mesh.content("bookings.reservations") == before
