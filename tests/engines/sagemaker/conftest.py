"""Scripts, jobs and what it takes to start them."""

from __future__ import annotations

import io
import json
import tarfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest

from tests.engines.conftest import LocalAwsProcess

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3"
BUCKET = "loyalty-artifacts"
WAIT_SECONDS = 60

_numbers = count(1)


@dataclass
class Studio:
    """What a data scientist of the domain loyalty has at hand."""

    aws: LocalAwsProcess
    domain: str = "loyalty"

    def __post_init__(self) -> None:
        self.sagemaker = self.aws.client("sagemaker", self.domain)
        self.s3 = self.aws.client("s3", self.domain)
        self.logs = self.aws.client("logs", self.domain)
        self.role = self.aws.role_arn(self.domain)

    def name(self, stem: str) -> str:
        """A name nobody has."""
        return f"{stem}-{next(_numbers)}"

    def submit(self, **files: str) -> str:
        """Upload scripts (`train="…"` becomes train.py, `requirements_txt` requirements.txt); gives the S3 URI."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
            for stem, text in files.items():
                member = tarfile.TarInfo(
                    stem.replace("_txt", ".txt") if stem.endswith("_txt") else f"{stem}.py"
                )
                member.size = len(text.encode())
                archive.addfile(member, io.BytesIO(text.encode()))
        return self.put(f"{self.name('code')}/sourcedir.tar.gz", buffer.getvalue())

    def put(self, key: str, body: bytes | str) -> str:
        """Upload an object; gives its S3 URI."""
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        return f"s3://{BUCKET}/{key}"

    def get(self, url: str) -> bytes:
        """The bytes of an object."""
        bucket, _, key = url.removeprefix("s3://").partition("/")
        return bytes(self.s3.get_object(Bucket=bucket, Key=key)["Body"].read())

    def unpacked(self, url: str) -> dict[str, bytes]:
        """The files of a tar.gz in S3."""
        with tarfile.open(fileobj=io.BytesIO(self.get(url)), mode="r:gz") as archive:
            return {m.name: archive.extractfile(m).read() for m in archive if m.isfile()}  # type: ignore[union-attr]

    def training_request(self, script: str, **changes: Any) -> dict[str, Any]:
        """A CreateTrainingJob request for a script; `changes` replace members."""
        code = changes.pop("code", None) or self.submit(train=script)
        hyperparameters = changes.pop("hyperparameters", {})
        return {
            "TrainingJobName": self.name("train"),
            "HyperParameters": {
                "sagemaker_program": '"train.py"',
                "sagemaker_submit_directory": json.dumps(code),
                **hyperparameters,
            },
            "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
            "RoleArn": self.role,
            "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/models"},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5},
            "StoppingCondition": {"MaxRuntimeInSeconds": 120},
            **changes,
        }

    def channel(self, name: str, url: str) -> dict[str, Any]:
        """One entry of InputDataConfig."""
        source = {"S3DataType": "S3Prefix", "S3Uri": url, "S3DataDistributionType": "FullyReplicated"}
        return {"ChannelName": name, "DataSource": {"S3DataSource": source}}

    def train(self, script: str, **changes: Any) -> dict[str, Any]:
        """Start a training job and wait for its end; gives its description."""
        request = self.training_request(script, **changes)
        self.sagemaker.create_training_job(**request)
        return self.ended_training(request["TrainingJobName"])

    def ended_training(self, name: str) -> dict[str, Any]:
        """Wait for the end of a training job."""
        return ended(lambda: self.sagemaker.describe_training_job(TrainingJobName=name), "TrainingJobStatus")

    def transform(self, model: str, url: str, **changes: Any) -> dict[str, Any]:
        """Start a batch transform and wait for its end; gives its description."""
        source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": url}}
        name = self.name("transform")
        request = {
            "TransformJobName": name,
            "ModelName": model,
            "TransformInput": {"DataSource": source, "ContentType": "text/csv", "SplitType": "Line"},
            "TransformOutput": {
                "S3OutputPath": f"s3://{BUCKET}/{name}",
                "Accept": "text/csv",
                "AssembleWith": "Line",
            },
            "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
            **changes,
        }
        self.sagemaker.create_transform_job(**request)
        return ended(
            lambda: self.sagemaker.describe_transform_job(TransformJobName=name), "TransformJobStatus"
        )

    def model(self, artifact: str, code: str, program: str = "train.py") -> str:
        """Create a model; gives its name."""
        name = self.name("model")
        environment = {"SAGEMAKER_PROGRAM": program, "SAGEMAKER_SUBMIT_DIRECTORY": code}
        container = {"Image": IMAGE, "ModelDataUrl": artifact, "Environment": environment}
        self.sagemaker.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=self.role)
        return name

    def artifact(self, **files: str) -> str:
        """A model.tar.gz of these files; gives its S3 URI."""
        return self.submit(**files)

    def log_lines(self, group: str, job: str) -> list[str]:
        """What a job wrote to CloudWatch Logs."""
        streams = self.logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{job}/")[
            "logStreams"
        ]
        return [
            event["message"]
            for stream in streams
            for event in self.logs.get_log_events(
                logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True
            )["events"]
        ]


def ended(describe: Callable[[], dict[str, Any]], member: str) -> dict[str, Any]:
    """Wait until a job has ended."""
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        description = describe()
        if description[member] not in ("InProgress", "Stopping"):
            return description
        assert time.monotonic() < deadline, description
        time.sleep(0.1)


@pytest.fixture(scope="session")
def studio(local_aws: LocalAwsProcess) -> Studio:
    """SageMaker of the domain loyalty."""
    return Studio(local_aws)
