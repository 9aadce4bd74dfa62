"""train and score: a model from features in Redshift, by a script beside the product, on SageMaker.

The operators of SageMaker are imported where they are used: most DAG files have no model, and every task process
reads its DAG file anew.
"""

from __future__ import annotations

from collections.abc import Mapping

from airflow.providers.amazon.aws.operators.redshift_data import RedshiftDataOperator
from airflow.sdk import TaskGroup

from interline.airflow.dag import current
from interline.airflow.data_day import TEMPLATE
from interline.airflow.verbs.acting import SECONDS_BETWEEN_POLLS, SECONDS_BETWEEN_STATEMENT_POLLS, acting_as
from interline.aws.redshift_statements import DATABASE_USER
from interline.build.model_jobs import ModelJobs
from interline.contracts.model.column_types import redshift_type
from interline.contracts.model.names import is_name
from interline.sql.quoting import identifier, literal, relation

_FIT = "train.fit"


def train(
    features: str,
    *,
    order_by: str,
    at_least: Mapping[str, float],
    hyperparameters: Mapping[str, str | int | float] | None = None,
) -> TaskGroup:
    """Train the product's model on a table of features, and register it if it is good enough.

    :param features: a model of the product; its columns, in order, are what ``train.py`` reads as CSV
    :param order_by: the column that orders the rows, so that the same rows give the same bytes
    :param at_least: the evaluation gate: measures that ``train.py`` prints as ``name: value;``, and the least that
        each must reach; otherwise nothing is registered and the run stops
    :param hyperparameters: what ``train.py`` takes as arguments
    """
    from airflow.providers.amazon.aws.operators.sagemaker import (  # slow, and only models need it
        SageMakerRegisterModelVersionOperator,
        SageMakerTrainingOperator,
    )
    from airflow.providers.amazon.aws.utils.sagemaker import ApprovalStatus  # slow, and only models need it

    from interline.airflow.operators.evaluation_gate import EvaluationGateOperator

    product = current().product
    domain = product.domain
    acting = acting_as(domain)
    jobs = ModelJobs(product, TEMPLATE)
    with TaskGroup("train") as group:
        unload = RedshiftDataOperator(
            task_id="unload",
            sql=_unload(domain.schema, features, order_by, jobs.features, domain.role_arn),
            cluster_identifier=domain.cluster,
            database=domain.cluster,
            db_user=DATABASE_USER,
            poll_interval=SECONDS_BETWEEN_STATEMENT_POLLS,
            durable=False,  # a cleared task works again, see PublishOperator
            **acting,
        )
        fit = SageMakerTrainingOperator(
            task_id="fit",
            config=jobs.training(tuple(at_least), hyperparameters or {}),
            # With its log printed, the provider asks for the job's state only every 30 seconds.
            print_log=False,
            check_interval=SECONDS_BETWEEN_POLLS,
            **acting,
        )
        gate = EvaluationGateOperator(
            task_id="gate",
            training_job=jobs.result_of(_FIT, "['Training']['TrainingJobName']"),
            at_least=dict(at_least),
            **acting,
        )
        register = SageMakerRegisterModelVersionOperator(
            task_id="register",
            image_uri=jobs.image,
            model_url=jobs.result_of(_FIT, "['Training']['ModelArtifacts']['S3ModelArtifacts']"),
            package_group_name=jobs.name,
            package_desc=f"{product.address} of {TEMPLATE}",
            model_approval=ApprovalStatus.APPROVED,
            **acting,
        )
        unload >> fit >> gate >> register
    return group


def score(**columns: str) -> TaskGroup:
    """Score every row that the model was trained on by a batch transform, into the private table ``<product>_scores``.

    Models of the product read it as ``source('<domain>_models', '<product>_scores')``.

    :param columns: the Redshift types, by name, of what ``output_fn`` in ``train.py`` writes as CSV, in order
    """
    from airflow.providers.amazon.aws.operators.sagemaker import (  # slow, and only models need it
        SageMakerTransformOperator,
    )

    product = current().product
    domain = product.domain
    acting = acting_as(domain)
    jobs = ModelJobs(product, TEMPLATE)
    artefact = jobs.result_of(_FIT, "['Training']['ModelArtifacts']['S3ModelArtifacts']")
    with TaskGroup("score") as group:
        transform = SageMakerTransformOperator(
            task_id="transform",
            config=jobs.transform(artefact),
            check_interval=SECONDS_BETWEEN_POLLS,
            **acting,
        )
        load = RedshiftDataOperator(
            task_id="load",
            sql=_load(domain.schema, f"{product.name}_scores", columns, jobs.scores, domain.role_arn),
            cluster_identifier=domain.cluster,
            database=domain.cluster,
            db_user=DATABASE_USER,
            poll_interval=SECONDS_BETWEEN_STATEMENT_POLLS,
            durable=False,  # a cleared task works again, see PublishOperator
            **acting,
        )
        transform >> load
    return group


def _unload(schema: str, table: str, order_by: str, prefix: str, role_arn: str) -> str:
    query = f"select * from {relation(schema, table)} order by {identifier(order_by)}"
    return (
        f"unload ({literal(query)}) to {literal(prefix + 'part_')} iam_role {literal(role_arn)}"
        " format as csv allowoverwrite parallel off"
    )


def _load(schema: str, table: str, columns: Mapping[str, str], prefix: str, role_arn: str) -> list[str]:
    unfit = [name for name in columns if not is_name(name)]
    if unfit:
        raise ValueError(f"{', '.join(unfit)} cannot name a column")
    scores = relation(schema, table)
    listed = ", ".join(f"{identifier(name)} {redshift_type(kind)}" for name, kind in columns.items())
    return [
        f"drop table if exists {scores}",
        f"create table {scores} ({listed})",
        f"copy {scores} from {literal(prefix)} iam_role {literal(role_arn)} format as csv",
    ]
