"""The two LF-Tags that grants are expressed in: what a column's classification is, and which port a table is.

``classification`` says of every column of a port how open it is, ``port`` of its table which product it belongs to. The
administrator makes both, the domain's role sets them on its own ports and grants by them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from botocore.exceptions import ClientError

from interline.access.state import CLASSIFICATION, PORT
from interline.accounts.outcome import Outcome
from interline.accounts.permissions import ensure_granted
from interline.aws.retry import Clients
from interline.contracts import Domain
from interline.contracts.model.contract import CLASSIFICATIONS

NO_PORT = "none"
"""A key needs a value from the start; a product's own is added with its first publish."""
_PERMISSIONS = ("ASSOCIATE", "DESCRIBE", "GRANT_WITH_LF_TAG_EXPRESSION")


def prepare_tags(domain: Domain, clients: Clients) -> Iterator[Outcome]:
    """Make the LF-Tags and their values, and let the domain's role use them."""
    lake = clients("lakeformation")
    yield _tag(lake, CLASSIFICATION, CLASSIFICATIONS)
    yield _tag(lake, PORT, (NO_PORT,))
    for key, permissions in ((CLASSIFICATION, _PERMISSIONS), (PORT, ("ALTER", *_PERMISSIONS))):
        resource = {"LFTag": {"CatalogId": domain.account, "TagKey": key, "TagValues": ["*"]}}
        yield ensure_granted(lake, domain.role_arn, resource, permissions, what=f"LF-Tag {key}")


def _tag(lake: Any, key: str, values: Sequence[str]) -> Outcome:
    what = f"LF-Tag {key}"
    try:
        found = lake.get_lf_tag(TagKey=key)["TagValues"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "EntityNotFoundException":
            raise
        lake.create_lf_tag(TagKey=key, TagValues=list(values))
        return Outcome(what, "missing", f"made with {', '.join(values)}")
    missing = [value for value in values if value not in found]
    if not missing:
        return Outcome(what, "there")
    lake.update_lf_tag(TagKey=key, TagValuesToAdd=missing)
    return Outcome(what, f"without {', '.join(missing)}", "added")
