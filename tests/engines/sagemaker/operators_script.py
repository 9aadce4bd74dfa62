"""Run by test_operators.py in a process of its own: train, register and transform with the provider's operators.

Prints one JSON object. Airflow's settings come from the environment that the local AWS describes.
"""

import json
import sys
from typing import Any

from airflow.providers.amazon.aws.operators.sagemaker import (
    ApprovalStatus,
    SageMakerRegisterModelVersionOperator,
    SageMakerTrainingOperator,
    SageMakerTransformOperator,
)


class TaskInstance:
    """Takes the links that operators leave."""

    def xcom_push(self, **_: Any) -> None:
        """Nothing reads them here."""


def main() -> None:
    """Run the three operators one after the other."""
    given = json.loads(sys.stdin.read())
    common = {"aws_conn_id": "aws_loyalty", "region_name": "us-east-1"}
    context: Any = {"ti": TaskInstance(), "task_instance": TaskInstance()}
    training = SageMakerTrainingOperator(
        task_id="fit", config=given["training"], print_log=False, check_interval=1, **common
    ).execute(context)["Training"]
    artifact = training["ModelArtifacts"]["S3ModelArtifacts"]
    package = SageMakerRegisterModelVersionOperator(
        task_id="register",
        image_uri=given["image"],
        model_url=artifact,
        package_group_name=given["group"],
        model_approval=ApprovalStatus.APPROVED,
        **common,
    ).execute(context)
    given["transform"]["Model"]["PrimaryContainer"]["ModelDataUrl"] = artifact
    transformed = SageMakerTransformOperator(
        task_id="transform", config=given["transform"], check_interval=1, **common
    ).execute(context)
    sys.stdout.write(
        json.dumps({"training": training, "package": package, "transform": transformed}, default=str) + "\n"
    )


if __name__ == "__main__":
    main()
