"""Policy documents and their evaluation, without a server: IAM roles and buckets straight in moto."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from moto.core.base_backend import BackendDict
from moto.iam.models import iam_backends
from moto.s3.models import s3_backends

from local.gateway.errors import AccessDenied
from local.gateway.iam import policies
from local.gateway.iam.authorization import is_allowed, require_service_role
from local.gateway.identity import role_caller

OWNER, READER = "222222222222", "333333333333"
OBJECT = "arn:aws:s3:::rules-data/day/one"
READER_ROLE = f"arn:aws:iam::{READER}:role/reader"
OWNER_ROLE = f"arn:aws:iam::{OWNER}:role/owner"


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def statement(
    effect: str = "Allow", action: Any = "s3:GetObject", resource: Any = "*", **more: Any
) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


@pytest.fixture(autouse=True)
def accounts() -> Iterator[None]:
    trust = policy(
        {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}
    )
    for account, name in ((OWNER, "owner"), (READER, "reader")):
        iam_backends[account]["aws"].create_role(name, trust, "/", None, None, [], "3600")
    s3_backends[OWNER]["aws"].create_bucket("rules-data", "us-east-1")
    yield
    BackendDict.reset()


def attach(role_arn: str, *statements: dict[str, Any]) -> None:
    account, name = role_arn.split(":")[4], role_arn.rsplit("/", 1)[-1]
    iam_backends[account]["aws"].put_role_policy(name, "test", policy(*statements))


def open_bucket(*statements: dict[str, Any]) -> None:
    s3_backends[OWNER]["aws"].put_bucket_policy("rules-data", policy(*statements).encode())


@pytest.mark.parametrize(
    ("statements", "allowed"),
    [
        ([], False),
        ([statement()], True),
        ([statement(resource="arn:aws:s3:::rules-data/*")], True),
        ([statement(resource="arn:aws:s3:::rules-dat?/day/*")], True),
        ([statement(resource="arn:aws:s3:::rules-data")], False),
        ([statement(resource="arn:aws:s3:::RULES-DATA/*")], False),
        ([statement(action="S3:getobject")], True),
        ([statement(action="s3:Get*")], True),
        ([statement(action=["s3:PutObject", "s3:Get?bject"])], True),
        ([statement(action="*"), statement("Deny")], False),
        ([statement(action="*"), statement("Deny", resource="arn:aws:s3:::rules-data/other/*")], True),
        ([{"Effect": "Allow", "NotAction": "s3:Delete*", "Resource": "*"}], True),
        ([{"Effect": "Allow", "NotAction": "s3:Get*", "Resource": "*"}], False),
        ([{"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::rules-data/day/*"}], False),
        ([statement(Condition={"StringEquals": {"aws:PrincipalAccount": OWNER}})], True),
        ([statement(Condition={"StringEquals": {"aws:PrincipalAccount": READER}})], False),
        ([statement(Condition={"StringNotEquals": {"aws:PrincipalAccount": READER}})], True),
        ([statement(Condition={"StringLike": {"s3:prefix": "day/*"}})], False),
        ([statement(Condition={"StringLikeIfExists": {"s3:prefix": "day/*"}})], True),
        ([statement(Condition={"Null": {"s3:prefix": "true"}})], True),
        ([statement(Condition={"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/own*"}})], True),
    ],
)
def test_identity_policies_are_evaluated(statements: list[dict[str, Any]], allowed: bool) -> None:
    if statements:
        attach(OWNER_ROLE, *statements)
    assert is_allowed(OWNER_ROLE, "s3:GetObject", OBJECT) is allowed


def to(principal: Any, effect: str = "Allow") -> dict[str, Any]:
    return statement(effect, resource="arn:aws:s3:::rules-data/*", Principal=principal)


@pytest.mark.parametrize(
    ("identity_allows", "principal", "allowed"),
    [
        (True, None, False),
        (True, {"AWS": READER_ROLE}, True),
        (True, {"AWS": f"arn:aws:iam::{READER}:root"}, True),
        (True, {"AWS": READER}, True),
        (True, "*", True),
        (True, {"AWS": f"arn:aws:iam::{READER}:role/somebody-else"}, False),
        (False, {"AWS": READER_ROLE}, False),
    ],
)
def test_another_account_is_allowed_by_both_bucket_and_identity(
    identity_allows: bool, principal: Any, allowed: bool
) -> None:
    if identity_allows:
        attach(READER_ROLE, statement())
    if principal is not None:
        open_bucket(to(principal))
    assert is_allowed(READER_ROLE, "s3:GetObject", OBJECT) is allowed


def test_a_denial_in_the_bucket_policy_wins() -> None:
    attach(READER_ROLE, statement())
    open_bucket(to({"AWS": READER_ROLE}), to({"AWS": READER_ROLE}, "Deny"))
    assert not is_allowed(READER_ROLE, "s3:GetObject", OBJECT)


def test_a_bucket_policy_may_name_a_role_of_its_own_account() -> None:
    open_bucket(to({"AWS": OWNER}))
    assert not is_allowed(OWNER_ROLE, "s3:GetObject", OBJECT)
    open_bucket(to({"AWS": OWNER_ROLE}))
    assert is_allowed(OWNER_ROLE, "s3:GetObject", OBJECT)


def test_a_session_has_what_role_and_session_policy_both_allow() -> None:
    attach(OWNER_ROLE, statement(resource="arn:aws:s3:::rules-data/day/*"))
    session = role_caller(OWNER_ROLE, "s", session_policies=(policy(statement(action="s3:*")),))
    assert is_allowed(session, "s3:GetObject", OBJECT)
    assert not is_allowed(session, "s3:PutObject", OBJECT)
    assert not is_allowed(session, "s3:GetObject", "arn:aws:s3:::rules-data/other")
    narrower = role_caller(
        OWNER_ROLE, "s", session_policies=(policy(statement(resource="arn:aws:s3:::x/*")),)
    )
    assert not is_allowed(narrower, "s3:GetObject", OBJECT)


def test_a_role_is_taken_only_by_the_service_it_trusts() -> None:
    require_service_role(OWNER_ROLE, "glue.amazonaws.com")
    with pytest.raises(AccessDenied, match="trust policy"):
        require_service_role(OWNER_ROLE, "sagemaker.amazonaws.com")
    with pytest.raises(AccessDenied, match="trust policy"):
        require_service_role(f"arn:aws:iam::{OWNER}:role/nobody", "glue.amazonaws.com")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "Syntax errors"),
        ("[]", "Syntax errors"),
        ('{"Statement": []}', "Version"),
        (policy(), "empty"),
        (policy({"Effect": "Allow", "Resource": "*"}), "actions"),
        (policy({"Effect": "Allow", "Action": "s3:Get*"}), "resources"),
        (policy(statement("allow")), "Effect"),
        (policy(statement(action="GetObject")), "prefaced by a vendor"),
        (policy(statement(Principal="*")), "Principal"),
        (policy(statement(Resources="*")), "unknown element"),
        (policy(statement(resource="arn:aws:s3:::${aws:username}/*")), "policy variable"),
        (policy(statement(Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})), "can't evaluate"),
        (policy(statement(Condition={"StringEquals": {"aws:CurrentTime": "x"}})), "condition key"),
        (policy(statement(Condition={"ForAllValues:StringEquals": {"s3:prefix": "x"}})), "can't evaluate"),
    ],
)
def test_what_cannot_be_evaluated_is_refused_when_read(text: str, message: str) -> None:
    with pytest.raises(policies.MalformedPolicy, match=message):
        policies.identity_policy(text)
