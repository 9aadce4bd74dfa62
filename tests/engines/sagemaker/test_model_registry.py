"""Models and the registry: versions, approval, metrics, artifacts that must exist."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.engines.sagemaker.conftest import IMAGE, Studio


@pytest.fixture(scope="module")
def artifact(studio: Studio) -> str:
    return studio.artifact(nothing="")


@pytest.fixture
def group(studio: Studio) -> str:
    name = studio.name("segments")
    studio.sagemaker.create_model_package_group(ModelPackageGroupName=name, ModelPackageGroupDescription="d")
    return name


def register(studio: Studio, group: str, artifact: str, **more: Any) -> str:
    specification = {
        "Containers": [{"Image": IMAGE, "ModelDataUrl": artifact}],
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv"],
    }
    answer = studio.sagemaker.create_model_package(
        ModelPackageGroupName=group, InferenceSpecification=specification, **more
    )
    return str(answer["ModelPackageArn"])


def test_versions_count_up_and_are_never_given_again(studio: Studio, group: str, artifact: str) -> None:
    first = register(studio, group, artifact)
    second = register(studio, group, artifact)
    assert first.endswith(f":model-package/{group}/1")
    assert second.endswith(f":model-package/{group}/2")
    studio.sagemaker.delete_model_package(ModelPackageName=second)
    assert register(studio, group, artifact).endswith(f"{group}/3")


def test_a_version_waits_for_approval(studio: Studio, group: str, artifact: str) -> None:
    arn = register(studio, group, artifact)
    model: dict[str, Any] = {"ExecutionRoleArn": studio.role, "Containers": [{"ModelPackageName": arn}]}
    assert (
        studio.sagemaker.describe_model_package(ModelPackageName=arn)["ModelApprovalStatus"]
        == "PendingManualApproval"
    )
    with pytest.raises(ClientError, match="PendingManualApproval"):
        studio.sagemaker.create_model(ModelName=studio.name("model"), **model)
    studio.sagemaker.update_model_package(
        ModelPackageArn=arn, ModelApprovalStatus="Approved", ApprovalDescription="ok"
    )
    assert studio.sagemaker.create_model(ModelName=studio.name("model"), **model)["ModelArn"]
    described = studio.sagemaker.describe_model_package(ModelPackageName=arn)
    assert (described["ModelApprovalStatus"], described["ApprovalDescription"]) == ("Approved", "ok")
    assert described["InferenceSpecification"]["Containers"][0]["ModelDataUrl"] == artifact


def test_metrics_and_properties_are_kept(studio: Studio, group: str, artifact: str) -> None:
    statistics = {"ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": artifact}}}
    arn = register(
        studio, group, artifact, ModelMetrics=statistics, CustomerMetadataProperties={"silhouette": "0.41"}
    )
    described = studio.sagemaker.describe_model_package(ModelPackageName=arn)
    assert described["ModelMetrics"] == statistics
    assert described["CustomerMetadataProperties"] == {"silhouette": "0.41"}


def test_versions_are_listed_by_approval(studio: Studio, group: str, artifact: str) -> None:
    register(studio, group, artifact)
    approved = register(studio, group, artifact, ModelApprovalStatus="Approved")
    listed = studio.sagemaker.list_model_packages(ModelPackageGroupName=group, ModelApprovalStatus="Approved")
    assert [package["ModelPackageArn"] for package in listed["ModelPackageSummaryList"]] == [approved]
    everything = studio.sagemaker.list_model_packages(ModelPackageGroupName=group)["ModelPackageSummaryList"]
    assert [package["ModelPackageVersion"] for package in everything] == [2, 1]


def test_a_group_is_made_once_and_deleted_empty(studio: Studio, group: str, artifact: str) -> None:
    with pytest.raises(ClientError, match="Model Package Group already exists"):
        studio.sagemaker.create_model_package_group(ModelPackageGroupName=group)
    arn = register(studio, group, artifact)
    with pytest.raises(ClientError) as error:
        studio.sagemaker.delete_model_package_group(ModelPackageGroupName=group)
    assert error.value.response["Error"]["Code"] == "ConflictException"
    studio.sagemaker.delete_model_package(ModelPackageName=arn)
    studio.sagemaker.delete_model_package_group(ModelPackageGroupName=group)
    with pytest.raises(ClientError, match="does not exist"):
        studio.sagemaker.describe_model_package_group(ModelPackageGroupName=group)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("s3://loyalty-artifacts/no/model.tar.gz", "Could not find model data"),
        ("s3://bookings-artifacts/no/model.tar.gz", "Could not access model data"),
    ],
)
def test_an_artifact_must_be_there_and_readable(studio: Studio, group: str, url: str, message: str) -> None:
    with pytest.raises(ClientError, match=message):
        register(studio, group, url)
    with pytest.raises(ClientError, match=message):
        studio.sagemaker.create_model(
            ModelName=studio.name("model"),
            ExecutionRoleArn=studio.role,
            PrimaryContainer={"Image": IMAGE, "ModelDataUrl": url},
        )


def test_models_are_described_listed_deleted(studio: Studio, artifact: str) -> None:
    name = studio.model(artifact, "/opt/ml/model/code")
    assert studio.sagemaker.describe_model(ModelName=name)["PrimaryContainer"]["ModelDataUrl"] == artifact
    listed = studio.sagemaker.list_models(NameContains=name)["Models"]
    assert [model["ModelName"] for model in listed] == [name]
    with pytest.raises(ClientError, match="already existing model"):
        studio.sagemaker.create_model(
            ModelName=name,
            ExecutionRoleArn=studio.role,
            PrimaryContainer={"Image": IMAGE, "ModelDataUrl": artifact},
        )
    studio.sagemaker.delete_model(ModelName=name)
    with pytest.raises(ClientError, match="Could not find model"):
        studio.sagemaker.describe_model(ModelName=name)
