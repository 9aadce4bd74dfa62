"""SageMaker: training, models, batch transform, the model registry; endpoints, processing and tuning are not there."""

from __future__ import annotations

from pathlib import Path

from local.gateway.aws_request import AwsRequest, RequiredPermission
from local.gateway.identity import Caller
from local.gateway.registry import Allow, PassedRoles, Service
from local.services.sagemaker import process

_KINDS = {
    "TrainingJobName": "training-job",
    "TransformJobName": "transform-job",
    "ModelName": "model",
    "ModelPackageGroupName": "model-package-group",
    "ModelPackageName": "model-package",
}


def required_permissions(request: AwsRequest, caller: Caller) -> list[RequiredPermission]:
    """The request's action on the job, model, package or group that it names, by name or by ARN."""
    parameters = request.parameters
    if request.operation.startswith("List"):
        return request.permissions_on("*")
    if request.operation == "CreateModelPackage" and "ModelPackageGroupName" in parameters:
        package = f"model-package/{parameters['ModelPackageGroupName']}/*"
        return request.permissions_on(request.arn(caller.account, package))
    for parameter in ("ModelPackageArn", "ResourceArn"):
        if parameter in parameters:
            return request.permissions_on(str(parameters[parameter]))
    for parameter, kind in _KINDS.items():
        if parameter in parameters:
            name = str(parameters[parameter])
            if name.startswith("arn:"):
                return request.permissions_on(name)
            return request.permissions_on(request.arn(caller.account, f"{kind}/{name.lower()}"))
    return request.permissions_on("*")


def _install(home: Path) -> None:
    from local.services.sagemaker import operations  # moto reads its settings when it is imported

    operations.install(home)


def _close() -> None:
    process.kill_all()


SERVICE = Service(
    name="sagemaker",
    response_class="moto.sagemaker.responses.SageMakerResponse",
    operations=(
        *(f"{verb}TrainingJob" for verb in ("Create", "Describe", "Stop")),
        *(f"{verb}TransformJob" for verb in ("Create", "Describe", "Stop")),
        *(f"{verb}Model" for verb in ("Create", "Describe", "Delete")),
        *(f"{verb}ModelPackageGroup" for verb in ("Create", "Describe", "Delete")),
        *(f"{verb}ModelPackage" for verb in ("Create", "Describe", "Update", "Delete")),
        *("ListTrainingJobs", "ListTransformJobs", "ListModels"),
        *("ListModelPackageGroups", "ListModelPackages"),
        *("AddTags", "ListTags", "DeleteTags"),
    ),
    required_permissions=required_permissions,
    tagging_actions=dict.fromkeys(
        (
            "CreateTrainingJob",
            "CreateTransformJob",
            "CreateModel",
            "CreateModelPackage",
            "CreateModelPackageGroup",
        ),
        "sagemaker:AddTags",
    ),
    passed_roles=PassedRoles(
        "sagemaker.amazonaws.com",
        {"CreateTrainingJob": "RoleArn", "CreateModel": "ExecutionRoleArn"},
        refusal="ValidationException",
    ),
    install=_install,
    close=_close,
    role_policies={
        "domain": (
            Allow(("sagemaker:*",), ("arn:aws:sagemaker:{region}:{account}:*",)),
            Allow(("sagemaker:List*",), ("*",)),
        )
    },
    domain_passes_its_role=True,
)
