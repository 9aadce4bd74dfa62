"""AWS Lake Formation, for which the Amazon provider has no hook."""

from __future__ import annotations

import threading
from functools import cache, cached_property
from typing import Any

import boto3
from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from botocore.exceptions import ClientError

from interline.access.reconcile import Account
from interline.aws.retry import EXPIRED, Calls, Clients, whole_answers
from interline.contracts import Domain


class LakeFormationHook(AwsBaseHook):
    """
    Interact with AWS Lake Formation, as whom the connection names.

    Provide thin wrapper around :external+boto3:py:class:`boto3.client("lakeformation") <LakeFormation.Client>`.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["client_type"] = "lakeformation"
        super().__init__(*args, **kwargs)

    def calls(self) -> Calls:
        """Return calls of the account of the connection, in sessions of its own."""
        return Calls(self._connect, say=self.log.info)

    def _connect(self) -> Clients:
        session = self.get_session(region_name=self.region_name)

        def client(service: str) -> Any:
            return whole_answers(session.client(service, config=self.config))

        return cache(client)


class DataLakeAdministratorsHook(AwsBaseHook):
    """
    Act as the data lake administrators of many accounts, reached through the platform's own role.

    All sessions share what botocore reads from disk, which takes longer than most calls.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["client_type"] = "sts"
        super().__init__(*args, **kwargs)
        self._making = threading.Lock()

    def account(self, domain: Domain) -> Account:
        """Return a domain's account, to be called as its data lake administrator."""

        def connect() -> Clients:
            return self._connect(domain)

        return Account(domain, Calls(connect, say=self.log.info))

    def _connect(self, domain: Domain) -> Clients:
        with self._making:
            sts = self.conn
        try:
            keys = sts.assume_role(
                RoleArn=domain.administrator_arn, RoleSessionName=f"interline-access-{domain.name}"
            )["Credentials"]
        except ClientError as error:
            if error.response["Error"]["Code"] in EXPIRED:
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
            return whole_answers(made)

        return cache(client)

    @cached_property
    def _session(self) -> boto3.Session:
        return boto3.Session()
