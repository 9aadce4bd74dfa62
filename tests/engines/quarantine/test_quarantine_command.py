"""`./interline quarantine` on a real local AWS: through the Data API as the domain's role, to the Iceberg port and back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import cli.quarantine as command
from cli import exits
from cli.__main__ import app
from tests.engines.conftest import LocalAwsProcess
from tests.engines.probe_mesh import ADDRESS, Probes, good_row

DAY = "2013-01-01"
GOOD = ["P1", "P2", "P3"]


@pytest.fixture
def interline(probes: Probes, probe_aws: LocalAwsProcess, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):  # type: ignore[no-untyped-def]
    """Run a command as a person with connections of their own would, on the mesh of probes."""
    monkeypatch.setattr(command, "ROOT", Path(probe_aws.process.args[-1]))  # type: ignore[index]

    def run(*arguments: str) -> Result:
        home = ["--home", str(tmp_path / "home")]
        result = CliRunner().invoke(app, ["quarantine", *arguments, *home], env={"COLUMNS": "80"})
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        assert all(len(line) <= 80 for line in result.stdout.splitlines() if "/" not in line), result.stdout
        assert "\x1b" not in result.output
        return result

    return run


def test_the_way_there_and_back(interline, probes: Probes, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    bad = [
        good_row(DAY, 7, seats=0),
        good_row(DAY, 8, cabin="deck", note="x\x1b[31m"),
        good_row(DAY, 9, cabin="deck", seats=0),
    ]
    probes.batch(DAY, *(good_row(DAY, n) for n in (1, 2, 3)), *bad)
    probes.run("check", DAY)
    probes.publish(DAY)

    listed = interline("list")
    assert ADDRESS in listed.stdout
    [entry] = json.loads(interline("list", ADDRESS, "--format", "json").stdout)
    assert (entry["rows"], entry["rules"], entry["decided"]) == (
        3,
        {"cabin_values": 2, "seats_minimum": 2},
        0,
    )

    shown = interline("show", ADDRESS, "--day", DAY, "--rule", "cabin_values")
    assert "2 rows shown" in shown.stdout
    assert "cabin is none of economy, business" in shown.stdout
    assert "x\\x1b[31m" in "".join(shown.stdout.split()), "what came with data cannot steer the terminal"
    personal = interline("show", ADDRESS, "--clearance", "personal", "--limit", "1", "--format", "json")
    rows = json.loads(personal.stdout)
    assert len(rows) == 1
    assert len(rows[0]["row_key"]) == 64

    release = (
        "release",
        ADDRESS,
        "--day",
        DAY,
        "--rule",
        "seats_minimum",
        "--accept",
        "--reason",
        "it's fine",
    )
    arguments = interline(*release)
    assert (arguments.exit_code, "add --yes" in arguments.output) == (exits.USAGE, True)
    assert interline("releases", ADDRESS).stdout.strip() == "Nothing was ever released."
    done = interline(*release, "--yes", "--by", "ada")
    assert done.exit_code == exits.OK, done.output
    assert "come in  1 of them" in done.stdout
    assert "stay     1, because they would still break cabin_values" in done.stdout
    assert f"./interline replay {ADDRESS} --from {DAY} --to {DAY}" in done.stdout
    again = interline(*release, "--yes").stdout
    assert "Nothing to release" in again
    assert f"./interline quarantine releases {ADDRESS} --day" in again

    badly = ("release", ADDRESS, "--day", DAY, "--rule", "cabin_values", "--reason", "x", "--yes")
    refused = interline(*badly, "--set", "cabin=cargo")
    assert (refused.exit_code, "still break cabin_values" in refused.stdout) == (exits.FAILED, True)
    file = tmp_path / "cabins.csv"
    keys = [
        row["row_key"]
        for row in json.loads(interline("show", ADDRESS, "--rule", "cabin_values", "--format", "json").stdout)
    ]
    file.write_text("row_key,cabin\n" + "".join(f"{key},economy\n" for key in keys))
    answer = json.loads(interline(*badly, "--corrections", str(file), "--format", "json").stdout)
    assert (answer["rows"], answer["come_in"]) == (2, 2)

    for _ in range(2):
        numbers = probes.run("check", DAY)
        assert (numbers["rows_in"], numbers["rows_checked"]) == (6, 3)
        assert (numbers["rows_quarantined"], numbers["rows_released"]) == (0, 3)
        probes.publish(DAY)
        assert probes.published(DAY) == [*GOOD, "P7", "P8", "P9"]
    [event] = probes.events.values()
    assert (event.extra["rows_published"], event.extra["rows_released"]) == (6, 3)

    record = json.loads(interline("releases", ADDRESS, "--format", "json").stdout)
    assert (record[0]["action"], record[0]["decided_by"], record[0]["rows"]) == ("accept", "ada", 2)
    assert "assumed-role/interline-bookings/" in record[0]["decided_as"]
    first = record[0]["release_id"]
    assert interline("undo", ADDRESS, first, "--reason", "no", "--yes").exit_code == exits.OK
    assert f"undo {first}" in interline("releases", ADDRESS).stdout
    probes.run("check", DAY)
    probes.publish(DAY)
    assert probes.published(DAY) == [*GOOD, "P8"]


@pytest.fixture(scope="module")
def quarantined(probes: Probes) -> Probes:
    """A day with one row in quarantine."""
    probes.batch(DAY, *(good_row(DAY, n) for n in (1, 2, 3)), good_row(DAY, 7, seats=0))
    probes.run("check", DAY)
    return probes


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("show", "bookings.prober"), exits.FAILED, "did you mean"),
        (("show", "no address"), exits.FAILED, "is no address"),
        (("show", ADDRESS, "--day", "yesterday"), exits.USAGE, "is no day"),
        (("show", ADDRESS, "--row", "x'"), exits.USAGE, "is no row key"),
        (("show", ADDRESS, "--rule", "cabin_value"), exits.FAILED, "did you mean 'cabin_values'"),
        (("show", ADDRESS, "--clearance", "secret"), exits.FAILED, "is no clearance"),
        (("release", ADDRESS, "--day", DAY, "--reason", "x"), exits.USAGE, "say one way"),
        (("release", ADDRESS, "--day", DAY, "--reason", " ", "--accept", "--yes"), exits.FAILED, "needs a reason"),
        (("release", ADDRESS, "--day", DAY, "--reason", "x", "--set", "seats=x"), exits.USAGE, "is no integer"),
        (("release", ADDRESS, "--day", "2012-01-01", "--reason", "x", "--accept"), exits.FAILED, "check that day first"),
        (("release", ADDRESS, "--day", DAY, "--reason", "x", "--corrections", "no.csv"), exits.USAGE, "No such file"),
        (("undo", ADDRESS, "r-0", "--reason", "x", "--yes"), exits.FAILED, "has no release 'r-0'"),
    ],
)  # fmt: skip
def test_wrong_arguments_are_refused_without_a_traceback(  # type: ignore[no-untyped-def]
    interline, quarantined: Probes, arguments: tuple[str, ...], code: int, message: str
) -> None:
    result = interline(*arguments)
    said = " ".join(result.output.replace("│", " ").split())
    assert (result.exit_code, message in said) == (code, True), result.output
