"""botocore's descriptions of AWS's services, read once for all sessions of a process.

Every boto3 session reads and parses them anew, hundreds of kilobytes of JSON for each client; Airflow's AWS hooks make a
session each.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable


def share(services: Iterable[str] = ()) -> None:
    """Let all sessions that this process, and what it forks, makes from now on read through one loader.

    Args:
        services: names of services, as clients are named, that are read at once.

    Raises:
        botocore.exceptions.UnknownServiceError: there is no such service.
    """
    import botocore.loaders
    import botocore.session

    if not hasattr(botocore.session.create_loader, "cache_info"):
        botocore.session.create_loader = functools.cache(botocore.loaders.create_loader)
    for service in services:
        _make_client_without_keys(service)


def _make_client_without_keys(service: str) -> None:
    """A client reads more than its service's description: endpoints, partitions, defaults; so one is made."""
    import boto3
    from botocore import UNSIGNED
    from botocore.config import Config

    boto3.session.Session(region_name="us-east-1").client(service, config=Config(signature_version=UNSIGNED))
