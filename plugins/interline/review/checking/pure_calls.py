"""The allow-list: what may be called while a DAG file is read, because it only declares or computes."""

from __future__ import annotations

from interline.contracts import did_you_mean
from interline.contracts.model.verbs import VERBS


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_BUILTINS = _words(
    "abs all any bool bytes dict divmod enumerate float format frozenset hash int isinstance issubclass iter len list max"
    " min next object ord chr pow property range repr reversed round set slice sorted staticmethod classmethod str sum"
    " super tuple type zip ValueError TypeError RuntimeError KeyError NotImplementedError Exception"
)
_METHODS = _words(
    # of text, lists, dictionaries, sets and dates
    "add append capitalize casefold copy count difference endswith extend format get index insert intersection isdigit"
    " isoformat items join joinpath keys lower lstrip partition pop removeprefix removesuffix replace resolve"
    " rpartition rsplit rstrip setdefault sort split splitlines startswith strftime strip subtract title union update"
    " upper values with_name with_suffix zfill"
    # of what Airflow makes
    " as_setup as_teardown concat expand expand_kwargs label map override partial set_downstream set_upstream"
    " task task_group add_inlets add_outlets"
)
_AIRFLOW = _words(
    "Asset AssetAlias AssetAll AssetAny AssetRef AssetWatcher AsyncCallback DAG DeadlineAlert DeadlineReference Label"
    " Metadata MultipleCronTriggerTimetable Param ParamsDict PartitionedAtRuntime PokeReturnValue SyncCallback TaskGroup"
    " TriggerRule XComArg chain chain_linear cross_downstream dag days_ago duration literal setup task task_group"
    " teardown timezone"
)
_AIRFLOW_KINDS = (
    "Operator",
    "Sensor",
    "Trigger",
    "Timetable",
    "Mapper",
    "Window",
    "Notifier",
    "OperatorAsync",
)
_INTERLINE = (
    "interline.airflow.dag.",
    "interline.airflow.operators.",
    "interline.airflow.data_day.",
)
_VERB_PACKAGE = "interline.airflow.verbs."
_PURE_MODULES = (
    "collections", "copy", "dataclasses", "decimal", "enum", "fractions", "functools", "itertools", "math", "operator",
    "re", "string", "textwrap", "types", "typing", "zoneinfo",
)  # fmt: skip
_PURE = _words(
    "datetime.date datetime.datetime datetime.time datetime.timedelta datetime.timezone datetime.date.fromisoformat"
    " datetime.datetime.fromisoformat datetime.datetime.combine datetime.datetime.strptime datetime.time.fromisoformat"
    " pendulum.datetime pendulum.date pendulum.duration pendulum.timezone pendulum.parse pendulum.from_format"
    " json.dumps json.loads logging.getLogger pathlib.Path pathlib.PurePath pathlib.PurePosixPath uuid.UUID"
    " __future__.annotations"
)
_CLOCK = ("now", "today", "utcnow", "time", "yesterday", "tomorrow", "monotonic")


def is_allowed_builtin(name: str) -> bool:
    """Say whether a function of Python itself may be called."""
    return name in _BUILTINS


def is_allowed_method(name: str) -> bool:
    """Say whether a method of a value, whatever it is, may be called."""
    return name in _METHODS


def is_allowed(origin: str, *, is_platform: bool = False) -> bool:
    """Say whether something imported may be called.

    :param origin: where it comes from, like ``airflow.sdk.chain``
    :param is_platform: whether the platform's own file calls it
    """
    if origin in _PURE or origin.partition(".")[0] in _PURE_MODULES:
        return True
    if origin.startswith(_VERB_PACKAGE):
        return not _is_unknown_verb(origin)
    if origin.startswith(_INTERLINE) or (is_platform and origin.startswith("interline.")):
        return True
    if origin.startswith("airflow."):
        parts = origin.split(".")
        if "hooks" in parts or "Variable" in parts or "Connection" in parts:
            return False
        return any(part in _AIRFLOW or part.endswith(_AIRFLOW_KINDS) for part in parts[1:])
    return False


def _is_unknown_verb(origin: str) -> bool:
    """Say whether something is imported from the verbs that is none; what a module of theirs holds is not meant."""
    name = origin.removeprefix(_VERB_PACKAGE)
    return origin.startswith(_VERB_PACKAGE) and "." not in name and name not in VERBS


def why_not(name: str) -> tuple[str, str]:
    """Return what to say about a call that is not allowed, and what to do instead."""
    shown = name.removeprefix("….")
    last = shown.rpartition(".")[2]
    if last in _CLOCK and shown.startswith(("datetime", "time", "pendulum")):
        return f"asks the clock, {shown}(), while it is read", "a run's dates come from its data day"
    if _is_unknown_verb(name):
        return f"calls {last}(), and there is no such verb", did_you_mean(
            last, VERBS
        ) or f"verbs are {', '.join(VERBS)}"
    message = f"calls {shown}() while it is read"
    if name.startswith("airflow.") and ("Variable" in name or "Connection" in name or "hooks" in name):
        return (
            message,
            "Airflow's database is for tasks: use a template such as {{ var.value.x }}, or do it in a task",
        )
    return message, "Airflow reads DAG files again and again: do it in a task, or use a verb or an operator"
