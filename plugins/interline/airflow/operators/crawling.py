"""A Glue crawler over what landed: defined, run, seen to have succeeded, and its tables counted against the objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from airflow.providers.amazon.aws.hooks.s3 import S3Hook
from airflow.providers.amazon.aws.operators.glue_crawler import GlueCrawlerRunOperator
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from botocore.exceptions import ClientError

from interline.airflow.data_day import data_day_of
from interline.aws.athena_queries import AthenaQueriesHook, AthenaQueryError
from interline.contracts import Source
from interline.ingest.accounting import (
    Difference,
    OtherHeader,
    check_alike,
    differences,
    header_lines,
    header_problem,
    rows_of,
    rows_query,
)
from interline.ingest.inspection import Counted, Unreadable
from interline.ingest.landed_objects import count_records, list_objects
from interline.ingest.places import is_hidden, is_marker

if TYPE_CHECKING:
    from airflow.sdk import Context


_SHOWN = 10
"""Objects, and lines of the crawl's log, that a message lists."""
_READY = "READY"
"""State of a crawler that does not run (Crawler, AWS Glue API reference)."""


class CrawlFailed(RuntimeError):
    """The crawl ended without success, or made no table where one was expected."""


class RowsLost(RuntimeError):
    """Not as many rows are read through the catalog as are stored in what landed."""


@dataclass(frozen=True)
class Landing:
    """Where a crawler's sources land, and by which of the domain's workgroups their rows are counted.

    `task` names the task that counted the day's records when they landed; without one they are counted again.
    """

    bucket: str
    sources: tuple[Source, ...]
    workgroup: str
    task: str | None = None


class LandingCrawlerOperator(GlueCrawlerRunOperator):
    """
    Bring a Glue crawler's definition up to date, run it, and fail unless its tables exist and show what landed.

    What landed for the data day is counted in two ways, and a difference stops the run: the records that are stored in
    the objects, and the rows that Athena reads through the catalog.

    The provider's run operator reports the state of the last crawl but takes a failed one for done; and its create,
    update and run operators are three tasks where a crawl is one step of a product.

    :param config: the crawler's definition (templated)
    :param tables: the tables that must be in the crawler's database afterwards
    :param landing: what is counted; nothing when left out
    :param data_day: the data day that is counted (templated)
    """

    template_fields: Sequence[str] = aws_template_fields("crawler_name", "config", "data_day")

    def __init__(
        self,
        *,
        config: dict[str, Any],
        tables: Sequence[str],
        landing: Landing | None = None,
        data_day: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(crawler_name=config["Name"], **kwargs)
        self.config = config
        self.tables = tuple(tables)
        self.landing = landing
        self.data_day = data_day

    def execute(self, context: Context) -> str:
        """Define the crawler, run it, and look at what it made.

        A crawl that is running, left by a task that was killed, began before what has landed for this one: it is waited
        for, and another begun.
        """
        name = self.config["Name"]
        if not self.hook.has_crawler(name):
            self.hook.create_crawler(**self.config)
        else:
            if self.hook.get_crawler(name)["State"] != _READY:
                self.log.info("the crawler %s is running; waiting for it", name)
                self.hook.wait_for_crawler_completion(name, poll_interval=self.poll_interval)
            self.hook.update_crawler(**self.config)
        name = super().execute(context)
        if not self.deferrable:
            self._verify(context)
        return name

    def execute_complete(self, context: Context, event: dict[str, Any] | None = None) -> str:
        """Look at what the crawler made, after waiting in the triggerer."""
        name = super().execute_complete(context, event)
        self._verify(context)
        return name

    def _verify(self, context: Context) -> None:
        last = self.hook.get_crawler(self.crawler_name).get("LastCrawl", {})
        if last.get("Status") != "SUCCEEDED":
            raise CrawlFailed(
                f"the crawl of {self.crawler_name} is {last.get('Status')}: {last.get('ErrorMessage') or 'no message'}"
                f" (log group {last.get('LogGroup')}, stream {last.get('LogStream')})"
            )
        found = {table: self._table(table, last) for table in self.tables}
        if self.landing is not None:
            self._account(self.landing, found, last, context)

    def _table(self, name: str, last: Mapping[str, Any]) -> dict[str, Any]:
        """A table of the crawler's database. Raises CrawlFailed."""
        database = self.config["DatabaseName"]
        try:
            found: dict[str, Any] = self.hook.glue_client.get_table(DatabaseName=database, Name=name)["Table"]
        except self.hook.glue_client.exceptions.EntityNotFoundException:
            raise CrawlFailed(
                f"the crawl made no table {database}.{name}; do all objects have the declared format?"
                + self._left_out(last)
            ) from None
        columns = [column["Name"] for column in found["StorageDescriptor"]["Columns"]]
        twice = sorted({key["Name"] for key in found.get("PartitionKeys", ())} & set(columns))
        if twice:
            raise CrawlFailed(
                f"{database}.{name} has the columns {', '.join(twice)} twice: in the objects and as the key of their"
                " folders, so nobody can read it. Ask for objects without them"
            )
        self.log.info("%s.%s has %d columns", database, name, len(columns))
        return found

    def _left_out(self, last: Mapping[str, Any]) -> str:
        """What the crawl's own log says about this crawl, for a message; where it is when it cannot be read."""
        group, stream, crawl = (last.get(key) or "" for key in ("LogGroup", "LogStream", "MessagePrefix"))
        where = f"log group {group}, stream {stream}"
        try:
            events = self._logs().filter_log_events(
                logGroupName=group, logStreamNames=[stream], filterPattern=f'"{crawl}"', limit=1_000
            )["events"]
        except ClientError as error:
            return f" The crawl's log is in {where} ({error.response['Error'].get('Code')})"
        prefixes = (
            tuple(f"s3://{self.landing.bucket}/{name}/" for name in self.tables)
            if self.landing
            else ("s3://",)
        )
        said = [
            event["message"].removeprefix(f"[{crawl}]").strip()
            for event in events
            if any(prefix in event["message"] for prefix in prefixes)
        ]
        if not said:
            return f" The crawl's log is in {where}"
        return "".join(f"\n{line}" for line in said[-_SHOWN:]) + f"\n(log of the crawl: {where})"

    def _logs(self) -> Any:
        return AwsBaseHook(
            aws_conn_id=self.aws_conn_id, region_name=self.region_name, client_type="logs"
        ).conn

    def _account(
        self,
        landing: Landing,
        tables: Mapping[str, dict[str, Any]],
        last: Mapping[str, Any],
        context: Context,
    ) -> None:
        """Compare the rows that are stored with those that are read, and stop when they differ. Raises RowsLost."""
        day = data_day_of(self.data_day)
        database = self.config["DatabaseName"]
        unpartitioned = [
            name
            for name, table in tables.items()
            if "dt" not in {key["Name"] for key in table["PartitionKeys"]}
        ]
        if unpartitioned:
            raise CrawlFailed(
                f"{database}.{unpartitioned[0]} is not partitioned by dt: do objects of another format or outside of"
                f" dt=YYYY-MM-DD lie under its folder?{self._left_out(last)}"
            )
        read = self._rows_read(landing, rows_query(database, list(tables), day), last)
        landed = self._records_landed(landing, context)
        for source in landing.sources:
            table, rows = tables[source.name], read.get(source.name, {})
            headers = 0 if source.format == "parquet" else header_lines(table)
            known = landed.get(source.name)
            if known is None or known["records"] - headers * known["objects"] != sum(rows.values()):
                known = self._count_again(landing, source, day, headers, rows, last)
            self._check_header(f"{database}.{source.name}", table, headers, known.get("header"))
            self.log.info("%s: all %d rows of %s are read", source.name, sum(rows.values()), day)

    def _count_again(
        self,
        landing: Landing,
        source: Source,
        day: str,
        headers: int,
        rows: Mapping[str, int],
        last: Mapping[str, Any],
    ) -> dict[str, Any]:
        """Count what is stored, object by object. Raises RowsLost when it is not what is read."""
        counted = self._records_stored(landing, source, day)
        stored = {name: rows_of(one.records, headers) for name, one in counted.items()}
        lost = differences(stored, rows)
        if lost:
            table = f"{self.config['DatabaseName']}.{source.name}"
            raise RowsLost(self._message(table, day, lost) + self._left_out(last))
        if not counted:
            return {}
        try:
            name, first = check_alike(counted)
        except OtherHeader as problem:
            raise RowsLost(f"{problem.message_about(problem.name)}, then clear `land`") from problem
        if not first.columns:
            return {}
        return {"header": {"object": name, "columns": first.columns, "delimiter": first.delimiter}}

    def _check_header(
        self, table: str, described: Mapping[str, Any], headers: int, header: Mapping[str, Any] | None
    ) -> None:
        """See that the line which the table passes over is a header and no row. Raises RowsLost."""
        if header is None:
            return
        if not headers:
            self.log.warning(
                "%s passes over no header: where all columns are text, Glue takes the first line of CSV for a row",
                table,
            )
            return
        problem = header_problem(described, header["columns"], header["delimiter"])
        if problem:
            raise RowsLost(
                f"{header['object']}, line 1: {table} would pass over this line or read its fields in other columns: {problem}."
                " Ask for it with the header of the other days, then clear `land`"
            )

    def _message(self, table: str, day: str, lost: Sequence[Difference]) -> str:
        more = f"\n… and {len(lost) - _SHOWN} more" if len(lost) > _SHOWN else ""
        shown = "\n".join(str(one) for one in lost[:_SHOWN])
        return (
            f"{table} does not show what landed for {day}:\n{shown}{more}\nAsk for these objects again in the format"
            " and with the header of the others; if one was replaced meanwhile, clear `land`."
        )

    def _rows_read(self, landing: Landing, sql: str, last: Mapping[str, Any]) -> dict[str, dict[str, int]]:
        """Rows by source and object, as Athena counts them."""
        hook = AthenaQueriesHook(
            aws_conn_id=self.aws_conn_id, region_name=self.region_name, workgroup=landing.workgroup
        )
        read: dict[str, dict[str, int]] = {}
        try:
            rows = hook.rows(sql)
        except AthenaQueryError as error:
            raise RowsLost(
                f"what landed cannot be read: {error.reason}\nAsk for the object that is named again, then clear `land`."
                + self._left_out(last)
            ) from error
        for source, name, count in rows:
            read.setdefault(source or "", {})[name or ""] = int(count or 0)
        return read

    def _records_landed(self, landing: Landing, context: Context) -> Mapping[str, dict[str, Any]]:
        """What `land` counted, by source."""
        if landing.task is None or "ti" not in context:
            return {}
        return context["ti"].xcom_pull(task_ids=landing.task) or {}

    def _records_stored(self, landing: Landing, source: Source, day: str) -> dict[str, Counted]:
        """What is in every object of the day, read from end to end. Raises RowsLost for one that cannot be read."""
        client = self._s3()
        stored = {}
        for one in list_objects(client, landing.bucket, f"{source.name}/dt={day}/"):
            if not one.size or is_marker(one.key) or is_hidden(one.key):
                continue
            try:
                stored[one.uri] = count_records(client, one, source.format)
            except Unreadable as problem:
                raise RowsLost(f"{problem.message_about(one.uri)}, then clear `land`") from problem
        return stored

    def _s3(self) -> Any:
        return S3Hook(aws_conn_id=self.aws_conn_id, region_name=self.region_name).conn
