"""The domain's Athena workgroup: its queries' results stay in its own account."""

from __future__ import annotations

from collections.abc import Iterator

from botocore.exceptions import ClientError

from interline.accounts.outcome import Conflict, Outcome
from interline.aws.retry import Clients
from interline.contracts import Domain


def prepare_workgroup(domain: Domain, clients: Clients) -> Iterator[Outcome]:
    """Make the workgroup if it is missing.

    Raises:
        Conflict: there is one whose results go somewhere else.
    """
    athena = clients("athena")
    what = f"workgroup {domain.name}"
    output = f"s3://{domain.artifacts_bucket}/athena/"
    try:
        found = athena.get_work_group(WorkGroup=domain.name)["WorkGroup"].get("Configuration", {})
    except ClientError as error:
        # Athena says InvalidRequestException for a workgroup that is not there.
        if error.response["Error"]["Code"] != "InvalidRequestException":
            raise
    else:
        place = found.get("ResultConfiguration", {}).get("OutputLocation")
        if place != output or not found.get("EnforceWorkGroupConfiguration", True):
            raise Conflict(
                f"the workgroup {domain.name} of account {domain.account} writes results to {place}, expected"
                f" {output}, enforced: put it right, then run this again"
            )
        yield Outcome(what, "there")
        return
    athena.create_work_group(
        Name=domain.name,
        Configuration={
            "ResultConfiguration": {"OutputLocation": output},
            "EnforceWorkGroupConfiguration": True,
        },
    )
    yield Outcome(what, "missing", f"made, results in {output}")
