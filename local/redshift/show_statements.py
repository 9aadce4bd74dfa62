"""SHOW of the catalog."""

from __future__ import annotations


def plan_show(session, reader):
    return None
