"""Where the local AWS listens: engines that act for a role call it as any client does, through the gateway."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.config import Config

from local.gateway.identity import Credential

_address: list[str] = []


def set_endpoint(url: str) -> None:
    """Tell the engines the URL of every service; the server does it before it installs them."""
    _address[:] = [url]


def endpoint() -> str:
    """The URL of every service of this local AWS. Raises RuntimeError before the server listens."""
    if not _address:
        raise RuntimeError("the local AWS does not listen yet")
    return _address[0]


def client(service: str, credential: Credential, region: str) -> Any:
    """A boto3 client that acts with `credential` on this local AWS."""
    session = boto3.session.Session()
    return session.client(
        service,
        region_name=region,
        endpoint_url=endpoint(),
        config=Config(retries={"total_max_attempts": 1}),
        **credential.client_arguments(),
    )
