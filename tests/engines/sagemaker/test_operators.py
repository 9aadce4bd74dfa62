"""The provider's own operators, through an Airflow connection, against the local SageMaker."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.engines.sagemaker.conftest import BUCKET, IMAGE, Studio

SCRIPT = """
import os, pathlib
if __name__ == "__main__":
    rows = pathlib.Path(os.environ["SM_CHANNEL_TRAIN"], "rows.csv").read_text().splitlines()
    pathlib.Path(os.environ["SM_MODEL_DIR"], "count").write_text(str(len(rows)))
    print(f"members: {len(rows)};")
def model_fn(folder):
    return int(pathlib.Path(folder, "count").read_text())
def input_fn(body, content_type):
    return body.splitlines()
def predict_fn(lines, model):
    return [f"{line},{model}" for line in lines]
def output_fn(lines, accept):
    return "\\n".join(lines)
"""


def test_operators_train_register_and_transform(studio: Studio, tmp_path: Path) -> None:
    prefix = studio.name("operators")
    studio.put(f"{prefix}/rows.csv", "a\nb\nc\n")
    code = studio.submit(train=SCRIPT)
    training = studio.training_request(
        SCRIPT,
        code=code,
        InputDataConfig=[studio.channel("train", f"s3://{BUCKET}/{prefix}/")],
        AlgorithmSpecification={
            "TrainingImage": IMAGE,
            "TrainingInputMode": "File",
            "MetricDefinitions": [{"Name": "members", "Regex": "members: ([0-9]+);"}],
        },
    )
    model = studio.name("operators-model")
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/{prefix}/"}}
    given = {
        "image": IMAGE,
        "group": studio.name("operators-group"),
        "training": training,
        "transform": {
            "Model": {
                "ModelName": model,
                "ExecutionRoleArn": studio.role,
                "PrimaryContainer": {
                    "Image": IMAGE,
                    "Environment": {"SAGEMAKER_PROGRAM": "train.py", "SAGEMAKER_SUBMIT_DIRECTORY": code},
                },
            },
            "Transform": {
                "TransformJobName": studio.name("operators-transform"),
                "ModelName": model,
                "TransformInput": {"DataSource": source, "ContentType": "text/csv", "SplitType": "Line"},
                "TransformOutput": {
                    "S3OutputPath": f"s3://{BUCKET}/{prefix}-scores",
                    "Accept": "text/csv",
                    "AssembleWith": "Line",
                },
                "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
            },
        },
    }
    ran = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("operators_script.py"))],
        input=json.dumps(given),
        env={"PATH": "/usr/bin:/bin", "AIRFLOW_HOME": str(tmp_path), **studio.aws.environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    result = json.loads(ran.stdout.splitlines()[-1])
    assert result["training"]["TrainingJobStatus"] == "Completed"
    assert result["training"]["FinalMetricDataList"][0]["Value"] == 3.0
    package = studio.sagemaker.describe_model_package(ModelPackageName=result["package"])
    assert package["ModelApprovalStatus"] == "Approved"
    assert result["transform"]["Transform"]["TransformJobStatus"] == "Completed"
    assert studio.get(f"s3://{BUCKET}/{prefix}-scores/rows.csv.out") == b"a,3\nb,3\nc,3\n"
