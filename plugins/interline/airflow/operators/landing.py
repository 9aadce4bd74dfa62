"""What the source systems delivered for a data day: is it there, is it whole, and can it be read?"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.hooks.s3 import S3Hook
from airflow.providers.amazon.aws.operators.base_aws import AwsBaseOperator
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields

from interline.airflow.data_day import data_day_of
from interline.contracts import Source
from interline.ingest.accounting import OtherHeader, check_alike
from interline.ingest.inspection import Counted, CutOff, Unreadable
from interline.ingest.landed_objects import LandedObject, count_records, list_folders, list_objects
from interline.ingest.places import day_of_folder, is_hidden, is_marker

if TYPE_CHECKING:
    from airflow.sdk import Context

_AT_ONCE = 8
"""Objects that are read at the same time: most are small, and a request takes longer than its bytes."""
_SHOWN = 20
"""Problems that a message lists."""


class LandingIncomplete(RuntimeError):
    """Nothing landed for the day, or something landed that is not whole."""


class LandingUnreadable(RuntimeError):
    """Something landed that no table could show."""


class S3LandingOperator(AwsBaseOperator[S3Hook]):
    """
    Check that every source's objects of the data day have landed, are whole and can be read, and count their records.

    Objects are looked for under ``s3://<bucket>/<source>/dt=<data day>/``. Whatever lies elsewhere under a source is in
    no data day and stops the task too, since nobody would ever read it.

    :param bucket: the domain's landing bucket
    :param sources: what should have landed
    :param data_day: the data day (templated)
    :return: per source the number of objects, bytes and records (lines of text, headers included, or rows of Parquet),
        and of CSV the header that all its objects have
    """

    aws_hook_class = S3Hook
    template_fields: Sequence[str] = aws_template_fields("bucket", "data_day")
    ui_color = "#e3ecf7"

    def __init__(self, *, bucket: str, sources: Sequence[Source], data_day: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bucket = bucket
        self.sources = tuple(sources)
        self.data_day = data_day

    def execute(self, context: Context) -> dict[str, dict[str, Any]]:
        """Look at the objects of every source."""
        day = data_day_of(self.data_day)
        landed: dict[str, dict[str, Any]] = {}
        missing: list[str] = []
        problems: list[tuple[str, Unreadable]] = []
        outside: list[str] = []
        for source in self.sources:
            prefix = f"{source.name}/dt={day}/"
            outside += self._outside_days(source)
            objects = [
                one for one in list_objects(self.hook.conn, self.bucket, prefix) if not is_marker(one.key)
            ]
            if not objects:
                missing.append(f"s3://{self.bucket}/{prefix}")
                continue
            counted, unreadable = self._inspect(source, objects)
            problems += unreadable
            if unreadable:
                continue
            try:
                name, first = check_alike(counted)
            except OtherHeader as problem:
                problems.append((problem.name, problem))
                continue
            landed[source.name] = {
                "objects": len(objects),
                "bytes": sum(one.size for one in objects),
                "records": sum(one.records for one in counted.values()),
            }
            if first.columns:
                landed[source.name]["header"] = {
                    "object": name,
                    "columns": list(first.columns),
                    "delimiter": first.delimiter,
                }
            self.log.info("%s: %s", prefix, landed[source.name])
        messages = [
            f"{problem.message_about(name)}, then clear this task" for name, problem in problems
        ] + outside
        if messages:
            more = f"\n… and {len(messages) - _SHOWN} more" if len(messages) > _SHOWN else ""
            message = "\n".join(messages[:_SHOWN]) + more
            incomplete = problems and isinstance(problems[0][1], CutOff)
            raise LandingIncomplete(message) if incomplete else LandingUnreadable(message)
        if missing:
            raise LandingIncomplete(
                f"nothing has landed for {day} under {' and '.join(missing)}. Ask who delivers it, then clear this task"
            )
        return landed

    def _outside_days(self, source: Source) -> list[str]:
        """What lies under a source and outside of every data day."""
        prefix = f"{source.name}/"
        folders, beside = list_folders(self.hook.conn, self.bucket, prefix)
        outside = [one for one in beside if one.size and not is_marker(one.key)]
        for folder in folders:
            if day_of_folder(folder) is None and not is_hidden(folder):
                inside = list_objects(self.hook.conn, self.bucket, f"{prefix}{folder}/")
                outside += [one for one in inside if one.size][:1]
        return [
            f"{one.uri} is in no data day, so nobody would read it. Move it into a folder"
            f" s3://{self.bucket}/{prefix}dt=YYYY-MM-DD/ or remove it, then clear this task"
            for one in outside
        ]

    def _inspect(
        self, source: Source, objects: list[LandedObject]
    ) -> tuple[dict[str, Counted], list[tuple[str, Unreadable]]]:
        """The records of every object that can be read, and what is wrong with the others, by address."""
        client = self.hook.conn

        def inspect(one: LandedObject) -> Counted | Unreadable:
            if not one.size:
                return _Empty()
            if is_hidden(one.key):
                return Unreadable(
                    "its name has a part that begins with _ or ., and Athena and Redshift pass over such names",
                    "ask for another name",
                )
            try:
                return count_records(client, one, source.format)
            except Unreadable as problem:
                return problem

        with ThreadPoolExecutor(max_workers=_AT_ONCE) as workers:
            found = list(zip(objects, workers.map(inspect, objects), strict=True))
        return (
            {one.uri: counted for one, counted in found if isinstance(counted, Counted)},
            [(one.uri, problem) for one, problem in found if isinstance(problem, Unreadable)],
        )


class _Empty(CutOff):
    def __init__(self) -> None:
        super().__init__("it is empty")

    def message_about(self, name: str) -> str:
        return f"{name} is empty. {self.remedy}"
