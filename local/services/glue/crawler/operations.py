"""Glue's crawler operations; StartCrawler starts a thread that crawls."""

from __future__ import annotations

import json
import logging
import statistics
import threading
from typing import Any, cast

from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow
from moto.glue.models import FakeCrawl, FakeCrawler
from moto.glue.responses import GlueResponse

from local.engines import backends
from local.engines.errors import AlreadyExists, EntityNotFound, InvalidInput, QueryError
from local.engines.log_delivery import LogDelivery
from local.gateway import identity
from local.gateway.errors import AwsError
from local.gateway.iam import authorization
from local.gateway.identity import current_caller
from local.services.glue.crawler.configuration import read_options
from local.services.glue.crawler.crawl import Crawl, Outcome, Stopped
from local.services.glue.crawler.custom_classifiers import named_classifiers

log = logging.getLogger(__name__)


_lock = threading.RLock()


_SETTABLE = {
    "Role": "role",
    "DatabaseName": "database_name",
    "Description": "description",
    "Targets": "targets",
    "Classifiers": "classifiers",
    "TablePrefix": "table_prefix",
    "SchemaChangePolicy": "schema_change_policy",
    "RecrawlPolicy": "recrawl_policy",
    "LineageConfiguration": "lineage_configuration",
    "Configuration": "configuration",
}


class CrawlerRunning(AwsError):
    """The crawler is at work and can't be started, changed or deleted."""

    def __init__(self, name: str) -> None:
        super().__init__("CrawlerRunningException", f"Crawler with name {name} has already started")


class CrawlerNotRunning(AwsError):
    """There is nothing to stop."""

    def __init__(self, name: str) -> None:
        super().__init__("CrawlerNotRunningException", f"Crawler with name {name} isn't running")


class RecordedCrawl(FakeCrawl):
    """A crawl in the crawler's history. Its status is what really happens, not moto's guess of what might."""

    def __init__(self, crawler_name: str) -> None:
        super().__init__(crawler_name)
        self._real_status = "RUNNING"
        self.stop = threading.Event()
        self.error = ""
        self.outcome = Outcome()

    @property
    def status(self) -> str:
        """RUNNING, STOPPING, COMPLETED, STOPPED or FAILED."""
        return self._real_status

    @status.setter
    def status(self, value: str) -> None:
        self._real_status = value

    def advance(self) -> None:
        """Time alone changes nothing."""

    @property
    def seconds(self) -> float:
        """How long it took, or takes so far."""
        return ((self.end_time or utcnow()) - self.start_time).total_seconds()

    def as_dict(self) -> dict[str, Any]:
        """As ListCrawls shows it."""
        described: dict[str, Any] = super().as_dict()
        described["DPUHour"] = round(self.seconds / 3600, 6)
        if self.error:
            described["ErrorMessage"] = self.error
        if self.end_time:
            described["Summary"] = json.dumps(_summary(self.outcome))
        return described


def _summary(outcome: Outcome) -> dict[str, Any]:
    actions = {
        "ADD": (outcome.tables_created, outcome.partitions_created),
        "UPDATE": (outcome.tables_updated, outcome.partitions_updated),
        "DELETE": (outcome.tables_deleted, outcome.partitions_deleted),
    }
    return {
        "TABLE": {
            kind: {"Count": len(names), "Details": {"names": names}} for kind, (names, _) in actions.items()
        },
        "PARTITION": {kind: {"Count": count} for kind, (_, count) in actions.items()},
    }


def _crawler(name: str | None) -> FakeCrawler:
    crawler = backends.glue(current_caller().account).crawlers.get(name or "")
    if crawler is None:
        raise EntityNotFound(f"Crawler with name {name} does not exist")
    return crawler


def _crawls(crawler: FakeCrawler) -> list[RecordedCrawl]:
    """The crawls of a crawler, which are all recorded here."""
    return cast(list[RecordedCrawl], crawler.crawls)


def _running(crawler: FakeCrawler) -> bool:
    crawls = _crawls(crawler)
    return bool(crawls) and crawls[-1].status in ("RUNNING", "STOPPING")


def _shown(crawler: FakeCrawler) -> dict[str, Any]:
    running = _running(crawler)
    described = {
        key: value for key, value in crawler.as_dict().items() if value is not None and key != "LastCrawl"
    }
    described["State"] = crawler.crawls[-1].status if running else "READY"
    described["CrawlElapsedTime"] = int(_crawls(crawler)[-1].seconds * 1000) if running else 0
    described.setdefault("Classifiers", [])
    described["SchemaChangePolicy"] = {
        "UpdateBehavior": "UPDATE_IN_DATABASE",
        "DeleteBehavior": "DEPRECATE_IN_DATABASE",
        **(crawler.schema_change_policy or {}),
    }
    described["RecrawlPolicy"] = {"RecrawlBehavior": "CRAWL_EVERYTHING", **(crawler.recrawl_policy or {})}
    described["LineageConfiguration"] = {"CrawlerLineageSettings": "DISABLE"}
    described["LakeFormationConfiguration"] = {"UseLakeFormationCredentials": False, "AccountId": ""}
    finished = [crawl for crawl in _crawls(crawler) if crawl.end_time]
    if finished:
        last = finished[-1]
        described["LastCrawl"] = {
            "Status": {"COMPLETED": "SUCCEEDED", "STOPPED": "CANCELLED"}.get(last.status, "FAILED"),
            "LogGroup": last.log_group,
            "LogStream": last.log_stream,
            "MessagePrefix": last.message_prefix,
            "StartTime": last.start_time,
            **({"ErrorMessage": last.error} if last.error else {}),
        }
    return described


def role_arn(account: str, role: str | None) -> str:
    """The ARN of a crawler's role, which may be given by name. Raises InvalidInput."""
    if not role:
        raise InvalidInput("Crawler role is missing.")
    return role if role.startswith("arn:") else f"arn:aws:iam::{account}:role/{role}"


class CrawlerOperations(GlueResponse):
    """Create, update, start, stop, describe and delete crawlers."""

    def create_crawler(self) -> ActionResult:
        account, given = current_caller().account, self.parameters
        _check(account, given)
        with _lock:
            if given["Name"] in backends.glue(account).crawlers:
                raise AlreadyExists(f"Crawler with name {given['Name']} already exists")
            settings: dict[str, Any] = {attribute: given.get(key) for key, attribute in _SETTABLE.items()}
            backends.glue(account).create_crawler(
                name=given["Name"],
                schedule="",
                crawler_security_configuration="",
                tags=given.get("Tags") or {},
                **settings,
            )
        return EmptyResult()

    def update_crawler(self) -> ActionResult:
        crawler, given = _crawler(self.parameters.get("Name")), self.parameters
        with _lock:
            if _running(crawler):
                raise CrawlerRunning(crawler.name)
            current = {key: getattr(crawler, attribute) for key, attribute in _SETTABLE.items()}
            changed = {**current, **{key: value for key, value in given.items() if key in _SETTABLE}}
            _check(current_caller().account, {**given, **changed})
            for key, attribute in _SETTABLE.items():
                setattr(crawler, attribute, changed[key])
            crawler.version += 1
            crawler.last_updated = utcnow()
        return EmptyResult()

    def get_crawler(self) -> ActionResult:
        return ActionResult({"Crawler": _shown(_crawler(self.parameters.get("Name")))})

    def get_crawlers(self) -> ActionResult:
        crawlers = list(backends.glue(current_caller().account).crawlers.values())
        return ActionResult({"Crawlers": [_shown(crawler) for crawler in crawlers]})

    def batch_get_crawlers(self) -> ActionResult:
        crawlers, names = (
            backends.glue(current_caller().account).crawlers,
            self.parameters.get("CrawlerNames") or [],
        )
        return ActionResult(
            {
                "Crawlers": [_shown(crawlers[name]) for name in names if name in crawlers],
                "CrawlersNotFound": [name for name in names if name not in crawlers],
            }
        )

    def delete_crawler(self) -> ActionResult:
        crawler = _crawler(self.parameters.get("Name"))
        with _lock:
            if _running(crawler):
                raise CrawlerRunning(crawler.name)
            backends.glue(current_caller().account).delete_crawler(crawler.name)
        return EmptyResult()

    def start_crawler(self) -> ActionResult:
        account, crawler = current_caller().account, _crawler(self.parameters.get("Name"))
        with _lock:
            if _running(crawler):
                raise CrawlerRunning(crawler.name)
            record = RecordedCrawl(crawler.name)
            work = _prepare(account, crawler, record)
            crawler.crawls.append(record)
        threading.Thread(
            target=_run, args=(work, record), name=f"crawler {crawler.name}", daemon=True
        ).start()
        return EmptyResult()

    def stop_crawler(self) -> ActionResult:
        crawler = _crawler(self.parameters.get("Name"))
        with _lock:
            if not _running(crawler) or _crawls(crawler)[-1].status == "STOPPING":
                raise CrawlerNotRunning(crawler.name)
            crawler.crawls[-1].status = "STOPPING"
            _crawls(crawler)[-1].stop.set()
        return EmptyResult()

    def get_crawler_metrics(self) -> ActionResult:
        crawlers = backends.glue(current_caller().account).crawlers
        names = self.parameters.get("CrawlerNameList") or list(crawlers)
        return ActionResult({"CrawlerMetricsList": [_metrics(_crawler(name)) for name in names]})


def _metrics(crawler: FakeCrawler) -> dict[str, Any]:
    finished = [crawl for crawl in _crawls(crawler) if crawl.end_time]
    last = finished[-1].outcome if finished else Outcome()
    return {
        "CrawlerName": crawler.name,
        "TimeLeftSeconds": 0.0,
        "StillEstimating": _running(crawler),
        "LastRuntimeSeconds": finished[-1].seconds if finished else 0.0,
        "MedianRuntimeSeconds": statistics.median(crawl.seconds for crawl in finished) if finished else 0.0,
        "TablesCreated": len(last.tables_created),
        "TablesUpdated": len(last.tables_updated),
        "TablesDeleted": len(last.tables_deleted),
    }


def _check(account: str, given: dict[str, Any]) -> None:
    if not given.get("Name"):
        raise InvalidInput("Crawler name is missing.")
    if not given.get("DatabaseName"):
        raise InvalidInput("Crawler has no database.")
    read_options(given)
    named_classifiers(account, given.get("Classifiers"))
    authorization.require_service_role(role_arn(account, given.get("Role")), "glue.amazonaws.com")


def _prepare(account: str, crawler: FakeCrawler, record: RecordedCrawl) -> Crawl:
    settings = {key: getattr(crawler, attribute) for key, attribute in _SETTABLE.items()}
    return Crawl(
        account=account,
        crawler=crawler.name,
        caller=identity.role_caller(role_arn(account, crawler.role), "AWS-Crawler"),
        database=(crawler.database_name or "").lower(),
        table_prefix=crawler.table_prefix or "",
        options=read_options(settings),
        classifiers=named_classifiers(account, crawler.classifiers),
        stop=record.stop,
    )


def _run(work: Crawl, record: RecordedCrawl) -> None:
    status = "FAILED"
    try:
        authorization.require_service_role(work.caller.principal_arn, "glue.amazonaws.com")
        work.run()
        status = "COMPLETED"
    except Stopped:
        status = "STOPPED"
    except (AwsError, QueryError) as error:
        record.error = str(error)
    except Exception as error:
        log.exception("crawler %s failed inside the local AWS", work.crawler)
        record.error = f"Internal Service Exception: {type(error).__name__}: {error}"
    record.outcome = work.outcome
    _report(work, record)
    with _lock:
        record.end_time = utcnow()
        record.status = status


def _report(work: Crawl, record: RecordedCrawl) -> None:
    """Write what the crawl left out, and why it failed, to its log: a line begins with the crawl's id, as Glue's do."""
    lines = [f"WARN : {note}" for note in work.outcome.notes]
    if record.error:
        lines.append(f"ERROR : {record.error}")
    for line in lines:
        log.info("crawler %s: %s", work.crawler, line)
    delivery = LogDelivery(work.caller, backends.REGION, record.log_group, record.log_stream)
    delivery.put([f"[{record.message_prefix}] {line}" for line in lines])
