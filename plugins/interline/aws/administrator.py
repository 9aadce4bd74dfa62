"""The administrator of any domain's account, whose role the platform's own role takes."""

from __future__ import annotations

import threading
from functools import cache, cached_property
from typing import Any

import boto3
from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from botocore.exceptions import ClientError

from interline.aws.retry import EXPIRED_SESSION_ERRORS, Clients, RetryingSession, reject_truncated_responses
from interline.contracts import Domain


class AdministratorHook(AwsBaseHook):
    """
    Act as the administrators of many accounts, by the platform's connection.

    All sessions share what botocore reads from disk, which takes longer than most requests.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["client_type"] = "sts"
        super().__init__(*args, **kwargs)
        self._making = threading.Lock()

    def retrying_session(self, domain: Domain) -> RetryingSession:
        """Return a session in a domain's account that repeats requests and is opened anew when it expires."""
        return RetryingSession(lambda: self.clients(domain), log=self.log.info)

    def clients(self, domain: Domain) -> Clients:
        """Open a session in a domain's account and return what makes its clients: one a service, always the same.

        Raises:
            botocore.exceptions.ClientError: AWS refused the role.
        """
        with self._making:
            sts = self.conn
        try:
            keys = sts.assume_role(
                RoleArn=domain.administrator_arn, RoleSessionName=f"interline-{domain.name}"
            )["Credentials"]
        except ClientError as error:
            if error.response["Error"]["Code"] in EXPIRED_SESSION_ERRORS:
                # the platform's own session ended: the next attempt opens another
                vars(self).pop("conn", None)
            raise

        def client(service: str) -> Any:
            # a session makes one client at a time (boto3 guide, "Multithreading or multiprocessing with sessions")
            with self._making:
                made = self._session.client(
                    service,
                    region_name=domain.region,
                    config=self.config,
                    verify=self.verify,
                    aws_access_key_id=keys["AccessKeyId"],
                    aws_secret_access_key=keys["SecretAccessKey"],
                    aws_session_token=keys["SessionToken"],
                )
            return reject_truncated_responses(made)

        return cache(client)

    @cached_property
    def _session(self) -> boto3.Session:
        return boto3.Session()
