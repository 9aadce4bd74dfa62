"""Model artifacts in S3: SageMaker looks at them before it takes a model."""

from __future__ import annotations

from local.gateway.identity import issue_for_role, revoke
from local.services.sagemaker.errors import invalid
from local.services.sagemaker.storage import Location, RoleStorage, StorageError


def require_artifact(artifact: Location, role_arn: str, region: str) -> None:
    """Raise the ValidationException SageMaker gives for a model artifact that is missing or closed to the role."""
    credential = issue_for_role(role_arn, "SageMaker")
    try:
        found = RoleStorage(credential, region).exists(artifact)
    except StorageError as error:
        raise invalid(
            f'Could not access model data at {artifact.url}. Please ensure that the role "{role_arn}" exists and that '
            'its trust relationship policy allows the action "sts:AssumeRole" for the service principal '
            '"sagemaker.amazonaws.com". Also ensure that the role has "s3:GetObject" permissions and that the object '
            f"is located in {region}."
        ) from error
    finally:
        revoke(credential.access_key)
    if not found:
        raise invalid(f"Could not find model data at {artifact.url}.")
