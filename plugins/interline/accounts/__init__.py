"""What a domain's account needs before its first product: buckets, catalog databases, permissions, a workgroup.

The account itself, its roles, its data lake administrator and its Redshift cluster are made before, by whoever opens
accounts (`./interline new account` prints a template of them). Everything here is done as the account's
data lake administrator, in steps that look first, change only what differs, and say what they found and made.

``prepare`` goes through the steps: ``buckets``, ``data_lake``, ``tags``, ``workgroup``.
"""

from __future__ import annotations

from interline.accounts.outcome import Conflict, Outcome
from interline.accounts.prepare import prepare

__all__ = ["Conflict", "Outcome", "prepare"]
