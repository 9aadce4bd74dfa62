"""The mesh of probes with a current-state port beside the history port, and versions of both."""

from __future__ import annotations

from tests.engines.platform.conftest import probe_aws, probes

__all__ = ["probe_aws", "probes"]
