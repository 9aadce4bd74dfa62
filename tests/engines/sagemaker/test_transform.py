"""Batch transform answers what the model's script answers, line by line, in order."""

from __future__ import annotations

import io
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.cluster import KMeans

from tests.engines.sagemaker.conftest import BUCKET, Studio

CLUSTERS = """
import os, joblib, numpy as np
from sklearn.cluster import KMeans
if __name__ == "__main__":
    data = np.loadtxt(os.path.join(os.environ["SM_CHANNEL_TRAIN"], "members.csv"), delimiter=",")
    joblib.dump(KMeans(3, n_init=2, random_state=7).fit(data), os.path.join(os.environ["SM_MODEL_DIR"], "model.joblib"))
def model_fn(folder):
    return joblib.load(os.path.join(folder, "model.joblib"))
def input_fn(body, content_type):
    assert content_type == "text/csv", content_type
    return np.loadtxt(body.splitlines(), delimiter=",", ndmin=2)
def predict_fn(data, model):
    return model.predict(data)
def output_fn(prediction, accept):
    return "\\n".join(str(label) for label in prediction), accept
"""

ECHO = """
def model_fn(folder):
    return "model"
def input_fn(body, content_type):
    return body
def predict_fn(data, model):
    return f"[{len(data.splitlines())}]"
def output_fn(prediction, accept):
    return prediction
"""


def as_csv(data: np.ndarray) -> str:
    sink = io.StringIO()
    np.savetxt(sink, data, delimiter=",", fmt="%.6f")
    return sink.getvalue()


def test_it_equals_predictions_made_directly(studio: Studio) -> None:
    generator = np.random.default_rng(3)
    members = np.round(generator.normal(size=(3000, 2)) + generator.integers(0, 3, size=(3000, 1)) * 5, 6)
    prefix = studio.name("members")
    studio.put(f"{prefix}/members.csv", as_csv(members))
    code = studio.submit(train=CLUSTERS)
    job = studio.train("", code=code, InputDataConfig=[studio.channel("train", f"s3://{BUCKET}/{prefix}/")])
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    model = studio.model(job["ModelArtifacts"]["S3ModelArtifacts"], code)
    done = studio.transform(model, f"s3://{BUCKET}/{prefix}/")
    assert done["TransformJobStatus"] == "Completed", done.get("FailureReason")
    scored = studio.get(f"{done['TransformOutput']['S3OutputPath']}/members.csv.out").decode()
    direct = KMeans(3, n_init=2, random_state=7).fit(members).predict(members)
    assert scored.splitlines() == [str(label) for label in direct]
    assert "members.csv: 1 invocations" in studio.log_lines(
        "/aws/sagemaker/TransformJobs", done["TransformJobName"]
    )


def test_a_script_without_functions_gets_the_container_s_defaults(studio: Studio) -> None:
    trained = KMeans(2, n_init=1, random_state=0).fit(np.array([[0.0, 0.0], [9.0, 9.0]], dtype=np.float32))
    buffer = io.BytesIO()
    joblib.dump(trained, buffer)
    model_key = studio.name("defaults")
    studio.put(f"{model_key}/model.joblib", buffer.getvalue())
    script = f"""
import io, boto3, joblib
def model_fn(folder):
    return joblib.load(io.BytesIO(boto3.client("s3").get_object(Bucket="{BUCKET}", Key="{model_key}/model.joblib")["Body"].read()))
"""
    code = studio.submit(train=script)
    model = studio.model(studio.artifact(nothing=""), code)
    prefix = studio.name("points")
    studio.put(f"{prefix}/points.csv", "0,0\n9,9\n0,1\n")
    done = studio.transform(model, f"s3://{BUCKET}/{prefix}/points.csv")
    assert done["TransformJobStatus"] == "Completed", done.get("FailureReason")
    scored = studio.get(f"{done['TransformOutput']['S3OutputPath']}/points.csv.out").decode().split()
    expected = trained.predict(np.array([[0, 0], [9, 9], [0, 1]], dtype=np.float32))
    assert scored == [str(label) for label in expected]


@pytest.fixture(scope="module")
def echo(studio: Studio) -> str:
    """A model that answers how many lines a request had; its script lies inside the model."""
    artifact = studio.submit(**{"code/inference": ECHO})
    return studio.model(artifact, "/opt/ml/model/code", "inference.py")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "[5]\n"),
        ({"BatchStrategy": "SingleRecord"}, "[1]\n" * 5),
        ({"MaxPayloadInMB": 0}, "[5]\n"),
    ],
)
def test_lines_are_batched_as_configured(
    studio: Studio, echo: str, changes: dict[str, Any], expected: str
) -> None:
    prefix = studio.name("lines")
    studio.put(f"{prefix}/a.csv", "1\n2\n3\n4\n5\n")
    done = studio.transform(echo, f"s3://{BUCKET}/{prefix}/", **changes)
    assert done["TransformJobStatus"] == "Completed", done.get("FailureReason")
    assert studio.get(f"{done['TransformOutput']['S3OutputPath']}/a.csv.out").decode() == expected


def test_large_files_are_sent_in_mini_batches(studio: Studio, echo: str) -> None:
    prefix = studio.name("large")
    studio.put(f"{prefix}/a.csv", ("x" * 99 + "\n") * 20000)
    done = studio.transform(echo, f"s3://{BUCKET}/{prefix}/", MaxPayloadInMB=1)
    counts = studio.get(f"{done['TransformOutput']['S3OutputPath']}/a.csv.out").decode().split()
    assert counts == ["[10485]", "[9515]"]


def test_every_input_file_has_its_output(studio: Studio, echo: str) -> None:
    prefix = studio.name("several")
    for name in ("one.csv", "deeper/two.csv"):
        studio.put(f"{prefix}/{name}", "1\n")
    done = studio.transform(echo, f"s3://{BUCKET}/{prefix}")
    output = done["TransformOutput"]["S3OutputPath"].removeprefix(f"s3://{BUCKET}/")
    found = studio.s3.list_objects_v2(Bucket=BUCKET, Prefix=output)["Contents"]
    assert {entry["Key"].removeprefix(f"{output}/") for entry in found} == {
        "one.csv.out",
        "deeper/two.csv.out",
    }


def test_a_failing_script_ends_failed_and_leaves_nothing(studio: Studio) -> None:
    script = ECHO.replace('return f"[', 'raise KeyError("no such tier")\n    return f"[')
    model = studio.model(studio.artifact(nothing=""), studio.submit(train=script))
    prefix = studio.name("failing")
    studio.put(f"{prefix}/a.csv", "1\n")
    done = studio.transform(model, f"s3://{BUCKET}/{prefix}/")
    assert done["TransformJobStatus"] == "Failed"
    assert "no such tier" in done["FailureReason"]
    output = done["TransformOutput"]["S3OutputPath"].removeprefix(f"s3://{BUCKET}/")
    assert studio.s3.list_objects_v2(Bucket=BUCKET, Prefix=output)["KeyCount"] == 0


def test_an_empty_input_fails(studio: Studio, echo: str) -> None:
    prefix = studio.name("empty")
    studio.put(f"{prefix}/a.csv", "")
    done = studio.transform(echo, f"s3://{BUCKET}/{prefix}/")
    assert done["TransformJobStatus"] == "Failed"
    assert "is empty" in done["FailureReason"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"DataProcessing": {"JoinSource": "Input"}}, "JoinSource"),
        ({"DataProcessing": {"InputFilter": "$[1:]"}}, "InputFilter"),
        ({"ModelName": "no-such-model"}, "Could not find model"),
        ({"DataCaptureConfig": {"DestinationS3Uri": "s3://x/y"}}, "DataCaptureConfig"),
    ],
)
def test_what_it_cannot_do_is_refused(
    studio: Studio, echo: str, changes: dict[str, Any], message: str
) -> None:
    from botocore.exceptions import ClientError

    with pytest.raises(ClientError, match=message):
        studio.transform(echo, f"s3://{BUCKET}/x", **changes)
