"""A product's SageMaker jobs: where their files are, and their definitions as the API takes them.

Source: Amazon SageMaker Developer Guide, "Use scikit-learn with the SageMaker Python SDK" (script mode: the hyperparameters
``sagemaker_program`` and ``sagemaker_submit_directory``, each JSON), and the API reference of CreateTrainingJob, CreateModel
and CreateTransformJob.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from interline.contracts import Product

SCRIPT = "train.py"
CHANNEL = "train"
_INSTANCE = "ml.m5.large"
_LONGEST_TRAINING = 3600
_IMAGE_ACCOUNTS = {
    "us-east-1": "683313688378",
    "us-east-2": "257758044811",
    "us-west-2": "246618743249",
    "eu-west-1": "141502667606",
    "eu-central-1": "492215442770",
}
"""Accounts of the registry that keeps the scikit-learn containers, by Region."""
_CONTAINER = "sagemaker-scikit-learn:1.4-2-cpu-py3"


class ModelJobs:
    """Definitions of the jobs of one product for one data day (a day, or an Airflow template for it).

    Raises:
        ValueError: SageMaker's scikit-learn container is not known in the domain's Region.
    """

    def __init__(self, product: Product, day: str) -> None:
        region = product.domain.region
        if region not in _IMAGE_ACCOUNTS:
            raise ValueError(
                f"{product.domain.name} is in {region}; the scikit-learn container is known in"
                f" {', '.join(_IMAGE_ACCOUNTS)}"
            )
        self.product = product
        self.day = day
        self.image = f"{_IMAGE_ACCOUNTS[region]}.dkr.ecr.{region}.amazonaws.com/{_CONTAINER}"

    @property
    def name(self) -> str:
        """The name of the product's model group; jobs and models add the day. At most 63 letters, digits, hyphens."""
        return self.product.address.replace(".", "-").replace("_", "-")[:48].rstrip("-")

    @property
    def features(self) -> str:
        """S3 prefix of what is trained on and scored."""
        return self._prefix("features")

    @property
    def scores(self) -> str:
        """S3 prefix of what the batch transform writes."""
        return self._prefix("scores")

    @property
    def code(self) -> str:
        """S3 address of the archive with the script."""
        return self._prefix("code") + "sourcedir.tar.gz"

    def training(self, measures: tuple[str, ...], hyperparameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return the training job: the script beside the product, on the features."""
        bucket, _, key = self.code.removeprefix("s3://").partition("/")
        arguments = {
            **{name: json.dumps(value) for name, value in hyperparameters.items()},
            "sagemaker_program": json.dumps(SCRIPT),
            "sagemaker_submit_directory": json.dumps(self.code),
        }
        script = self.product.folder / SCRIPT
        return {
            "S3Operations": {"S3Upload": [{"Path": str(script), "Bucket": bucket, "Key": key, "Tar": True}]},
            "TrainingJobName": f"{self.name}-{self.day}",
            "RoleArn": self.product.domain.role_arn,
            "AlgorithmSpecification": {
                "TrainingImage": self.image,
                "TrainingInputMode": "File",
                "MetricDefinitions": [
                    {"Name": measure, "Regex": f"^{measure}: ([-+0-9.eE]+);"} for measure in measures
                ],
            },
            "HyperParameters": arguments,
            "InputDataConfig": [
                {
                    "ChannelName": CHANNEL,
                    "ContentType": "text/csv",
                    "DataSource": {"S3DataSource": self._objects(self.features)},
                }
            ],
            "OutputDataConfig": {"S3OutputPath": self._prefix("models")},
            "ResourceConfig": {"InstanceCount": 1, "InstanceType": _INSTANCE, "VolumeSizeInGB": 10},
            "StoppingCondition": {"MaxRuntimeInSeconds": _LONGEST_TRAINING},
        }

    def transform(self, artefact: str) -> dict[str, Any]:
        """Return the model of an artefact, and the batch transform of the features with it."""
        name = f"{self.name}-{self.day}"
        return {
            "Model": {
                "ModelName": name,
                "ExecutionRoleArn": self.product.domain.role_arn,
                "PrimaryContainer": {
                    "Image": self.image,
                    "ModelDataUrl": artefact,
                    "Environment": {"SAGEMAKER_PROGRAM": SCRIPT, "SAGEMAKER_SUBMIT_DIRECTORY": self.code},
                },
            },
            "Transform": {
                "TransformJobName": name,
                "ModelName": name,
                "BatchStrategy": "MultiRecord",
                "MaxPayloadInMB": 6,
                "TransformInput": {
                    "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": self.features}},
                    "ContentType": "text/csv",
                    "SplitType": "Line",
                },
                "TransformOutput": {
                    "S3OutputPath": self.scores,
                    "Accept": "text/csv",
                    "AssembleWith": "Line",
                },
                "TransformResources": {"InstanceType": _INSTANCE, "InstanceCount": 1},
            },
        }

    @staticmethod
    def result_of(task_id: str, path: str) -> str:
        """Return a template for a part of what a task returned."""
        return "{{ ti.xcom_pull(task_ids='" + task_id + "')" + path + " }}"

    def _prefix(self, kind: str) -> str:
        return f"s3://{self.product.domain.artifacts_bucket}/{self.product.name}/{self.day}/{kind}/"

    @staticmethod
    def _objects(prefix: str) -> dict[str, str]:
        return {
            "S3DataType": "S3Prefix",
            "S3Uri": prefix,
            "S3DataDistributionType": "FullyReplicated",
        }
