"""Training jobs run the script they are given and end as it ends."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.engines.sagemaker.conftest import IMAGE, Studio

COUNTING = """
import argparse, json, os, pathlib
parser = argparse.ArgumentParser()
parser.add_argument("--factor", type=int)
parser.add_argument("--label")
given = parser.parse_args()
lines = [
    line
    for file in sorted(pathlib.Path(os.environ["SM_CHANNEL_TRAIN"]).rglob("*.csv"))
    for line in file.read_text().splitlines()
]
print(f"rows: {len(lines)};")
print(f"rows: {len(lines) * given.factor};")
pathlib.Path(os.environ["SM_MODEL_DIR"], "model.json").write_text(json.dumps({"rows": len(lines), "label": given.label}))
pathlib.Path(os.environ["SM_OUTPUT_DATA_DIR"], "metrics.json").write_text("{}")
"""


@pytest.fixture(scope="module")
def finished(studio: Studio) -> dict[str, Any]:
    prefix = studio.name("input")
    studio.put(f"{prefix}/one.csv", "1,2\n3,4\n")
    studio.put(f"{prefix}/deeper/two.csv", "5,6\n")
    return studio.train(
        COUNTING,
        hyperparameters={"factor": "10", "label": '"a \\"quoted\\" text"'},
        InputDataConfig=[studio.channel("train", f"s3://loyalty-artifacts/{prefix}")],
        AlgorithmSpecification={
            "TrainingImage": IMAGE,
            "TrainingInputMode": "File",
            "MetricDefinitions": [{"Name": "rows", "Regex": "rows: ([0-9]+);"}],
        },
    )


def test_a_script_reads_its_channel_and_leaves_a_model(studio: Studio, finished: dict[str, Any]) -> None:
    assert finished["TrainingJobStatus"] == finished["SecondaryStatus"] == "Completed", finished
    url = finished["ModelArtifacts"]["S3ModelArtifacts"]
    assert url == f"s3://loyalty-artifacts/models/{finished['TrainingJobName']}/output/model.tar.gz"
    model = studio.unpacked(url)
    assert json.loads(model["model.json"]) == {"rows": 3, "label": 'a "quoted" text'}
    assert "metrics.json" in studio.unpacked(url.replace("model.tar.gz", "output.tar.gz"))


def test_the_last_value_of_a_metric_is_kept(finished: dict[str, Any]) -> None:
    assert [(m["MetricName"], m["Value"]) for m in finished["FinalMetricDataList"]] == [("rows", 30.0)]


def test_its_steps_are_reported(finished: dict[str, Any]) -> None:
    steps = [transition["Status"] for transition in finished["SecondaryStatusTransitions"]]
    assert steps == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert finished["TrainingStartTime"] <= finished["TrainingEndTime"]


def test_its_log_is_in_cloudwatch_and_in_a_file(studio: Studio, finished: dict[str, Any]) -> None:
    lines = studio.log_lines("/aws/sagemaker/TrainingJobs", finished["TrainingJobName"])
    assert lines == ["rows: 3;", "rows: 30;"]
    file = f"{studio.aws.home}/logs/sagemaker/444444444444/training-job-{finished['TrainingJobName']}.log"
    with open(file) as output:  # noqa: PTH123
        assert output.read().splitlines() == lines


def test_a_name_is_given_once(studio: Studio, finished: dict[str, Any]) -> None:
    request = studio.training_request("", TrainingJobName=finished["TrainingJobName"])
    with pytest.raises(ClientError) as error:
        studio.sagemaker.create_training_job(**request)
    assert error.value.response["Error"]["Code"] == "ResourceInUse"


def test_a_script_has_its_role_credentials_and_no_others(studio: Studio) -> None:
    script = """
import boto3, json, os
print(boto3.client("sts").get_caller_identity()["Arn"])
print(json.dumps(sorted(os.environ)))
try:
    boto3.client("s3").list_objects_v2(Bucket="bookings-curated")
except Exception as error:
    print(error)
"""
    job = studio.train(script)
    identity, names, refusal = studio.log_lines("/aws/sagemaker/TrainingJobs", job["TrainingJobName"])
    assert identity == "arn:aws:sts::444444444444:assumed-role/interline-loyalty/SageMaker"
    outside = [n for n in json.loads(names) if not n.startswith(("SM_", "AWS_", "TRAINING_JOB_", "KMP_"))]
    assert outside == ["HOME", "LANG", "PATH", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "TMPDIR"]
    assert "AccessDenied" in refusal


def test_a_failing_script_ends_failed_with_its_message(studio: Studio) -> None:
    job = studio.train("import sys\nprint('before')\nraise ValueError('the members file is upside down')\n")
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("AlgorithmError: ExecuteUserScriptError:\nExitCode 1\n")
    assert "ValueError: the members file is upside down" in job["FailureReason"]
    assert "ModelArtifacts" not in job
    key = f"models/{job['TrainingJobName']}/"
    assert studio.s3.list_objects_v2(Bucket="loyalty-artifacts", Prefix=key)["KeyCount"] == 0


def test_a_script_may_say_itself_why_it_failed(studio: Studio) -> None:
    script = """
import os, pathlib, sys
pathlib.Path(os.environ["SM_OUTPUT_DIR"], "failure").write_text("fewer than two clusters")
sys.exit(3)
"""
    job = studio.train(script)
    assert "ExitCode 3" in job["FailureReason"]
    assert "fewer than two clusters" in job["FailureReason"]


def test_a_script_that_takes_too_long_is_ended(studio: Studio) -> None:
    started = time.monotonic()
    job = studio.train("import time\ntime.sleep(60)\n", StoppingCondition={"MaxRuntimeInSeconds": 1})
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")
    assert time.monotonic() - started < 20


def test_a_stopped_job_saves_what_it_has(studio: Studio) -> None:
    script = """
import os, pathlib, signal, sys, time
def save(*_):
    pathlib.Path(os.environ["SM_MODEL_DIR"], "half.txt").write_text("half")
    sys.exit(0)
signal.signal(signal.SIGTERM, save)
print("training", flush=True)
time.sleep(60)
"""
    request = studio.training_request(script)
    name = request["TrainingJobName"]
    studio.sagemaker.create_training_job(**request)
    deadline = time.monotonic() + 20
    while studio.sagemaker.describe_training_job(TrainingJobName=name)["SecondaryStatus"] != "Training":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    time.sleep(0.5)
    studio.sagemaker.stop_training_job(TrainingJobName=name)
    job = studio.ended_training(name)
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "Stopped")
    assert studio.unpacked(job["ModelArtifacts"]["S3ModelArtifacts"]) == {"half.txt": b"half"}
    with pytest.raises(ClientError, match="status Stopped"):
        studio.sagemaker.stop_training_job(TrainingJobName=name)


def test_a_requirement_that_is_not_installed_fails_the_job(studio: Studio) -> None:
    code = studio.submit(train="print('never')", requirements_txt="scikit-learn\nno-such-package==1.0\n")
    job = studio.train("", code=code)
    assert job["TrainingJobStatus"] == "Failed"
    assert "no-such-package" in job["FailureReason"]


def test_an_archive_that_leaves_its_folder_is_refused(studio: Studio) -> None:
    code = studio.submit(**{"../train": "print('outside')", "train": "print('inside')"})
    job = studio.train("", code=code)
    assert job["TrainingJobStatus"] == "Failed"
    assert "not a readable tar.gz" in job["FailureReason"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"RoleArn": "arn:aws:iam::444444444444:role/interline-administrator"}, "iam:PassRole"),
        ({"RoleArn": "arn:aws:iam::222222222222:role/interline-bookings"}, "Cross-account pass role"),
        ({"EnableManagedSpotTraining": True}, "EnableManagedSpotTraining"),
        ({"EnableNetworkIsolation": True}, "EnableNetworkIsolation"),
        ({"CheckpointConfig": {"S3Uri": "s3://loyalty-artifacts/c"}}, "CheckpointConfig"),
        ({"TrainingJobName": "under_score"}, "regular expression pattern"),
        (
            {"ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 5}},
            "more than one instance",
        ),
        ({"OutputDataConfig": {"S3OutputPath": "models/here"}}, "not an S3 URI"),
        ({"HyperParameters": {"k": "3"}}, "script mode only"),
    ],
)
def test_what_it_cannot_do_is_refused(studio: Studio, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ClientError, match=message):
        studio.sagemaker.create_training_job(**studio.training_request("", **changes))


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (
            "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1",
            "only sagemaker-scikit-learn",
        ),
        ("683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:9.9-cpu-py3", "does not exist"),
        ("683313688378.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3", "region"),
        (
            "123456789012.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3",
            "does not exist",
        ),
        ("scikit-learn:latest", "not an Amazon ECR image"),
    ],
)
def test_other_images_are_refused(studio: Studio, image: str, message: str) -> None:
    algorithm = {"TrainingImage": image, "TrainingInputMode": "File"}
    with pytest.raises(ClientError, match=message):
        studio.sagemaker.create_training_job(**studio.training_request("", AlgorithmSpecification=algorithm))


@pytest.mark.parametrize(
    "url", ["s3://loyalty-artifacts/nothing/here", "s3://bookings-landing/booking_events"]
)
def test_a_channel_without_readable_data_is_refused(studio: Studio, url: str) -> None:
    request = studio.training_request("", InputDataConfig=[studio.channel("train", url)])
    with pytest.raises(ClientError, match="No S3 objects found under S3 URL"):
        studio.sagemaker.create_training_job(**request)


def test_jobs_are_listed_in_pages(studio: Studio) -> None:
    stem = studio.name("paged")
    for number in range(3):
        studio.train("", TrainingJobName=f"{stem}-{number}")
    first = studio.sagemaker.list_training_jobs(
        NameContains=stem, MaxResults=2, SortBy="Name", SortOrder="Ascending"
    )
    second = studio.sagemaker.list_training_jobs(
        NameContains=stem, MaxResults=2, SortBy="Name", SortOrder="Ascending", NextToken=first["NextToken"]
    )
    names = [job["TrainingJobName"] for page in (first, second) for job in page["TrainingJobSummaries"]]
    assert names == [f"{stem}-{number}" for number in range(3)]
    assert "NextToken" not in second


def test_another_account_sees_nothing_of_it(studio: Studio, finished: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match="Could not find"):
        studio.aws.client("sagemaker", "bookings").describe_training_job(
            TrainingJobName=finished["TrainingJobName"]
        )


def test_operations_that_would_only_pretend_are_refused(studio: Studio) -> None:
    with pytest.raises(ClientError) as error:
        studio.sagemaker.create_endpoint(EndpointName="e", EndpointConfigName="c")
    assert error.value.response["Error"]["Code"] == "UnknownOperationException"
