"""The SageMaker API: which operations there are, and what each answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import camelcase_to_underscores
from moto.sagemaker.responses import SageMakerResponse

from local.gateway.identity import current_caller
from local.services.sagemaker import models, registry
from local.services.sagemaker.listing import page
from local.services.sagemaker.tags import tag_resource, tags_of, untag_resource
from local.services.sagemaker.training import TRAINING_JOBS, create_training_job
from local.services.sagemaker.transform import TRANSFORM_JOBS, create_transform_job

Request = Mapping[str, Any]
Operation = Callable[[Request, str], dict[str, Any] | None]


def install(home: Path) -> None:
    """Put the operations in place of moto's; jobs keep their files in `home`."""
    for name, operation in _operations(home).items():
        setattr(SageMakerResponse, camelcase_to_underscores(name), _method(operation))


def _method(operation: Operation) -> Callable[[SageMakerResponse], ActionResult]:
    def method(self: SageMakerResponse) -> ActionResult:
        answer = operation(self.params, self.region)
        return ActionResult(answer) if answer is not None else EmptyResult()

    return method


def _account() -> str:
    return current_caller().account


def _operations(home: Path) -> dict[str, Operation]:
    def new_training_job(request: Request, region: str) -> dict[str, Any]:
        job = create_training_job(request, current_caller(), region, home)
        tag_resource(job.arn, request.get("Tags"))
        return {"TrainingJobArn": job.arn}

    def new_transform_job(request: Request, region: str) -> dict[str, Any]:
        job = create_transform_job(request, current_caller(), region, home)
        tag_resource(job.arn, request.get("Tags"))
        return {"TransformJobArn": job.arn}

    return {
        "CreateTrainingJob": new_training_job,
        "DescribeTrainingJob": lambda request, region: TRAINING_JOBS.get(
            _account(), region, request["TrainingJobName"]
        ).describe(),
        "ListTrainingJobs": _list_training_jobs,
        "StopTrainingJob": lambda request, region: TRAINING_JOBS.get(
            _account(), region, request["TrainingJobName"]
        ).stop(),
        "CreateTransformJob": new_transform_job,
        "DescribeTransformJob": lambda request, region: TRANSFORM_JOBS.get(
            _account(), region, request["TransformJobName"]
        ).describe(),
        "ListTransformJobs": _list_transform_jobs,
        "StopTransformJob": lambda request, region: TRANSFORM_JOBS.get(
            _account(), region, request["TransformJobName"]
        ).stop(),
        "CreateModel": _create_model,
        "DescribeModel": lambda request, region: models.find_model(
            _account(), region, request["ModelName"]
        ).describe(),
        "ListModels": _list_models,
        "DeleteModel": lambda request, region: models.delete_model(_account(), region, request["ModelName"]),
        "CreateModelPackageGroup": _create_group,
        "DescribeModelPackageGroup": lambda request, region: registry.find_group(
            _account(), region, request["ModelPackageGroupName"]
        ).describe(),
        "ListModelPackageGroups": _list_groups,
        "DeleteModelPackageGroup": lambda request, region: registry.delete_group(
            _account(), region, request["ModelPackageGroupName"]
        ),
        "CreateModelPackage": _create_package,
        "DescribeModelPackage": lambda request, region: registry.find_package(
            _account(), region, request["ModelPackageName"]
        ).describe(),
        "UpdateModelPackage": lambda request, region: {
            "ModelPackageArn": registry.update_package(request, current_caller(), region).arn
        },
        "ListModelPackages": _list_packages,
        "DeleteModelPackage": lambda request, region: registry.delete_package(
            _account(), region, request["ModelPackageName"]
        ),
        "AddTags": lambda request, region: {"Tags": tag_resource(request["ResourceArn"], request["Tags"])},
        "ListTags": lambda request, region: {"Tags": tags_of(request["ResourceArn"])},
        "DeleteTags": lambda request, region: untag_resource(request["ResourceArn"], request["TagKeys"]),
    }


def _list_training_jobs(request: Request, region: str) -> dict[str, Any]:
    shown = (
        "TrainingJobName",
        "TrainingJobArn",
        "CreationTime",
        "TrainingEndTime",
        "LastModifiedTime",
        "TrainingJobStatus",
        "SecondaryStatus",
    )
    return page(
        [job.describe() for job in TRAINING_JOBS.of(_account(), region)],
        request,
        result="TrainingJobSummaries",
        name="TrainingJobName",
        status="TrainingJobStatus",
        shown=lambda item: {member: item[member] for member in shown if member in item},
    )


def _list_transform_jobs(request: Request, region: str) -> dict[str, Any]:
    shown = (
        "TransformJobName",
        "TransformJobArn",
        "CreationTime",
        "TransformEndTime",
        "TransformJobStatus",
        "FailureReason",
    )
    jobs = TRANSFORM_JOBS.of(_account(), region)
    return page(
        [{**job.describe(), "LastModifiedTime": job.modified} for job in jobs],
        request,
        result="TransformJobSummaries",
        name="TransformJobName",
        status="TransformJobStatus",
        shown=lambda item: {
            member: item[member] for member in (*shown, "LastModifiedTime") if member in item
        },
    )


def _create_model(request: Request, region: str) -> dict[str, Any]:
    model = models.create_model(request, current_caller(), region)
    tag_resource(model.arn, request.get("Tags"))
    return {"ModelArn": model.arn}


def _list_models(request: Request, region: str) -> dict[str, Any]:
    shown = ("ModelName", "ModelArn", "CreationTime")
    return page(
        [model.describe() for model in models.models_of(_account(), region)],
        request,
        result="Models",
        name="ModelName",
        shown=lambda item: {member: item[member] for member in shown},
    )


def _create_group(request: Request, region: str) -> dict[str, Any]:
    group = registry.create_group(request, current_caller(), region)
    tag_resource(group.arn, request.get("Tags"))
    return {"ModelPackageGroupArn": group.arn}


def _list_groups(request: Request, region: str) -> dict[str, Any]:
    return page(
        [group.summary() for group in registry.groups_of(_account(), region)],
        request,
        result="ModelPackageGroupSummaryList",
        name="ModelPackageGroupName",
    )


def _create_package(request: Request, region: str) -> dict[str, Any]:
    package = registry.create_package(request, current_caller(), region)
    tag_resource(package.arn, request.get("Tags"))
    return {"ModelPackageArn": package.arn}


def _list_packages(request: Request, region: str) -> dict[str, Any]:
    filters = dict(request)
    group = filters.pop("ModelPackageGroupName", None)
    kind = filters.pop("ModelPackageType", None) or ("Versioned" if group else "Unversioned")
    if group:
        group = registry.find_group(_account(), region, group).name
    packages = [
        package
        for package in registry.packages_of(_account(), region)
        if (
            package.group == group
            if group
            else kind == "Both" or (package.group is None) == (kind == "Unversioned")
        )
    ]
    return page(
        [{"Name": package.arn, **package.summary()} for package in packages],
        filters,
        result="ModelPackageSummaryList",
        name="Name",
        equals={"ModelApprovalStatus": "ModelApprovalStatus"},
        shown=lambda item: {member: value for member, value in item.items() if member != "Name"},
    )
