"""The role that prepares and administers a domain's account."""

from __future__ import annotations

from interline.contracts import Domain

ADMINISTRATOR = "interline-administrator"
"""The role's name in every account; it trusts the platform's role alone."""


def administrator_arn(domain: Domain) -> str:
    """Return the ARN of the role that administers the data lake of a domain's account."""
    return f"arn:aws:iam::{domain.account}:role/{ADMINISTRATOR}"
