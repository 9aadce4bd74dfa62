"""One contract being read: the document, its problems so far, and what it says that nothing acts on."""

from __future__ import annotations

from interline.contracts.model.contract import Unexecuted
from interline.contracts.model.rules import BatchRule, RowRule
from interline.contracts.model.yaml_path import YamlPath
from interline.contracts.problems import Problem
from interline.contracts.yaml.reader import Document


class ReadingContext:
    """One contract being read: where it is and what is wrong with it so far."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems: list[Problem] = []
        self.unexecuted: list[Unexecuted] = []

    def refuse(self, place: YamlPath, message: str, hint: str = "") -> None:
        """Note a problem at a place of the document."""
        self.problems.append(self.document.problem(place, message, hint))

    def note_unexecuted(self, place: YamlPath, message: str, hint: str = "") -> None:
        """Note something that the contract says and nothing acts on."""
        self.unexecuted.append(Unexecuted(place, message, hint))

    def line(self, place: YamlPath) -> int:
        """Return the line of a place of the document."""
        return self.document.line(place)

    def unique_names(self, row_rules: list[RowRule], batch_rules: list[BatchRule]) -> None:
        """Note rules that carry the same name: a reason in quarantine must lead to one rule."""
        first: dict[str, YamlPath] = {}
        rules: list[RowRule | BatchRule] = [*row_rules, *batch_rules]
        for rule in rules:
            if rule.name in first:
                message = (
                    f"the rule {rule.name!r} is there twice, first on line {self.line(first[rule.name])}"
                )
                self.refuse(rule.place, message, "give each a `name:`, a relationship an `id:`")
            first.setdefault(rule.name, rule.place)
