"""A YAML document checked by a pydantic model: unknown keys, wrong types and missing keys, with their lines.

The models of the open standards ignore keys they do not know, so a misspelt ``required`` would promise
nothing and nobody would hear of it. Here every key must be one of the model's.
"""

from __future__ import annotations

import types
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from interline.contracts.model.yaml_path import YamlPath
from interline.contracts.problems import MeshError, Problem, did_you_mean
from interline.contracts.yaml.reader import Document

ModelType = TypeVar("ModelType", bound=BaseModel)

_MOST_UNKNOWN = 20
"""Unknown keys of one mapping that are reported one by one."""
_MOST_WRONG = 200
"""Values of a wrong type that are reported of one file."""
_WORDS = {str: "text", int: "a whole number", float: "a number", bool: "true or false", dict: "a mapping"}


def validate(document: Document, model: type[ModelType]) -> ModelType:
    """Return the document as an instance of ``model``.

    Raises:
        MeshError: a key is unknown or missing, or a value has another type than the model's.
    """
    problems: list[Problem] = []
    _unknown_keys(document, document.value, model, (), problems)
    try:
        instance = model.model_validate(document.value, strict=True)
    except ValidationError as error:
        known = {problem.line for problem in problems}
        problems += [
            problem for problem in _type_problems(document, model, error) if problem.line not in known
        ]
        raise MeshError(problems) from None
    if problems:
        raise MeshError(problems)
    return instance


def expected_shape(annotation: Any) -> str:
    """Return what a value of this type looks like, in a person's words."""
    options = [option for option in _options(annotation) if option is not type(None)]
    return " or ".join(dict.fromkeys(_one_shape(option) for option in options))


def _one_shape(annotation: Any) -> str:
    if get_origin(annotation) is list:
        inner = expected_shape(get_args(annotation)[0])
        return f"a list (`- …`), each entry {inner}"
    if get_origin(annotation) is dict:
        return "a mapping (`key: value` lines)"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        keys = list(_fields(annotation))
        listed = ", ".join(keys[:6]) + (", …" if len(keys) > 6 else "")
        return f"a mapping with {listed}"
    literals = get_args(annotation)
    if literals and all(isinstance(literal, str) for literal in literals):
        return " or ".join(repr(literal) for literal in literals)
    return _WORDS.get(annotation, "any value")


def _options(annotation: Any) -> tuple[Any, ...]:
    if get_origin(annotation) in (Union, types.UnionType):
        return tuple(inner for option in get_args(annotation) for inner in _options(option))
    if get_origin(annotation) is not None and hasattr(annotation, "__metadata__"):
        return _options(get_args(annotation)[0])
    return (annotation,)


class _Shape:
    """What may stand inside a value of one type: the keys of a mapping, the shape of a list's entries."""

    __slots__ = ("entry", "keys")

    def __init__(self, annotation: Any) -> None:
        options = _options(annotation)
        models = [o for o in options if isinstance(o, type) and issubclass(o, BaseModel)]
        lists = [get_args(o)[0] for o in options if get_origin(o) is list]
        self.keys: dict[str, Any] | None = _fields(models[0]) if models else None
        self.entry: Any = lists[0] if lists else None


@cache
def _fields(model: type[BaseModel]) -> dict[str, Any]:
    """Return the keys a file writes for this model, with the type of each."""
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


_shapes: dict[int, tuple[Any, _Shape]] = {}


def _shape(annotation: Any) -> _Shape:
    """Return the shape of a type, cached by identity: some annotations cannot be hashed."""
    cached = _shapes.get(id(annotation))
    if cached is None or cached[0] is not annotation:
        cached = (annotation, _Shape(annotation))
        _shapes[id(annotation)] = cached
    return cached[1]


def _unknown_keys(
    document: Document, value: Any, annotation: Any, place: YamlPath, problems: list[Problem]
) -> None:
    shape = _shape(annotation)
    if type(value) is dict:
        keys = shape.keys
        if keys is None:
            return
        unknown = [key for key in value if key not in keys]
        problems += [_unknown_key(document, key, keys, place) for key in unknown[:_MOST_UNKNOWN]]
        if len(unknown) > _MOST_UNKNOWN:
            more = f"and {len(unknown) - _MOST_UNKNOWN:,} more unknown keys"
            problems.append(document.problem((*place, unknown[_MOST_UNKNOWN]), more, "is it the right file?"))
        for key, inner in value.items():
            if key not in keys:
                continue
            if type(inner) is dict or type(inner) is list:
                _unknown_keys(document, inner, keys[key], (*place, key), problems)
    elif type(value) is list and shape.entry is not None:
        for position, inner in enumerate(value):
            _unknown_keys(document, inner, shape.entry, (*place, position), problems)


def _unknown_key(document: Document, key: str, known: dict[str, Any], place: YamlPath) -> Problem:
    where = str(place[-1]) if place else ""
    if len(place) > 1 and isinstance(place[-1], int):
        where = f"an entry of {place[-2]}"
    hint = did_you_mean(key, known) or f"known are {', '.join(known)}"
    return document.problem((*place, key), f"unknown key {key!r}" + (f" in {where}" if where else ""), hint)


def _type_problems(document: Document, model: type[BaseModel], error: ValidationError) -> list[Problem]:
    problems: dict[YamlPath, Problem] = {}
    for detail in error.errors(include_url=False, include_context=False)[:_MOST_WRONG]:
        place, annotation = _locate(document, model, detail["loc"])
        name = next((step for step in reversed(detail["loc"]) if isinstance(step, str)), "the value")
        if place and isinstance(place[-1], str):
            name = place[-1]
        if detail["type"] == "missing":
            missing = str(detail["loc"][-1])
            shape = expected_shape(_fields_at(model, detail["loc"]))
            message, hint = f"{missing} is missing", f"expected `{missing}: …`, {shape}"
        elif detail["type"].endswith(("_type", "_error")) or detail["type"] in ("is_instance_of",):
            found = _found(detail["input"])
            message = f"{name} is {found}, expected {expected_shape(annotation)}"
            hint = "write it in quotes" if _is_number_for_text(detail["input"], annotation) else ""
        else:
            message, hint = f"{name}: {detail['msg']}", ""
        problems.setdefault(place, document.problem(place, message, hint))
    return list(problems.values())


def _is_number_for_text(value: Any, annotation: Any) -> bool:
    return isinstance(value, (int, float)) and str in _options(annotation)


def _found(value: Any) -> str:
    if isinstance(value, bool):
        return f"the truth value {str(value).lower()}"
    if isinstance(value, (int, float)):
        return f"the number {value}"
    if isinstance(value, str):
        return f"the text {value[:40]!r}"
    if value is None:
        return "empty"
    return "a list" if isinstance(value, list) else "a mapping"


def _fields_at(model: type[BaseModel], location: tuple[str | int, ...]) -> Any:
    return _walk(model, location)


def _walk(annotation: Any, location: tuple[str | int, ...]) -> Any:
    """Return the type that a model gives to the place that a pydantic error names."""
    for step in location:
        options = _options(annotation)
        if isinstance(step, int):
            inner = [get_args(o)[0] for o in options if get_origin(o) is list]
        else:
            models = [o for o in options if isinstance(o, type) and issubclass(o, BaseModel)]
            inner = [_fields(m)[step] for m in models if step in _fields(m)]
        if inner:
            annotation = inner[0]
    return annotation


def _locate(
    document: Document, model: type[BaseModel], location: tuple[str | int, ...]
) -> tuple[YamlPath, Any]:
    """Return where in the document a pydantic error is: its location names members of unions too."""
    value: Any = document.value
    place: YamlPath = ()
    for step in location:
        if isinstance(value, dict) and step in value:
            value = value[str(step)]
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            continue
        place = (*place, step)
    return place, _walk(model, place)
