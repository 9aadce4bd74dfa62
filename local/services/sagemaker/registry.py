"""The model registry: groups of model packages, their versions, approval and metrics."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from local.gateway.identity import Caller
from local.services.sagemaker.artifacts import require_artifact
from local.services.sagemaker.errors import conflict, invalid, not_done_here, not_found, require_known
from local.services.sagemaker.images import require_scikit_learn
from local.services.sagemaker.jobs import require_name, without_none
from local.services.sagemaker.storage import read_location

APPROVALS = ("Approved", "Rejected", "PendingManualApproval")

_PACKAGE = (
    "ModelPackageName",
    "ModelPackageGroupName",
    "ModelPackageDescription",
    "InferenceSpecification",
    "ModelApprovalStatus",
    "ModelMetrics",
    "CustomerMetadataProperties",
    "MetadataProperties",
    "ClientToken",
    "Domain",
    "Task",
    "Tags",
)
_CONTAINER = ("Image", "ModelDataUrl", "Environment", "Framework", "FrameworkVersion", "ContainerHostname")


@dataclass
class Group:
    """A model package group: the versions of one model."""

    name: str
    account: str
    region: str
    description: str
    created_by: str
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    last_version: int = 0

    @property
    def arn(self) -> str:
        """The group's ARN."""
        return f"arn:aws:sagemaker:{self.region}:{self.account}:model-package-group/{self.name}"

    def describe(self) -> dict[str, Any]:
        """The answer of DescribeModelPackageGroup."""
        return {**self.summary(), "CreatedBy": {"IamIdentity": {"Arn": self.created_by}}}

    def summary(self) -> dict[str, Any]:
        """Its entry in ListModelPackageGroups."""
        return {
            "ModelPackageGroupName": self.name,
            "ModelPackageGroupArn": self.arn,
            "ModelPackageGroupDescription": self.description,
            "CreationTime": self.created,
            "ModelPackageGroupStatus": "Completed",
        }


@dataclass
class Package:
    """A model package: one version of a model, or one without a group."""

    request: Mapping[str, Any]
    account: str
    region: str
    group: str | None
    version: int | None
    approval: str
    created: datetime
    modified: datetime
    approval_description: str | None = None
    customer_properties: dict[str, str] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        """The package's ARN: `…:model-package/<group>/<version>`."""
        name = f"{self.group}/{self.version}" if self.group else self.request["ModelPackageName"]
        return f"arn:aws:sagemaker:{self.region}:{self.account}:model-package/{name}"

    @property
    def containers(self) -> list[Mapping[str, Any]]:
        """How to serve it."""
        return list(self.request["InferenceSpecification"]["Containers"])

    def summary(self) -> dict[str, Any]:
        """Its entry in ListModelPackages."""
        return without_none(
            {
                "ModelPackageName": None if self.group else self.request["ModelPackageName"],
                "ModelPackageGroupName": self.group,
                "ModelPackageVersion": self.version,
                "ModelPackageArn": self.arn,
                "ModelPackageDescription": self.request.get("ModelPackageDescription"),
                "CreationTime": self.created,
                "ModelPackageStatus": "Completed",
                "ModelApprovalStatus": self.approval,
            }
        )

    def describe(self) -> dict[str, Any]:
        """The answer of DescribeModelPackage."""
        copied = ("InferenceSpecification", "ModelMetrics", "MetadataProperties", "Domain", "Task")
        return without_none(
            {
                **self.summary(),
                **{member: self.request.get(member) for member in copied},
                "ModelPackageName": self.group or self.request.get("ModelPackageName"),
                "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
                "CertifyForMarketplace": False,
                "ApprovalDescription": self.approval_description,
                "CustomerMetadataProperties": self.customer_properties or None,
                "LastModifiedTime": self.modified,
            }
        )


_groups: dict[tuple[str, str, str], Group] = {}
_packages: dict[str, Package] = {}
_lock = threading.RLock()


def create_group(request: Mapping[str, Any], caller: Caller, region: str) -> Group:
    """CreateModelPackageGroup."""
    require_known(
        request, ("ModelPackageGroupName", "ModelPackageGroupDescription", "Tags"), "CreateModelPackageGroup"
    )
    name = require_name(request["ModelPackageGroupName"], "modelPackageGroupName")
    group = Group(name, caller.account, region, request.get("ModelPackageGroupDescription") or "", caller.arn)
    with _lock:
        if (caller.account, region, name) in _groups:
            raise invalid(f"Model Package Group already exists: {group.arn}")
        _groups[caller.account, region, name] = group
    return group


def find_group(account: str, region: str, name: str) -> Group:
    """The group of a name or ARN."""
    try:
        return _groups[account, region, name.rsplit("/", 1)[-1]]
    except KeyError as error:
        raise invalid(f"Model Package Group {name} does not exist.") from error


def delete_group(account: str, region: str, name: str) -> None:
    """DeleteModelPackageGroup: only an empty group."""
    with _lock:
        group = find_group(account, region, name)
        if any(package.group == group.name for package in packages_of(account, region)):
            raise conflict(f"Model Package Group {group.arn} still has model packages")
        del _groups[account, region, group.name]


def groups_of(account: str, region: str) -> Iterable[Group]:
    """All groups of an account in a region."""
    return [group for (a, r, _), group in list(_groups.items()) if (a, r) == (account, region)]


def create_package(request: Mapping[str, Any], caller: Caller, region: str) -> Package:
    """CreateModelPackage: the next version of a group, or a package without versions."""
    require_known(request, _PACKAGE, "CreateModelPackage")
    if bool(request.get("ModelPackageName")) == bool(request.get("ModelPackageGroupName")):
        raise invalid("CreateModelPackage needs either a ModelPackageName or a ModelPackageGroupName")
    approval = request.get("ModelApprovalStatus") or "PendingManualApproval"
    _require_approval(approval)
    _require_containers(request, caller, region)
    now = datetime.now(UTC)
    with _lock:
        group_name = version = None
        if request.get("ModelPackageGroupName"):
            group = find_group(caller.account, region, request["ModelPackageGroupName"])
            group.last_version += 1
            group_name, version = group.name, group.last_version
        else:
            require_name(request["ModelPackageName"], "modelPackageName")
        package = Package(
            request=dict(request),
            account=caller.account,
            region=region,
            group=group_name,
            version=version,
            approval=approval,
            created=now,
            modified=now,
            customer_properties=dict(request.get("CustomerMetadataProperties") or {}),
        )
        if package.arn in _packages:
            raise conflict(f"Model Package already exists: {package.arn}")
        _packages[package.arn] = package
    return package


def find_package(account: str, region: str, name: str) -> Package:
    """The package of an ARN, or of the name of a package without versions."""
    arn = name if name.startswith("arn:") else f"arn:aws:sagemaker:{region}:{account}:model-package/{name}"
    package = _packages.get(arn)
    if package is None or package.account != account:
        raise not_found(f"model package {arn}")
    return package


def update_package(request: Mapping[str, Any], caller: Caller, region: str) -> Package:
    """UpdateModelPackage: approval and customer properties."""
    known = (
        "ModelPackageArn",
        "ModelApprovalStatus",
        "ApprovalDescription",
        "CustomerMetadataProperties",
        "CustomerMetadataPropertiesToRemove",
        "ClientToken",
    )
    require_known(request, known, "UpdateModelPackage")
    package = find_package(caller.account, region, request["ModelPackageArn"])
    with _lock:
        if request.get("ModelApprovalStatus"):
            _require_approval(request["ModelApprovalStatus"])
            package.approval = request["ModelApprovalStatus"]
        if request.get("ApprovalDescription"):
            package.approval_description = request["ApprovalDescription"]
        package.customer_properties.update(request.get("CustomerMetadataProperties") or {})
        for name in request.get("CustomerMetadataPropertiesToRemove") or []:
            package.customer_properties.pop(name, None)
        package.modified = datetime.now(UTC)
    return package


def delete_package(account: str, region: str, name: str) -> None:
    """DeleteModelPackage; version numbers are never given again."""
    with _lock:
        del _packages[find_package(account, region, name).arn]


def packages_of(account: str, region: str) -> Iterable[Package]:
    """All packages of an account in a region."""
    return [p for p in list(_packages.values()) if (p.account, p.region) == (account, region)]


def _require_approval(approval: str) -> None:
    if approval not in APPROVALS:
        raise invalid(f"Value '{approval}' at 'modelApprovalStatus' must be one of {', '.join(APPROVALS)}")


def _require_containers(request: Mapping[str, Any], caller: Caller, region: str) -> None:
    specification = request.get("InferenceSpecification")
    if not specification:
        raise invalid("CreateModelPackage needs an InferenceSpecification")
    if len(specification.get("Containers") or []) != 1:
        raise not_done_here("model packages of other than one container")
    container = specification["Containers"][0]
    require_known(container, _CONTAINER, "the container of the model package")
    require_scikit_learn(container.get("Image") or "", region)
    if not container.get("ModelDataUrl"):
        raise invalid("The container of the model package needs a ModelDataUrl")
    artifact = read_location(container["ModelDataUrl"], "modelDataUrl")
    if caller.role_arn is not None:
        require_artifact(artifact, caller.role_arn, region)
