"""The process of the local AWS: it starts, describes itself and ends."""

from __future__ import annotations

import stat

from tests.engines.conftest import LocalAwsProcess


def test_a_domain_acts_in_its_own_account(local_aws: LocalAwsProcess) -> None:
    identity = local_aws.client("sts", "bookings").get_caller_identity()
    assert identity["Account"] == local_aws.account("bookings")
    assert identity["Arn"].endswith("assumed-role/interline-bookings/tests")


def test_the_description_is_readable_by_its_owner_only(local_aws: LocalAwsProcess) -> None:
    assert stat.S_IMODE((local_aws.home / "aws.json").stat().st_mode) == 0o600
