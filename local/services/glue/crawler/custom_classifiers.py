"""Glue's operations on custom classifiers: CSV only."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow
from moto.glue.responses import GlueResponse

from local.engines.errors import AlreadyExists, EntityNotFound, InvalidInput, NotSupported
from local.gateway.identity import current_caller
from local.services.glue.crawler.classifiers import CsvClassifier

_classifiers: dict[str, dict[str, dict[str, Any]]] = {}


def named_classifiers(account: str, names: list[str] | None) -> tuple[CsvClassifier, ...]:
    known = _classifiers.get(account, {})
    found = []
    for name in names or ():
        if name not in known:
            raise EntityNotFound(f"Classifier {name} not found.")
        given = known[name]
        found.append(
            CsvClassifier(
                name=name,
                delimiter=given.get("Delimiter") or ",",
                quote=given.get("QuoteSymbol") or "",
                header=given.get("ContainsHeader") or "UNKNOWN",
                names=tuple(column.lower() for column in given.get("Header") or ()),
                serde="OpenCSVSerDe" if given.get("Serde") == "OpenCSVSerDe" else "LazySimpleSerDe",
            )
        )
    return tuple(found)


class ClassifierOperations(GlueResponse):
    """Custom classifiers: CSV only."""

    def create_classifier(self) -> ActionResult:
        given = _csv_classifier(self.parameters)
        own = _classifiers.setdefault(current_caller().account, {})
        if given["Name"] in own:
            raise AlreadyExists(f"Classifier {given['Name']} already exists")
        moment = utcnow()
        own[given["Name"]] = {**given, "CreationTime": moment, "LastUpdated": moment, "Version": 1}
        return EmptyResult()

    def update_classifier(self) -> ActionResult:
        given = _csv_classifier(self.parameters)
        current = _found_classifier(given["Name"])
        current.update({**given, "LastUpdated": utcnow(), "Version": current["Version"] + 1})
        return EmptyResult()

    def get_classifier(self) -> ActionResult:
        return ActionResult({"Classifier": {"CsvClassifier": _found_classifier(self.parameters.get("Name"))}})

    def get_classifiers(self) -> ActionResult:
        own = _classifiers.get(current_caller().account, {})
        return ActionResult({"Classifiers": [{"CsvClassifier": given} for given in own.values()]})

    def delete_classifier(self) -> ActionResult:
        _found_classifier(self.parameters.get("Name"))
        del _classifiers[current_caller().account][self.parameters["Name"]]
        return EmptyResult()


def _found_classifier(name: str | None) -> dict[str, Any]:
    found = _classifiers.get(current_caller().account, {}).get(name or "")
    if found is None:
        raise EntityNotFound(f"Classifier {name} not found.")
    return found


def _csv_classifier(request: dict[str, Any]) -> dict[str, Any]:
    kinds = [kind for kind, value in request.items() if value]
    if kinds != ["CsvClassifier"]:
        raise NotSupported(f"{', '.join(kinds) or 'no'} classifier: only CsvClassifier is served")
    given = request["CsvClassifier"]
    for option in (
        "DisableValueTrimming",
        "AllowSingleColumn",
        "CustomDatatypeConfigured",
        "CustomDatatypes",
    ):
        if given.get(option):
            raise NotSupported(f"{option} of a CSV classifier")
    if not given.get("Name"):
        raise InvalidInput("Classifier name is missing.")
    if given.get("ContainsHeader") not in (None, "UNKNOWN", "PRESENT", "ABSENT"):
        raise InvalidInput(f"ContainsHeader {given['ContainsHeader']!r}")
    if given.get("Serde") not in (None, "OpenCSVSerDe", "LazySimpleSerDe", "None"):
        raise InvalidInput(f"Serde {given['Serde']!r}")
    if given.get("QuoteSymbol") and given.get("Serde") != "OpenCSVSerDe":
        raise NotSupported("QuoteSymbol of a CSV classifier without Serde OpenCSVSerDe")
    return dict(given)
