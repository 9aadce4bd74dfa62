"""What the source systems delivered for a data day: is it there, and is it whole?"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.providers.amazon.aws.hooks.s3 import S3Hook
from airflow.providers.amazon.aws.operators.base_aws import AwsBaseOperator
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields

from interline.airflow.data_day import data_day_of
from interline.contracts import Source

if TYPE_CHECKING:
    from airflow.sdk import Context

_TAIL = 65_536
"""Bytes read at an object's end; a delivery that was cut off shows there."""


class LandingIncomplete(RuntimeError):
    """Nothing landed for the day, or something landed that is not whole."""


class S3LandingOperator(AwsBaseOperator[S3Hook]):
    """
    Check that every source's objects of the data day have landed, have bytes and were not cut off.

    Objects are looked for under ``s3://<bucket>/<source>/dt=<data day>/``.

    :param bucket: the domain's landing bucket
    :param sources: what should have landed
    :param data_day: the data day (templated)
    :return: per source the number of objects and bytes
    """

    aws_hook_class = S3Hook
    template_fields: Sequence[str] = aws_template_fields("bucket", "data_day")
    ui_color = "#e3ecf7"

    def __init__(self, *, bucket: str, sources: Sequence[Source], data_day: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bucket = bucket
        self.sources = tuple(sources)
        self.data_day = data_day

    def execute(self, context: Context) -> dict[str, dict[str, int]]:
        """Look at the objects of every source."""
        day = data_day_of(self.data_day)
        landed: dict[str, dict[str, int]] = {}
        missing: list[str] = []
        for source in self.sources:
            prefix = f"{source.name}/dt={day}/"
            objects = [entry for entry in self._objects(prefix) if not entry["Key"].endswith("/")]
            if not objects:
                missing.append(f"s3://{self.bucket}/{prefix}")
                continue
            for entry in objects:
                self._inspect(source, entry["Key"], entry["Size"])
            size = sum(entry["Size"] for entry in objects)
            landed[source.name] = {"objects": len(objects), "bytes": size}
            self.log.info("%s: %d objects, %d bytes", prefix, len(objects), size)
        if missing:
            raise LandingIncomplete(
                f"nothing has landed for {day} under {' and '.join(missing)}. Ask who delivers it, then clear this task"
            )
        return landed

    def _objects(self, prefix: str) -> list[dict[str, Any]]:
        pages = self.hook.conn.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        return [entry for page in pages for entry in page.get("Contents", ())]

    def _inspect(self, source: Source, key: str, size: int) -> None:
        name = f"s3://{self.bucket}/{key}"
        if size == 0:
            raise LandingIncomplete(
                f"{name} is empty. Ask for it to be delivered again, then clear this task"
            )
        if key.endswith((".gz", ".bz2", ".zst")):
            return
        problem = _cut_off(source.format, self._tail(key, size), is_whole=size <= _TAIL)
        if problem:
            raise LandingIncomplete(
                f"{name} was cut off: {problem}. Ask for it to be delivered again, then clear this task"
            )

    def _tail(self, key: str, size: int) -> bytes:
        start = max(0, size - _TAIL)
        answer = self.hook.conn.get_object(Bucket=self.bucket, Key=key, Range=f"bytes={start}-{size - 1}")
        content: bytes = answer["Body"].read()
        return content


def _cut_off(form: str, tail: bytes, is_whole: bool) -> str:
    """Return why an object's end shows that the rest is missing, or an empty string."""
    if form == "parquet":
        return "" if tail.endswith(b"PAR1") else "a Parquet file ends with PAR1"
    lines = tail.rstrip(b"\r\n").split(b"\n")
    last = lines[-1].strip()
    if form == "json":
        if len(lines) == 1 and not is_whole:
            return ""
        try:
            json.loads(last)
        except ValueError:
            return f"its last line is no complete JSON: …{last[-60:].decode(errors='replace')}"
        return ""
    if b'"' in tail or len(lines) < 3:
        return ""
    before = lines[-2]
    separator = max((b"|", b",", b"\t", b";"), key=before.count)
    if last.count(separator) < before.count(separator):
        return f"its last line has {last.count(separator) + 1} of {before.count(separator) + 1} fields"
    return ""
