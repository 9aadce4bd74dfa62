"""The settings of a crawler, checked: everything is honoured or refused.

Facts from the Glue developer guide ("Setting crawler configuration options", "Incremental crawls").
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from local.engines import objects
from local.engines.errors import InvalidInput, NotSupported

# What a setting of the configuration means for the crawl; the path of its key, and its value.
_OPTIONS_OF: dict[str, dict[str, Any]] = {
    "Version=1.0": {},
    "CrawlerOutput.Partitions.AddOrUpdateBehavior=InheritFromTable": {"inherit": True},
    "CrawlerOutput.Tables.AddOrUpdateBehavior=MergeNewColumns": {"merge_columns": True},
    "Grouping.TableGroupingPolicy=CombineCompatibleSchemas": {"combine": True},
    "CreatePartitionIndex=False": {},
}


@dataclass(frozen=True)
class Target:
    """A folder to crawl, and glob patterns of what to leave out, relative to it."""

    path: str
    exclusions: tuple[str, ...] = ()

    def excludes(self, relative: str) -> bool:
        """Whether a key relative to the target is left out."""
        return any(re.fullmatch(_regular_expression(pattern), relative) for pattern in self.exclusions)


@dataclass(frozen=True)
class CrawlerOptions:
    """`update` and `delete` are the SchemaChangePolicy's behaviors, `recrawl` the RecrawlBehavior; the rest is from
    the configuration: partitions take their table's schema, columns are only ever added, whatever fits is one table,
    and more than `table_threshold` tables are a failure."""

    targets: tuple[Target, ...]
    update: str = "UPDATE_IN_DATABASE"
    delete: str = "DEPRECATE_IN_DATABASE"
    recrawl: str = "CRAWL_EVERYTHING"
    inherit: bool = False
    merge_columns: bool = False
    combine: bool = False
    table_threshold: int | None = None


def _regular_expression(pattern: str) -> str:
    """A Glue exclude pattern as a regular expression: `*` stops at `/`, `**` does not, `{a,b}` are alternatives."""
    pieces = {"**": ".*", "*": "[^/]*", "?": "[^/]", "{": "(?:", "}": ")", ",": "|"}
    pieces_of_pattern = re.findall(r"\*\*|\\.|\[[^\]]*\]|.", pattern)
    depth, out = 0, []
    for piece in pieces_of_pattern:
        depth += {"{": 1, "}": -1}.get(piece, 0)
        if piece.startswith("\\") or piece.startswith("["):
            out.append(piece.replace("[!", "[^", 1))
        elif piece in pieces and (piece != "," or depth):
            out.append(pieces[piece])
        else:
            out.append(re.escape(piece))
    return "".join(out)


def read_options(given: dict[str, Any]) -> CrawlerOptions:
    """The options in a CreateCrawler or UpdateCrawler request. Raises InvalidInput, NotSupported."""
    for key, what in (
        ("Schedule", "schedules of crawlers: Airflow starts them"),
        ("CrawlerSecurityConfiguration", "security configurations of crawlers"),
    ):
        if given.get(key):
            raise NotSupported(what)
    if (given.get("LineageConfiguration") or {}).get("CrawlerLineageSettings") == "ENABLE":
        raise NotSupported("lineage of crawlers")
    if (given.get("LakeFormationConfiguration") or {}).get("UseLakeFormationCredentials"):
        raise NotSupported("crawling with Lake Formation's credentials")
    policy = given.get("SchemaChangePolicy") or {}
    update = _one_of(policy.get("UpdateBehavior"), ("UPDATE_IN_DATABASE", "LOG"), "UpdateBehavior")
    delete = _one_of(
        policy.get("DeleteBehavior"),
        ("DEPRECATE_IN_DATABASE", "DELETE_FROM_DATABASE", "LOG"),
        "DeleteBehavior",
    )
    recrawl = _one_of(
        (given.get("RecrawlPolicy") or {}).get("RecrawlBehavior"),
        ("CRAWL_EVERYTHING", "CRAWL_NEW_FOLDERS_ONLY", "CRAWL_EVENT_MODE"),
        "RecrawlBehavior",
    )
    if recrawl == "CRAWL_EVENT_MODE":
        raise NotSupported("RecrawlBehavior CRAWL_EVENT_MODE")
    if recrawl == "CRAWL_NEW_FOLDERS_ONLY" and (update, delete) != ("LOG", "LOG"):
        raise InvalidInput(
            'The SchemaChangePolicy for "Crawl new folders only" Amazon S3 target can have only LOG DeleteBehavior '
            "value and LOG UpdateBehavior value."
        )
    return CrawlerOptions(
        targets=_targets(given.get("Targets") or {}),
        update=update,
        delete=delete,
        recrawl=recrawl,
        **_configuration(given.get("Configuration")),
    )


def _one_of(value: str | None, allowed: tuple[str, ...], name: str) -> str:
    if value is None:
        return allowed[0]
    if value not in allowed:
        raise InvalidInput(f"{name} must be one of {', '.join(allowed)}, not {value!r}")
    return value


def _targets(given: dict[str, Any]) -> tuple[Target, ...]:
    others = sorted(kind for kind, value in given.items() if value and kind != "S3Targets")
    if others:
        raise NotSupported(f"{', '.join(others)} of crawlers")
    targets = []
    for target in given.get("S3Targets") or ():
        for option in ("ConnectionName", "SampleSize", "EventQueueArn", "DlqEventQueueArn"):
            if target.get(option):
                raise NotSupported(f"{option} of a crawler's S3 target")
        objects.split_uri(target.get("Path") or "")
        targets.append(Target(target["Path"].rstrip("/") + "/", tuple(target.get("Exclusions") or ())))
    if not targets:
        raise InvalidInput("Crawler has no targets.")
    return tuple(targets)


def _configuration(text: str | None) -> dict[str, Any]:
    if not text:
        return {}
    try:
        given = json.loads(text)
    except ValueError as error:
        raise InvalidInput(f"Crawler configuration is not JSON: {error}") from error
    if not isinstance(given, dict) or given.get("Version") != 1.0:
        raise InvalidInput("Crawler configuration needs Version 1.0")
    options: dict[str, Any] = {}
    for path, value in _leaves(given, ""):
        known = _OPTIONS_OF.get(f"{path}={value}")
        if path == "CrawlerOutput.Tables.TableThreshold" and isinstance(value, int) and value > 0:
            known = {"table_threshold": value}
        if known is None:
            raise NotSupported(f"crawler configuration {path} = {value!r}")
        options |= known
    return options


def _leaves(value: Any, path: str) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [
            leaf for key, child in value.items() for leaf in _leaves(child, f"{path}.{key}" if path else key)
        ]
    return [(path, value)]
