"""Every task as it will run, as JSON that a person can review: one file a task, one line a thing."""

from __future__ import annotations

import copy
import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

from interline.access import DesiredState, as_text, difference
from interline.access.targets import PortTarget
from interline.airflow.operators.contract_check import ContractCheckOperator
from interline.airflow.operators.declare import DeclarePortOperator
from interline.airflow.operators.lake_formation import GrantPortOperator
from interline.airflow.operators.publish import PublishOperator
from interline.aws.retry import RetryingSession
from interline.contracts import load_product

DAY = "2013-01-01"
"""The data day that every snapshot is rendered for."""
FOLDER = Path(__file__).parent
UPDATE = "python -m pytest tests/snapshots --update-snapshots"


_CLAUSE = re.compile(
    r" (case when|from|left join|where|group by|order by|select|using|location|partitioned by|iam_role|format as|values)\b"
)
_COMMA = re.compile(r", (?=[\"(a-z])")


class Result:
    """Stands for what another task returned, however deep a template looks into it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getitem__(self, key: Any) -> Result:
        return Result(f"{self._name}.{key}")

    def __str__(self) -> str:
        return f"<{self._name}>"


class TaskInstance:
    """The little of a task instance that templates use."""

    start_date = datetime.fromisoformat(DAY)

    def xcom_pull(self, task_ids: str, **_where: Any) -> Result:
        """Return a stand-in for what a task returned."""
        return Result(task_ids)


def snapshots(dag: Any, root: Path) -> dict[str, str]:
    """Return the snapshot of every task of a DAG, by task id."""
    return {task.task_id: snapshot(task, root) for task in dag.tasks}


def _no_session() -> NoReturn:
    raise AssertionError("rendering a task sends no request")


def path_of(dag_id: str, task_id: str) -> Path:
    """Return where a task's snapshot lies: ``<domain>/<product>/<task>.json``."""
    domain, _, product = dag_id.partition(".")
    return FOLDER / domain / product / f"{task_id}.json"


def snapshot(task: Any, root: Path) -> str:
    """Return a task, rendered for DAY, as JSON without a trace of this machine."""
    rendered = copy.copy(task)
    rendered.render_template_fields({"partition_key": DAY, "ti": TaskInstance()})
    fields = {name: getattr(rendered, name, None) for name in sorted(task.template_fields)}
    if isinstance(task, ContractCheckOperator | PublishOperator):
        fields["sql"] = list(task.statements(DAY))
    if isinstance(task, DeclarePortOperator):
        fields["sql"] = list(task.statements())
    if isinstance(task, GrantPortOperator):
        port = PortTarget(load_product(root, task.address), RetryingSession(_no_session))
        whole = difference(DesiredState(), rendered.desired_state())
        fields["access"] = as_text(whole.only(port.covers)).splitlines()
    content = {
        "task": task.task_id,
        "operator": f"{type(task).__module__}.{type(task).__name__}",
        "upstream": sorted(task.upstream_task_ids),
        "outlets": [asset.uri for asset in task.outlets],
        "pool": task.pool,
        "fields": {
            name: _readable(name, value) for name, value in fields.items() if value not in (None, "", [])
        },
    }
    text = json.dumps(content, indent=2, default=str, ensure_ascii=False)
    return text.replace(str(root), "<root>") + "\n"


def _readable(name: str, value: Any) -> Any:
    """Return SQL as lists of lines, so that a change of one rule is a change of one line."""
    if name != "sql":
        return value
    return [_lines(statement) for statement in ([value] if isinstance(value, str) else value)]


def _lines(statement: str) -> list[str]:
    """Return a statement broken into lines before its clauses and after its commas, its text otherwise untouched."""
    parts = re.split(r"('(?:[^'\\\\]|\\\\.|'')*')", statement)
    broken = "".join(
        part if position % 2 else _CLAUSE.sub(r"\n\1", _COMMA.sub(",\n", part))
        for position, part in enumerate(parts)
    )
    return [line.strip() for line in broken.split("\n")]
