"""All steps of preparing one domain's account, in the order in which they need each other."""

from __future__ import annotations

from collections.abc import Iterator

from interline.domains import Domain
from interline.onboarding.buckets import prepare_buckets
from interline.onboarding.data_lake import prepare_data_lake
from interline.onboarding.outcome import Clients, Outcome
from interline.onboarding.tags import prepare_tags
from interline.onboarding.workgroup import prepare_workgroup


def prepare(domain: Domain, clients: Clients) -> Iterator[Outcome]:
    """Make of a domain's account what its products need, and say step by step what was found and made.

    Can be repeated, and ended at any point: what is as it should be is left alone.

    Raises:
        Conflict: something of the same name is there that is not ours.
        botocore.exceptions.ClientError: AWS refused.
    """
    yield from prepare_buckets(domain, clients)
    yield from prepare_data_lake(domain, clients)
    yield from prepare_tags(domain, clients)
    yield from prepare_workgroup(domain, clients)
