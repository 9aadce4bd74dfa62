"""train.py as SageMaker runs it: in a process of its own, with channels and folders in the environment."""

import csv
import importlib.util
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from local.source_systems.chance import Chance
from local.source_systems.members import directory
from tests.products.rendering import ROOT

SCRIPT = ROOT / "domains" / "loyalty" / "segments" / "train.py"
MEMBERS = 1_200


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("segments_train", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def lines() -> list[str]:
    """Features of real members, with bookings and searches that follow how much they fly."""
    people = directory(20130101, MEMBERS)
    measures, chance = people.measures, Chance(1, "features")
    bookings = chance.between("bookings", MEMBERS, 0, 2) * (measures.flight_trans_12 > 0)
    amount = bookings * chance.between("amount", MEMBERS, 90, 900)
    searches = chance.between("searches", MEMBERS, 0, 4) + bookings
    columns = (
        measures.balance, measures.qual_miles, measures.cc1_miles, measures.bonus_miles, measures.bonus_trans,
        measures.flight_miles_12mo, measures.flight_trans_12, measures.days_since_enroll, measures.award,
        bookings, amount, searches,
    )  # fmt: skip
    rows = zip(people.member_id, *(column.tolist() for column in columns), strict=True)
    return [",".join(map(str, row)) for row in rows]


def run(
    folder: Path, lines: list[str], *hyperparameters: str, files: int = 1
) -> subprocess.CompletedProcess[str]:
    """Train in a SageMaker-like folder."""
    channel = folder / "input" / "data" / "train"
    channel.mkdir(parents=True)
    size = -(-len(lines) // files)
    for number in range(files):
        part = lines[number * size : (number + 1) * size]
        (channel / f"part-{number}.csv").write_text("".join(line + "\n" for line in part))
    environment = {
        **os.environ,
        "SM_CHANNEL_TRAIN": str(channel),
        "SM_MODEL_DIR": str(folder / "model"),
        "SM_OUTPUT_DATA_DIR": str(folder / "output" / "data"),
    }
    return subprocess.run(
        [sys.executable, str(SCRIPT), *hyperparameters], env=environment, capture_output=True, text=True
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, lines: list[str]) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("trained")
    result = run(folder, lines)
    assert result.returncode == 0, result.stderr
    return folder, result.stdout


def test_metrics_are_printed_and_written(trained: tuple[Path, str]) -> None:
    folder, log = trained
    written = json.loads((folder / "output" / "data" / "metrics.json").read_text())
    for name in ("k", "silhouette", "members", "smallest_share"):
        printed = re.search(rf"{name}: ([0-9.]+);", log)
        assert printed is not None, log
        assert float(printed[1]) == written[name]
    assert written["members"] == MEMBERS
    assert 4 <= written["k"] <= 7
    assert written["silhouette"] == max(written["silhouette_by_k"].values()) > 0.15
    assert written["smallest_share"] > 0.01


def test_order_and_number_of_files_do_not_change_the_model(
    trained: tuple[Path, str], lines: list[str], tmp_path: Path
) -> None:
    result = run(tmp_path, lines[::-1], files=3)
    assert result.returncode == 0, result.stderr
    assert result.stdout == trained[1]
    for name in ("model.joblib", "segments.json"):
        assert (tmp_path / "model" / name).read_bytes() == (trained[0] / "model" / name).read_bytes()


def test_segments_have_names_of_their_own_and_readable_profiles(trained: tuple[Path, str]) -> None:
    segments = json.loads((trained[0] / "model" / "segments.json").read_text())
    assert [segment["audience_segment"] for segment in segments] == list(range(len(segments)))
    assert len({segment["segment_name"] for segment in segments}) == len(segments)
    assert sum(segment["share"] for segment in segments) == pytest.approx(1)
    for segment in segments:
        assert re.fullmatch(r"((high|low) in [a-z ]+(; )?)+|close to the average member", segment["profile"])
        assert len(segment["profile"]) <= 200
        assert len(segment["segment_name"]) <= 40


def test_a_segment_is_named_after_its_centre(script: ModuleType) -> None:
    def centre(**high: float) -> list[float]:
        return [high.get(feature, 0.0) for feature in script.FEATURES]

    segments = script.describe(
        np.array(
            [
                centre(searches=2.0),
                centre(flight_trans_12=2.0, flight_miles_12mo=1.5),
                centre(qual_miles=3.0, balance=0.3),
                centre(),
            ]
        ),
        np.array([10, 20, 30, 40]),
    )
    assert [segment.segment_name for segment in segments[:3]] == [
        "Eager searchers",
        "Frequent flyers",
        "Status seekers",
    ]
    assert segments[1].profile == "high in flights; high in miles flown"
    assert segments[3].profile == "close to the average member"
    assert [segment.share for segment in segments] == [0.1, 0.2, 0.3, 0.4]


def test_every_member_is_scored_as_in_training(
    trained: tuple[Path, str], lines: list[str], script: ModuleType
) -> None:
    model = script.model_fn(str(trained[0] / "model"))
    body = "".join(line + "\n" for line in lines).encode()
    text, content_type = script.output_fn(
        script.predict_fn(script.input_fn(body, "text/csv; charset=utf-8"), model), "text/csv"
    )
    scores = list(csv.reader(io.StringIO(text)))
    assert content_type == "text/csv"
    assert [score[0] for score in scores] == [line.split(",")[0] for line in lines]
    assert all(len(score) == 5 and float(score[4]) >= 0 for score in scores)
    for segment in model.segments:
        members = sum(score[1] == str(segment.audience_segment) for score in scores)
        assert members / len(scores) == pytest.approx(segment.share, abs=1e-9)


def test_a_batch_without_lines_has_no_scores(trained: tuple[Path, str], script: ModuleType) -> None:
    model = script.model_fn(str(trained[0] / "model"))
    assert script.output_fn(script.predict_fn(script.input_fn("", "text/csv"), model), "text/csv")[0] == ""


def test_another_content_type_is_refused(script: ModuleType) -> None:
    with pytest.raises(ValueError, match="'application/json' is not served"):
        script.input_fn("{}", "application/json")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("FF1,1,2", "line 1 has 3 fields, expected 13"),
        ("FF1" + ",x" * 12, "line 1, member FF1: could not convert"),
        ("FF1" + ",nan" * 12, "member FF1 has a feature that is negative or no finite number"),
        ("FF1,-5" + ",1" * 11, "member FF1 has a feature that is negative or no finite number"),
    ],
)
def test_an_unknown_feature_is_named(script: ModuleType, line: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        script.input_fn(line, "text/csv")


@pytest.mark.parametrize(
    ("count", "fewest", "most", "message"),
    [
        (5, 4, 7, "5 members are too few to find 7 audience segments"),
        (50, 9, 4, "segments from 9 to 4"),
        (50, 1, 4, "segments from 1 to 4"),
    ],
)
def test_a_training_that_can_not_succeed_is_refused(
    script: ModuleType, lines: list[str], count: int, fewest: int, most: int, message: str
) -> None:
    _, matrix = script.read_features("\n".join(lines[:count]))
    with pytest.raises(ValueError, match=message):
        script.train(matrix, fewest, most, seed=7, sample=100)


def test_a_training_without_members_fails(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = tmp_path / "train"
    channel.mkdir()
    (channel / "part-0.csv").touch()
    monkeypatch.setenv("SM_CHANNEL_TRAIN", str(channel))
    monkeypatch.setenv("SM_MODEL_DIR", str(tmp_path / "model"))
    monkeypatch.setattr(sys, "argv", ["train.py"])
    with pytest.raises(SystemExit, match="channel train holds no members: 1 files in"):
        script.main()
    assert not (tmp_path / "model").exists()
