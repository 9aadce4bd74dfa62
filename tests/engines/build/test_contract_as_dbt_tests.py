"""The tests that dbt is given for a contract, run by dbt on the local Redshift: they tell exactly the broken rules."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from interline.build.dbt_project import write_project
from tests.engines.probe_mesh import Probes, good_row

DAY = "2013-01-01"


def test_dbt_finds_the_rules_that_a_batch_breaks(probes: Probes, tmp_path: Path) -> None:
    rows = [good_row(DAY, number) for number in range(1, 5)]
    rows.append(good_row(DAY, 5, seats=10, origin="XXX", price=1.5))
    rows.append(good_row(DAY, 6, ticket=rows[0]["ticket"]))
    probes.batch(DAY, *rows)
    write_project(probes.product, Path(probes.dag.fileloc).parents[2], tmp_path / "project", tests=True)
    operator = probes.dag.get_task("build")
    command = [
        os.environ["INTERLINE_DBT"],
        "--no-use-colors",
        "test",
        f"--project-dir={tmp_path / 'project'}",
        f"--target-path={tmp_path / 'target'}",
        "--threads=1",
    ]
    environment = operator.environment(tmp_path / "project", DAY)
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 1, ended.stdout
    results = json.loads((tmp_path / "target" / "run_results.json").read_text())["results"]
    statuses = {
        name: result["status"]
        for result in results
        for kind, _, name, *_ in [result["unique_id"].split(".")]
        if kind == "test"
    }
    contract = probes.product.contract
    assert len(statuses) == len(contract.row_rules) + len(contract.batch_rules)
    assert {
        name.removeprefix("probes__"): status for name, status in statuses.items() if status != "pass"
    } == {
        "seats_maximum": "fail",
        "origin_in_airports": "fail",
        "seldom_cheap": "warn",
        "ticket_unique": "fail",
    }
