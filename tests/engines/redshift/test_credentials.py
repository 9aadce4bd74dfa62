"""Clusters and their temporary passwords: who gets one, how long it lives, and what it opens."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
import redshift_connector
from botocore.exceptions import ClientError

from local.engines.redshift.cluster import Cluster
from local.engines.redshift.credentials import authenticate
from local.engines.redshift.errors import SqlError


@pytest.fixture(scope="module")
def redshift(local_aws: Any) -> Any:
    """The Redshift API as the role of the bookings domain."""
    return local_aws.client("redshift", "bookings")


def refusal(call: Any, **arguments: Any) -> tuple[str, str]:
    """Code and message of the refusal of a call."""
    with pytest.raises(ClientError) as raised:
        call(**arguments)
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


class TestClusters:
    """DescribeClusters and what of CreateCluster is not pretended."""

    def test_the_endpoint_is_where_the_cluster_listens(
        self, redshift: Any, local_aws: Any, connect: Any
    ) -> None:
        (cluster,) = redshift.describe_clusters(ClusterIdentifier="bookings")["Clusters"]
        listening = local_aws.description["redshift"]["bookings"]
        assert cluster["Endpoint"] == {"Address": listening["host"], "Port": listening["port"]}
        assert cluster["Endpoint"]["Address"] == "127.0.0.1"
        assert cluster["DBName"] == "bookings"
        assert [role["IamRoleArn"] for role in cluster["IamRoles"]] == [local_aws.role_arn("bookings")]
        cursor = connect(host=cluster["Endpoint"]["Address"], port=cluster["Endpoint"]["Port"]).cursor()
        cursor.execute("select current_user, current_database()")
        assert cursor.fetchone() == ["interline", "bookings"]

    def test_an_unknown_cluster(self, redshift: Any) -> None:
        code, _ = refusal(redshift.describe_clusters, ClusterIdentifier="nowhere")
        assert code == "ClusterNotFound"

    def test_a_domain_may_not_create_clusters(self, redshift: Any) -> None:
        code, _ = refusal(
            redshift.create_cluster,
            ClusterIdentifier="mine",
            NodeType="ra3.large",
            MasterUsername="me",
            ManageMasterPassword=True,
        )
        assert code == "AccessDenied"

    def test_each_cluster_has_its_own_data_and_users(self, local_aws: Any, connect: Any) -> None:
        shopping = local_aws.client("redshift", "shopping")
        given = shopping.get_cluster_credentials(ClusterIdentifier="shopping", DbUser="interline")
        address = local_aws.description["redshift"]["shopping"]
        cursor = connect(
            port=address["port"], user=given["DbUser"], password=given["DbPassword"], database="shopping"
        ).cursor()
        cursor.execute("select current_database()")
        assert cursor.fetchone() == ["shopping"]
        with pytest.raises(redshift_connector.Error, match="password authentication failed"):
            connect(user=given["DbUser"], password=given["DbPassword"])


class TestGetClusterCredentials:
    """Random passwords that expire."""

    def test_the_answer_names_the_user_as_iam_and_the_expiry(self, redshift: Any) -> None:
        before = datetime.datetime.now(datetime.UTC)
        given = redshift.get_cluster_credentials(
            ClusterIdentifier="bookings", DbUser="interline", DurationSeconds=1800
        )
        assert given["DbUser"] == "IAM:interline"
        assert 1790 <= (given["Expiration"] - before).total_seconds() <= 1830

    def test_every_password_is_new(self, redshift: Any) -> None:
        found = {
            redshift.get_cluster_credentials(ClusterIdentifier="bookings", DbUser="interline")["DbPassword"]
            for _ in range(3)
        }
        assert len(found) == 3
        assert all(len(password) >= 32 for password in found)

    @pytest.mark.parametrize("seconds", [899, 3601])
    def test_the_duration_has_limits(self, redshift: Any, seconds: int) -> None:
        code, message = refusal(
            redshift.get_cluster_credentials,
            ClusterIdentifier="bookings",
            DbUser="interline",
            DurationSeconds=seconds,
        )
        assert code == "InvalidParameterValue"
        assert "between 900 and 3600" in message

    @pytest.mark.parametrize(
        "parameters",
        [
            {"ClusterIdentifier": "bookings", "DbUser": "rdsdb"},
            {"ClusterIdentifier": "bookings", "DbUser": "interline", "DbName": "other"},
            {"ClusterIdentifier": "bookings", "DbUser": "interline", "AutoCreate": True},
            {"ClusterIdentifier": "shopping", "DbUser": "interline"},
        ],
    )
    def test_what_the_policy_does_not_allow_is_denied(
        self, redshift: Any, parameters: dict[str, Any]
    ) -> None:
        code, _ = refusal(redshift.get_cluster_credentials, **parameters)
        assert code == "AccessDenied"

    def test_airflow_itself_gets_none(self, local_aws: Any) -> None:
        client = local_aws.airflow_client("redshift")
        code, _ = refusal(client.get_cluster_credentials, ClusterIdentifier="bookings", DbUser="interline")
        assert code == "AccessDenied"

    @pytest.mark.parametrize(
        ("change", "state", "message"),
        [
            ({"password": "guessed"}, "28000", 'password authentication failed for user "IAM:interline"'),
            ({"user": "interline"}, "28000", 'password authentication failed for user "interline"'),
            ({"user": "IAM:rdsdb"}, "28000", 'password authentication failed for user "IAM:rdsdb"'),
            ({"user": "IAMA:interline"}, "28000", 'password authentication failed for user "IAMA:interline"'),
            ({"database": "shopping"}, "3D000", 'database "shopping" does not exist'),
        ],
    )
    def test_anything_but_user_and_password_together_is_refused(
        self, connect: Any, change: dict[str, str], state: str, message: str
    ) -> None:
        with pytest.raises(redshift_connector.Error) as raised:
            connect(**change)
        error = raised.value.args[0]
        assert (error["C"], error["M"]) == (state, message)


class TestPasswords:
    """What the listener checks, with the clock in the test's hand."""

    @pytest.fixture
    def cluster(self) -> Any:
        cluster = Cluster("222222222222", "bookings", "bookings", "interline")
        yield cluster
        cluster.close()

    def test_an_expired_password_opens_nothing(self, cluster: Cluster) -> None:
        password = cluster.passwords.issue("IAM:interline", -1)
        with pytest.raises(SqlError) as raised:
            authenticate(cluster, "IAM:interline", password, "bookings")
        assert raised.value.sqlstate == "28000"

    def test_a_user_is_created_only_with_autocreate(self, cluster: Cluster) -> None:
        password = cluster.passwords.issue("IAM:newcomer", 900)
        with pytest.raises(SqlError, match='user "newcomer" does not exist'):
            authenticate(cluster, "IAM:newcomer", password, "bookings")
        password = cluster.passwords.issue("IAMA:newcomer", 900, create_user=True)
        session = authenticate(cluster, "IAMA:newcomer", password, "bookings")
        assert (session.user, session.me.superuser) == ("newcomer", False)

    def test_a_user_of_create_user_comes_in_with_that_password_only(self, cluster: Cluster) -> None:
        master = cluster.session("interline", "bookings")
        master.execute("create user reader password 'Secret-123'")
        assert authenticate(cluster, "reader", "Secret-123", "bookings").user == "reader"
        for password in ("secret-123", "", "md5"):
            with pytest.raises(SqlError, match="password authentication failed"):
                authenticate(cluster, "reader", password, "bookings")

    def test_a_user_without_a_password_cannot_come_in_with_none(self, cluster: Cluster) -> None:
        for user in ("interline", "rdsdb"):
            for password in ("", "None"):
                with pytest.raises(SqlError, match="password authentication failed"):
                    authenticate(cluster, user, password, "bookings")

    def test_only_digests_of_passwords_are_stored(self, cluster: Cluster) -> None:
        password = cluster.passwords.issue("IAM:interline", 900)
        assert password not in repr(vars(cluster.passwords))
