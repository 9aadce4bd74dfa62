"""Airflow's own REST API for tasks: on Amazon MWAA through AWS, elsewhere at the web server's address.

Tasks of Airflow 3 have no other way to see runs by data day or to start one for a day. Sources: Amazon MWAA User Guide, "Using the
Apache Airflow REST API" (InvokeRestApi: paths without a prefix, answers within 10 seconds); Airflow 3.3.1, "Airflow public
API authentication" (``/auth/token``).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import requests
from airflow.providers.amazon.aws.hooks.mwaa import MwaaHook
from airflow.providers.common.compat.sdk import BaseHook
from botocore.exceptions import ClientError

CONNECTION = "airflow_api"
_SECONDS = 30


class AirflowApiError(Exception):
    """Airflow refused a request; with its own words."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class AirflowApiHook(BaseHook):
    """
    Calls the REST API of the Airflow that the task runs in.

    A connection of the type ``aws`` means Amazon MWAA: its role needs ``airflow:InvokeRestApi``, and its extra field ``environment`` is
    the environment's name (by default what MWAA gives its workers in ``AIRFLOW_ENV_NAME``). Any other type is the address of
    a web server, with a login and password for a token, or without where everybody gets one.

    :param airflow_conn_id: the connection
    """

    def __init__(self, airflow_conn_id: str = CONNECTION, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.airflow_conn_id = airflow_conn_id
        self._session: requests.Session | None = None

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the decoded answer of one call below ``/api/v2``.

        Raises:
            AirflowApiError: an answer that is no success.
            requests.RequestException: no answer.
            botocore.exceptions.ClientError: AWS refused the call before Airflow saw it.
        """
        connection = self.get_connection(self.airflow_conn_id)
        if connection.conn_type == "aws":
            environment = connection.extra_dejson.get("environment") or os.environ.get("AIRFLOW_ENV_NAME", "")
            return self._through_aws(environment, method, path, params, json)
        return self._at_address(connection, method, path, params, json)

    def _through_aws(
        self,
        environment: str,
        method: str,
        path: str,
        params: Mapping[str, Any] | None,
        body: Mapping[str, Any] | None,
    ) -> Any:
        # not the hook's own method: it drops a body's nulls, and Airflow 3 wants `logical_date` even where there is none
        client = MwaaHook(aws_conn_id=self.airflow_conn_id).conn
        request: dict[str, Any] = {"Name": environment, "Path": f"/{path}", "Method": method}
        if params:
            request["QueryParameters"] = dict(params)
        if body is not None:
            request["Body"] = dict(body)
        try:
            return client.invoke_rest_api(**request)["RestApiResponse"]
        except ClientError as error:
            status = error.response.get("RestApiStatusCode")
            if status is None:
                raise
            said = error.response.get("RestApiResponse")
            raise AirflowApiError(f"{method} {path}: HTTP {status} {said}", int(status)) from None

    def _at_address(
        self,
        connection: Any,
        method: str,
        path: str,
        params: Mapping[str, Any] | None,
        body: Mapping[str, Any] | None,
    ) -> Any:
        address = f"{connection.schema or 'http'}://{connection.host}:{connection.port or 8080}"
        if self._session is None:
            self._session = requests.Session()
            # neither a proxy nor a .netrc of the machine's
            self._session.trust_env = False
            self._session.headers["Authorization"] = f"Bearer {_token(self._session, address, connection)}"
        answer = self._session.request(
            method, f"{address}/api/v2/{path}", params=params, json=body, timeout=_SECONDS
        )
        if not answer.ok:
            raise AirflowApiError(
                f"{method} {path}: HTTP {answer.status_code} {answer.text[:500]}", answer.status_code
            )
        return answer.json() if answer.content else None


def _token(session: requests.Session, address: str, connection: Any) -> str:
    if connection.login:
        login = {"username": connection.login, "password": connection.password}
        answer = session.post(f"{address}/auth/token", json=login, timeout=_SECONDS)
    else:
        answer = session.get(f"{address}/auth/token", timeout=_SECONDS)
    answer.raise_for_status()
    return str(answer.json()["access_token"])
