"""The check as people, machines and GitHub read it, through the command line."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import Result
from pull_request import REPOSITORY, Checkout
from typer.testing import CliRunner

from cli.__main__ import app

RESERVATIONS = "domains/bookings/reservations/contract.yaml"
DOCUMENT = (REPOSITORY / "docs" / "pull-requests.md").read_text(encoding="utf-8")


def checked(checkout: Checkout, *options: str, summary: Path | None = None) -> Result:
    """Run the command in this process, on a screen 80 columns wide and without colour."""
    environment = {"COLUMNS": "80", "GITHUB_STEP_SUMMARY": str(summary) if summary else None}
    arguments = ("check", "--root", str(checkout.root), "--today", "2026-11-21", *options)
    return CliRunner().invoke(app, arguments, prog_name="./interline", env=environment)


@pytest.fixture
def broken_promise(checkout: Checkout) -> Checkout:
    """A pull request that removes a column and lengthens another."""
    checkout.remove_column("bookings.reservations", "first_data_day")
    checkout.change(RESERVATIONS, ("physicalType: varchar(120)", "physicalType: varchar(200)"))
    return checkout


def test_a_breaking_change_is_refused_in_words(broken_promise: Checkout) -> None:
    result = checked(broken_promise, "--base", "main")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    words = " ".join(result.stdout.split())
    assert "bookings.reservations 1.0.0 REFUSED" in words
    assert "BREAKING the column first_data_day is removed" in words
    assert "loyalty.segments uses first_data_day dbt/models/loyalty/segments/segments_features.sql:" in words
    assert "shopping.route_demand uses first_data_day dbt/models/shopping/route_demand.sql:" in words
    assert "`./interline new version bookings.reservations` makes 2.0.0 beside it" in words
    assert "compatible the type of contact_email was varchar(120) and is varchar(200)" in words
    assert "- columns first_data_day" in words, "the grants' difference"
    assert re.search(r"Refused: [0-9]+ problems, 1 breaking change, 1 compatible change, refused:", words)
    # a place alone may be longer than the screen: it is never broken, so that it can be clicked
    assert [
        line
        for line in lines
        if len(line) > 80 and " " in line.strip().replace(" in the base", "").partition("] ")[2]
    ] == []
    assert "\x1b" not in result.stdout


def test_all_is_well(checkout: Checkout) -> None:
    alone = checked(checkout)
    assert (alone.exit_code, alone.stdout.splitlines()[-1][:12]) == (0, "All is well.")
    compared = checked(checkout, "--base", "main")
    assert compared.exit_code == 0
    assert "No promise changes." in compared.stdout


def test_a_contract_that_does_not_load_is_not_compared(checkout: Checkout) -> None:
    checkout.change("domains/loyalty/members/contract.yaml", ("status: active\n", "status: [active\n"))
    compared = checked(checkout, "--base", "main")
    assert compared.exit_code == 1
    assert "loyalty.members: not compared, its files can't be read as they are now." in compared.stdout
    assert "No promise changes." not in compared.stdout


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--base", "mian"), "did you mean 'main'?"),
        (("--base", "--format"), "cannot name a base"),
        (("--format", "xml"), "'xml' is not one of"),
        (("--today", "tomorrow"), "write YYYY-MM-DD"),
        (("--root", "/nowhere/at/all"), "holds no mesh"),
        (("--bass", "main"), "No such option"),
    ],
)
def test_wrong_usage_is_reported_and_nothing_is_checked(
    checkout: Checkout, options: tuple[str, ...], said: str
) -> None:
    result = checked(checkout, *options)
    assert result.exit_code == 2, result.output
    assert said in " ".join(result.stderr.replace("│", " ").split())
    assert result.stdout == ""
    assert "Traceback" not in result.stderr


def keys_of(value: object, prefix: str = "") -> set[str]:
    """Every key of a JSON value, with the keys around it."""
    if isinstance(value, dict):
        return {f"{prefix}{key}" for key in value} | {
            found for key, inner in value.items() for found in keys_of(inner, f"{prefix}{key}.")
        }
    if isinstance(value, list):
        return {found for inner in value for found in keys_of(inner, prefix)}
    return set()


def test_json_has_the_documented_shape(broken_promise: Checkout) -> None:
    result = checked(broken_promise, "--base", "main", "--format", "json")
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert report["schema"] == "interline.check/1"
    assert report["ok"] is False
    (contract,) = report["comparison"]["contracts"]
    assert (contract["outcome"], contract["version_needed"]) == ("breaking", "2.0.0")
    (broken,) = (c for c in report["comparison"]["changes"] if c["class"] == "breaking")
    assert (broken["kind"], broken["column"], broken["in_base"]) == ("column-removed", "first_data_day", True)
    affected = {r["address"]: r["touched"] for r in report["comparison"]["impacts"][0]["readers"]}
    assert affected["shopping.route_demand"] == affected["loyalty.segments"] == ["first_data_day"]
    section = DOCUMENT.partition("## JSON")[2].partition("\n## ")[0]
    documented = set(re.findall(r"`([a-z_]+)`", section)) | set(re.findall(r"\.([a-z_]+)`", section))
    own = {key for key in keys_of(report) if not key.startswith("comparison.access.")}
    assert {key.rpartition(".")[2] for key in own} <= documented


def test_json_without_a_base(checkout: Checkout) -> None:
    result = checked(checkout, "--format", "json")
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    assert (report["ok"], report["comparison"], report["today"]) == (True, None, "2026-11-21")


def test_github_gets_annotations_and_a_summary(broken_promise: Checkout, tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("what another step said\n")
    result = checked(broken_promise, "--base", "main", "--format", "github", summary=summary)
    assert result.exit_code == 1
    commands = [line for line in result.stdout.splitlines() if line.startswith("::")]
    shape = re.compile(r"::(error|warning|notice) file=[^,:]+(,line=[0-9]+)?,title=[^:,]+::.+")
    assert [command for command in commands if not shape.fullmatch(command)] == []
    (removed,) = (command for command in commands if "column-removed" in command)
    assert removed.startswith(f"::error file={RESERVATIONS},line=")
    assert "used by bookings.revenue, loyalty.segments, shopping.route_demand" in removed
    line = int(re.search(r"line=([0-9]+)", removed)[1])  # type: ignore[index]
    assert line <= len(broken_promise.path(RESERVATIONS).read_text().splitlines())
    assert any(c.startswith("::notice") and "text-lengthened" in c for c in commands)
    text = summary.read_text()
    assert text.startswith("what another step said\n## Interline: refused\n")
    assert "| **breaking** | column-removed |" in text
    assert "**loyalty.segments** uses first\\_data\\_day" in text
    assert "### Grants after the merge" in text


def test_github_without_a_summary_file(checkout: Checkout) -> None:
    result = checked(checkout, "--base", "main", "--format", "github")
    assert result.exit_code == 0
    assert [line for line in result.stdout.splitlines() if line.startswith(("::error", "::warning"))] == []


def test_what_people_wrote_gives_no_command_and_no_markup(checkout: Checkout, tmp_path: Path) -> None:
    evil = '"x\\n::error file=a::b|<script>alert(1)</script>`_*[x](javascript:1)\\e[31m%0A::set-env"'
    checkout.change(RESERVATIONS, ("          - value: web\n", f"          - value: {evil}\n"))
    summary = tmp_path / "summary.md"
    result = checked(checkout, "--base", "main", "--format", "github", summary=summary)
    assert result.exit_code == 1
    assert [
        line for line in result.stdout.splitlines() if line.startswith(("::error file=a", "::set-env"))
    ] == []
    assert "\x1b" not in result.stdout
    text = summary.read_text()
    assert "<script" not in text
    assert "\x1b" not in text
    assert "\n::" not in text
    (row,) = (line for line in text.splitlines() if "values-replaced" in line)
    assert len(re.findall(r"(?<!\\)\|", row)) == 5, "the table keeps its four columns"
    plain = checked(checkout, "--base", "main")
    assert "\x1b" not in plain.stdout
    assert not any(line.startswith("::") for line in plain.stdout.splitlines())


def test_a_summary_is_cut_where_github_would_refuse_it(checkout: Checkout, tmp_path: Path) -> None:
    from interline.contracts import Problem
    from interline.review.changes import render_github

    report = checkout.check(base=None)
    problems = tuple(Problem(Path(f"domains/d/p{n}/contract.yaml"), 1, "x" * 400) for n in range(3000))
    text = render_github.markdown(type(report)(report.today, problems, (), (), None))
    assert len(text.encode()) < 1024 * 1024
    assert text.endswith("The rest is left out: the summary is too long for GitHub.\n")


def test_the_check_imports_neither_airflow_nor_an_aws_sdk(checkout: Checkout) -> None:
    """So it cannot run a DAG or ask AWS, and takes seconds."""
    code = (
        "import sys\n"
        "from datetime import date\n"
        "from pathlib import Path\n"
        "from interline.review.changes.checked import check\n"
        "report = check(Path(sys.argv[1]), date(2026, 11, 21), 'main')\n"
        "assert not report.failed, report.problems\n"
        "print(sorted({'airflow', 'boto3', 'botocore', 'dbt', 'moto'} & set(sys.modules)))\n"
    )
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY / "plugins")}
    answer = subprocess.run(
        [sys.executable, "-P", "-c", code, str(checkout.root)],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert (answer.stdout.strip(), answer.stderr) == ("[]", "")


def test_a_summary_file_that_cannot_be_written_is_named(checkout: Checkout, tmp_path: Path) -> None:
    result = checked(checkout, "--format", "github", summary=tmp_path / "gone" / "summary.md")
    assert result.exit_code == 3
    assert "GITHUB_STEP_SUMMARY names" in result.stderr


def test_the_workflow_is_pinned_and_has_few_permissions() -> None:
    import yaml

    text = (REPOSITORY / ".github" / "workflows" / "check.yml").read_text(encoding="utf-8")
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {"contents": "read"}
    # YAML 1.1 reads the key `on` as true
    assert set(workflow[True]) == {"pull_request"}, "pull_request_target would run foreign code with rights"
    (job,) = workflow["jobs"].values()
    assert "permissions" not in job
    for step in job["steps"]:
        if "uses" in step:
            assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", step["uses"])
            assert re.search(re.escape(step["uses"]) + r" # v[0-9]+\.[0-9]+\.[0-9]+", text)
        assert "${{" not in step.get("run", ""), "an expression in a script is an injection"
    assert "secrets." not in text
    checkout = next(step for step in job["steps"] if "checkout" in step.get("uses", ""))
    assert checkout["with"] == {"fetch-depth": 0, "persist-credentials": False}
    assert any("./interline check --base" in step.get("run", "") for step in job["steps"])
