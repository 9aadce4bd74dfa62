"""Names of rules, as quarantine rows carry them."""

from __future__ import annotations

import re

from interline.contracts.model.yaml_path import YamlPath
from interline.contracts.odcs.context import ReadingContext

LONGEST_RULE_NAME = 120


def rule_name(context: ReadingContext, place: YamlPath, text: str) -> str:
    """Return the name that quarantine rows carry for what a person called a rule; note a name that leaves nothing."""
    name = snake_case(text)
    if not name or len(name) > LONGEST_RULE_NAME:
        why = "has no letter and no digit" if not name else f"is longer than {LONGEST_RULE_NAME} characters"
        context.refuse(
            (*place, "name"), f"the name of the rule {text[:40]!r} {why}", "for example `name: route_exists`"
        )
    return name


def position_of(place: YamlPath) -> int:
    """Return which entry of its list a rule is, from 1."""
    return place[-1] + 1 if place and isinstance(place[-1], int) else 1


def snake_case(text: str) -> str:
    """Return a rule's name as quarantine rows carry it: ``minLength`` becomes ``min_length``."""
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
