"""The mesh of probes, whose port is a history of days."""

from __future__ import annotations

from tests.engines.platform.conftest import probe_aws, probes

__all__ = ["probe_aws", "probes"]
