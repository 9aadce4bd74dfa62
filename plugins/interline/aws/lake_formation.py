"""AWS Lake Formation, for which the Amazon provider has no hook."""

from __future__ import annotations

from functools import cache
from typing import Any

from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook

from interline.aws.retry import Clients, RetryingSession, reject_truncated_responses


class LakeFormationHook(AwsBaseHook):
    """
    Interact with AWS Lake Formation, by the role of the connection.

    Provide thin wrapper around :external+boto3:py:class:`boto3.client("lakeformation") <LakeFormation.Client>`.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["client_type"] = "lakeformation"
        super().__init__(*args, **kwargs)

    def retrying_session(self) -> RetryingSession:
        """Return a session of the connection that repeats requests and is opened anew when it expires."""
        return RetryingSession(self._clients, log=self.log.info)

    def _clients(self) -> Clients:
        session = self.get_session(region_name=self.region_name)

        def client(service: str) -> Any:
            return reject_truncated_responses(session.client(service, config=self.config))

        return cache(client)
