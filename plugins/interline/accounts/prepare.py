"""All steps of preparing one domain's account, in the order in which they depend on each other."""

from __future__ import annotations

from collections.abc import Iterator

from interline.accounts.buckets import prepare_buckets
from interline.accounts.data_lake import prepare_data_lake
from interline.accounts.outcome import Outcome
from interline.accounts.tags import prepare_tags
from interline.accounts.workgroup import prepare_workgroup
from interline.aws.retry import Clients
from interline.contracts import Domain


def prepare(domain: Domain, clients: Clients) -> Iterator[Outcome]:
    """Make what a domain's products need in its account, and yield step by step what was found and made.

    ``clients`` act as the account's data lake administrator.

    Can be repeated, and ended at any point: what is as it should be is left alone.

    Raises:
        Conflict: something of the same name is there that is not ours.
        botocore.exceptions.ClientError: AWS refused.
    """
    yield from prepare_buckets(domain, clients)
    yield from prepare_data_lake(domain, clients)
    yield from prepare_tags(domain, clients)
    yield from prepare_workgroup(domain, clients)
