"""The data lake administrator of any domain's account, reached through the platform's own role."""

from __future__ import annotations

from functools import cache, cached_property
from typing import Any

import boto3
from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook

from interline.contracts import Domain


class AdministratorHook(AwsBaseHook):
    """
    Act as the data lake administrator of a domain's account.

    :param domain: whose account
    """

    def __init__(self, *args: Any, domain: Domain, **kwargs: Any) -> None:
        kwargs["client_type"] = "sts"
        super().__init__(*args, **kwargs)
        self.domain = domain
        self.client = cache(self._client)

    def _client(self, service: str) -> Any:
        """Return a boto3 client of a service; the same one for the same service."""
        return self._session.client(service, region_name=self.domain.region, config=self.config)

    @cached_property
    def _session(self) -> boto3.Session:
        keys = self.conn.assume_role(
            RoleArn=self.domain.administrator_arn, RoleSessionName=f"interline-{self.domain.name}"
        )["Credentials"]
        return boto3.Session(
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
        )
