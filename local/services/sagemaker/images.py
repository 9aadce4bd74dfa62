"""Which container images run here: the scikit-learn framework containers, and no other.

Source: "Docker Registry Paths and Example Code" in the SageMaker developer guide and `image_uri_config/sklearn.json`
of the SageMaker Python SDK (registry of us-east-1, versions).
"""

from __future__ import annotations

import re

from local.services.sagemaker.errors import invalid, not_done_here

_IMAGE = re.compile(
    r"(?P<registry>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com/(?P<repository>[a-z0-9/_-]+)(?::(?P<tag>[\w.-]+))?"
)
_REPOSITORY = "sagemaker-scikit-learn"
_REGISTRIES = {"us-east-1": "683313688378"}
_VERSIONS = ("0.20.0", "0.23-1", "1.0-1", "1.2-1", "1.4-2")


def require_scikit_learn(image: str, region: str) -> None:
    """Raise unless `image` is a scikit-learn framework container of the region."""
    match = _IMAGE.fullmatch(image)
    if match is None:
        raise invalid(f"The image {image} is not an Amazon ECR image path")
    if match["region"] != region:
        raise invalid(f"The image {image} is not in the region {region} of the job")
    if match["repository"] != _REPOSITORY:
        raise not_done_here(f"the image {image}: only {_REPOSITORY} containers run here")
    if match["registry"] != _REGISTRIES.get(region, match["registry"]):
        raise invalid(
            f"The image {image} does not exist: the registry of {_REPOSITORY} in {region} is {_REGISTRIES[region]}"
        )
    version = (match["tag"] or "").removesuffix("-cpu-py3")
    if version not in _VERSIONS or not (match["tag"] or "").endswith("-cpu-py3"):
        raise invalid(
            f"The image {image} does not exist: tags are {', '.join(f'{v}-cpu-py3' for v in _VERSIONS)}"
        )
