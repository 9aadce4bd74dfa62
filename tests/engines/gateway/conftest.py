"""The gateway without a server: the services that it serves are registered."""

from __future__ import annotations

import pytest

from local.gateway import registry


@pytest.fixture(autouse=True, scope="session")
def registered_services() -> None:
    """Register the local AWS's services in this process."""
    registry.discover("local.services")
