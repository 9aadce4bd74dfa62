"""A contract checked by the JSON schema of the Open Data Contract Standard, as ``datacontract lint`` checks it.

The schema comes with the package ``open-data-contract-standard`` at the version this repository pins. What this finds
beyond Interline's own reading is about parts that Interline does not use: servers, teams, links.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Any

from interline.contracts.model.yaml_path import YamlPath
from interline.contracts.problems import Problem
from interline.contracts.yaml.reader import Document


def standard_problems(document: Document) -> list[Problem]:
    """Return where a document is not what the standard's schema says; an empty list means it is valid."""
    problems: dict[tuple[int, str], Problem] = {}
    for error in _most_telling(_validator().iter_errors(document.value)):
        place: YamlPath = tuple(error.absolute_path)
        named = ".".join(str(step) for step in place) or "the contract"
        message = f"{named}: {_short(error.message)}"
        problem = document.problem(place, message, "the Open Data Contract Standard v3.2.0 says so")
        problems.setdefault((problem.line, problem.message), problem)
    return sorted(problems.values())


@cache
def _validator() -> Any:
    from jsonschema import validators  # type: ignore[import-untyped]

    text = resources.files("open_data_contract_standard").joinpath("schema.json").read_text(encoding="utf-8")
    # Unknown keys are reported by the strict reader; looking for them here takes exponentially long with the nesting.
    schema = json.loads(text, object_hook=_without_unevaluated)
    return validators.validator_for(schema)(schema)


def _without_unevaluated(mapping: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in mapping.items() if key != "unevaluatedProperties"}


def _most_telling(errors: Iterable[Any]) -> Iterable[Any]:
    """Return each error, or the one inside it that says what is wrong with the alternative that was meant."""
    from jsonschema.exceptions import best_match  # type: ignore[import-untyped]

    for error in errors:
        meant = [inner for inner in error.context or () if inner.validator != "type" or inner.relative_path]
        yield best_match(meant) if meant else error


def _short(message: str) -> str:
    return message if len(message) <= 160 else message[:157] + "…"
