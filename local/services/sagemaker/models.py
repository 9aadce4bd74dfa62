"""Models: which artifact, which image, which code. CreateModel looks at the artifact as SageMaker does."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local.gateway.identity import Caller
from local.services.sagemaker import registry
from local.services.sagemaker.artifacts import require_artifact
from local.services.sagemaker.errors import invalid, not_done_here, require_known
from local.services.sagemaker.images import require_scikit_learn
from local.services.sagemaker.jobs import require_name
from local.services.sagemaker.storage import Location, read_location

_CONTAINER = ("Image", "ModelDataUrl", "Environment", "Mode", "ModelPackageName", "ContainerHostname")


@dataclass(frozen=True)
class Model:
    """A model of one account."""

    name: str
    account: str
    region: str
    role_arn: str
    request: Mapping[str, Any]
    image: str
    artifact: Location
    environment: Mapping[str, str]
    created: datetime

    @property
    def arn(self) -> str:
        """The model's ARN."""
        return f"arn:aws:sagemaker:{self.region}:{self.account}:model/{self.name.lower()}"

    def describe(self) -> dict[str, Any]:
        """The answer of DescribeModel."""
        shown = ("PrimaryContainer", "Containers", "ExecutionRoleArn")
        return {
            "ModelName": self.name,
            "ModelArn": self.arn,
            "CreationTime": self.created,
            "EnableNetworkIsolation": False,
            **{member: self.request[member] for member in shown if self.request.get(member)},
        }


_models: dict[tuple[str, str, str], Model] = {}
_lock = threading.Lock()


def create_model(request: Mapping[str, Any], caller: Caller, region: str) -> Model:
    """Check a CreateModel request and keep the model. The artifact must exist and be readable by the role."""
    known = ("ModelName", "PrimaryContainer", "Containers", "ExecutionRoleArn", "Tags")
    require_known(request, known, "CreateModel")
    name = require_name(request["ModelName"], "modelName")
    role_arn = request.get("ExecutionRoleArn")
    if not role_arn:
        raise invalid("CreateModel needs an ExecutionRoleArn")
    container = _only_container(request)
    if container.get("ModelPackageName"):
        container = _container_of_package(container, caller, region)
    if not container.get("Image") or not container.get("ModelDataUrl"):
        raise invalid("The container of the model needs an Image and a ModelDataUrl")
    require_scikit_learn(container["Image"], region)
    artifact = read_location(container["ModelDataUrl"], "modelDataUrl")
    require_artifact(artifact, role_arn, region)
    model = Model(
        name=name,
        account=caller.account,
        region=region,
        role_arn=role_arn,
        request=dict(request),
        image=container["Image"],
        artifact=artifact,
        environment=dict(container.get("Environment") or {}),
        created=datetime.now(UTC),
    )
    with _lock:
        if (caller.account, region, name) in _models:
            raise invalid(f'Cannot create already existing model "{model.arn}".')
        _models[caller.account, region, name] = model
    return model


def find_model(account: str, region: str, name: str) -> Model:
    """The model of a name. Raises a ValidationException when there is none."""
    try:
        return _models[account, region, name]
    except KeyError as error:
        arn = f"arn:aws:sagemaker:{region}:{account}:model/{name.lower()}"
        raise invalid(f'Could not find model "{arn}".') from error


def delete_model(account: str, region: str, name: str) -> None:
    """Forget a model; its artifact stays."""
    with _lock:
        find_model(account, region, name)
        del _models[account, region, name]


def models_of(account: str, region: str) -> Iterable[Model]:
    """All models of an account in a region."""
    return [model for (a, r, _), model in list(_models.items()) if (a, r) == (account, region)]


def _only_container(request: Mapping[str, Any]) -> Mapping[str, Any]:
    containers = request.get("Containers") or []
    if len(containers) > 1:
        raise not_done_here("inference pipelines of several containers")
    primary = request.get("PrimaryContainer")
    if bool(containers) == bool(primary):
        raise invalid("CreateModel needs either a PrimaryContainer or Containers")
    container: Mapping[str, Any] = primary or containers[0]
    require_known(container, _CONTAINER, "the container of the model")
    if container.get("Mode", "SingleModel") != "SingleModel":
        raise not_done_here("multi-model containers")
    return container


def _container_of_package(container: Mapping[str, Any], caller: Caller, region: str) -> dict[str, Any]:
    if container.get("Image") or container.get("ModelDataUrl"):
        raise invalid("A container has either a ModelPackageName or an Image and a ModelDataUrl")
    package = registry.find_package(caller.account, region, container["ModelPackageName"])
    if package.approval != "Approved":
        raise invalid(
            f"Model package {package.arn} is {package.approval}: only an Approved one can be deployed"
        )
    merged: dict[str, Any] = dict(package.containers[0])
    merged["Environment"] = {**(merged.get("Environment") or {}), **(container.get("Environment") or {})}
    return merged
