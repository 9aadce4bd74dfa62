"""The gate between training and everything that uses the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.hooks.sagemaker import SageMakerHook
from airflow.providers.amazon.aws.operators.base_aws import AwsBaseOperator
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.sdk.exceptions import AirflowFailException

if TYPE_CHECKING:
    from airflow.sdk import Context


class EvaluationGateOperator(AwsBaseOperator[SageMakerHook]):
    """
    Fail unless a training job reached every measure.

    :param training_job: name of the training job (templated)
    :param at_least: measures by name, with the least that each must reach
    :return: the measures
    """

    aws_hook_class = SageMakerHook
    template_fields: Sequence[str] = aws_template_fields("training_job", "at_least")
    ui_color = "#f7efe3"

    def __init__(self, *, training_job: str, at_least: Mapping[str, float], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.training_job = training_job
        self.at_least = dict(at_least)

    def execute(self, context: Context) -> dict[str, float]:
        """Compare."""
        job = self.hook.describe_training_job(self.training_job)
        if job["TrainingJobStatus"] != "Completed":
            # The provider takes a job that was stopped for running too long as done.
            raise AirflowFailException(
                f"{self.training_job} is {job['TrainingJobStatus']}: {job.get('FailureReason', job.get('SecondaryStatus'))}"
            )
        reached = {entry["MetricName"]: float(entry["Value"]) for entry in job.get("FinalMetricDataList", [])}
        short: list[str] = []
        for name, least in self.at_least.items():
            value = reached.get(name)
            self.log.info("%s: %s, at least %s", name, value, least)
            if value is None:
                short.append(f"{name} was not printed by the script as `{name}: <number>;`")
            elif value < least:
                short.append(f"{name} is {value:g}, at least {least:g} is needed")
        if short:
            raise AirflowFailException(
                f"the model of {self.training_job} is not good enough, so it is not registered: {'; '.join(short)}"
            )
        return reached
