"""The Jinja environment in which models are rendered: their text is a stranger's, so nothing of it reaches Python.

A template sees what the environment is given and nothing else. Attributes that lead to Python's inside are closed by
Jinja's own sandbox; what could exhaust time or memory (long loops, many calls, growing text) has an allowance here;
what reads the clock is closed, because the data of a day must not depend on when it is built.

Why not a child process with the system's limits (``setrlimit``): a limit of seconds or bytes refuses other models on
another machine (macOS has no limit on memory at all), a killed child names no line, and a child for each model costs 9 ms
beside 7 ms for rendering it (tried on this repository's models). Here the same template gets the same answer everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from jinja2 import StrictUndefined, nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment
from jinja2.utils import Namespace

MOST_CALLS = 20_000
MOST_TURNS = 100_000
"""Turns of all loops of one rendering together."""
LONGEST_TEXT = 1_000_000
"""Characters of a rendered model, or of any text or list on the way to it."""
MOST_REPETITIONS = 10_000
"""The largest number that a method of a text takes."""
MARK = "\0"
"""Stands before and after the number of a line in marked output (with ``=`` before it, what follows is all of that
line); no file that is read holds it."""

_CLOCK = frozenset({"now", "today", "utcnow", "fromtimestamp", "utcfromtimestamp"})
_FILTERS = (
    "abs", "capitalize", "d", "default", "dictsort", "first", "float", "int", "items", "last", "length", "list",
    "lower", "map", "max", "min", "reject", "rejectattr", "reverse", "round", "select", "selectattr", "sort",
    "string", "title", "tojson", "trim", "unique", "upper",
)  # fmt: skip
_COUNTED = "interline_counted"
_JOINED = "interline_joined"
_WIDE = re.compile(r"[0-9]{5}|\{[^{}]*\{|%[^a-zA-Z%]*\*")
"""What makes a format pad its values beyond reason: a long width, or one that is itself a value."""


class Sandbox(SandboxedEnvironment):
    """dbt's Jinja, with the parts of it that a static reading can honour."""

    intercepted_binops = frozenset({"*", "**", "+", "%"})

    def __init__(self) -> None:
        super().__init__(
            undefined=StrictUndefined,
            autoescape=False,
            extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"],
            optimized=False,
            cache_size=0,
        )
        self.filters = {name: self.filters[name] for name in _FILTERS}
        self.filters |= {
            "as_bool": bool,
            "as_native": _as_it_is,
            "as_number": float,
            "as_text": str,
            "join": _join,
            "replace": _replace,
            _COUNTED: self._counted,
            _JOINED: _join,
        }
        self.globals = {"range": _range, "dict": dict, "namespace": Namespace}
        self.marked = False
        """Whether what is compiled writes the line of each piece into its output."""
        self.calls = 0
        self.turns = 0

    def allow(self) -> None:
        """Begin a rendering: every allowance is whole again."""
        self.calls = 0
        self.turns = 0

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Refuse what Jinja's sandbox refuses, and the clock."""
        return attr not in _CLOCK and bool(super().is_safe_attribute(obj, attr, value))

    def unsafe_undefined(self, obj: Any, attribute: str) -> Any:
        """Say why an attribute is closed."""
        if attribute in _CLOCK:
            raise SecurityError(f"reads the clock ({attribute}); a model knows only its data day")
        return super().unsafe_undefined(obj, attribute)

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        """Let text be formatted, but not padded beyond reason."""
        wrapped = super().wrap_str_format(value)
        if wrapped is not None and _WIDE.search(value.__self__):
            raise SecurityError("formats text with a width that is too large or unknown")
        return wrapped

    def call(self, context: Context, function: Any, /, *arguments: Any, **named: Any) -> Any:
        """Call what a template calls, while its allowance lasts."""
        self.calls += 1
        if self.calls > MOST_CALLS:
            raise SecurityError(f"makes more than {MOST_CALLS:,} calls")
        owner = getattr(function, "__self__", None)
        if isinstance(owner, str):
            _modest_method(owner, function.__name__, (*arguments, *named.values()))
        value = _limited(super().call(context, function, *arguments, **named))
        _limited(owner)
        return value

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Calculate, but make nothing huge."""
        if operator == "**":
            if not all(isinstance(number, int) and abs(number) <= 64 for number in (left, right)):
                raise SecurityError("takes a large number to a power")
        elif operator == "*":
            for one, other in ((left, right), (right, left)):
                if isinstance(other, int) and hasattr(one, "__len__") and len(one) * other > LONGEST_TEXT:
                    raise SecurityError(f"repeats something {other:,} times")
        elif operator == "%" and isinstance(left, str) and _WIDE.search(left):
            raise SecurityError("formats text with a width that is too large or unknown")
        return _limited(super().call_binop(context, operator, left, right))

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        for loop in list(tree.find_all(nodes.For)):
            loop.iter = _filtered(loop.iter, _COUNTED)
        for joined in list(tree.find_all(nodes.Concat)):
            joined.nodes = [_filtered(nodes.List(list(joined.nodes), lineno=joined.lineno), _JOINED)]
        if self.marked:
            _mark(tree.body)
        return tree.set_environment(self)  # type: ignore[return-value]

    def _counted(self, values: Any) -> Iterator[Any]:
        for value in values:
            self.turns += 1
            if self.turns > MOST_TURNS:
                raise SecurityError(f"loops more than {MOST_TURNS:,} times")
            yield value


def _limited(value: Any) -> Any:
    if isinstance(value, (str, list, tuple, dict, set)) and len(value) > LONGEST_TEXT:
        raise SecurityError(f"makes a text or list longer than {LONGEST_TEXT:,}")
    if isinstance(value, int) and value.bit_length() > 1024:
        raise SecurityError("makes a number of hundreds of digits")
    return value


def _modest_method(text: str, method: str, arguments: tuple[Any, ...]) -> None:
    for argument in arguments:
        if isinstance(argument, int) and abs(argument) > MOST_REPETITIONS:
            raise SecurityError(f"asks a text for {argument:,} characters")
        if method in ("replace", "join", "translate") and hasattr(argument, "__len__"):
            _modest_product(len(text), len(argument))


def _modest_product(one: int, other: int) -> None:
    if one * other > 10 * LONGEST_TEXT:
        raise SecurityError(f"makes a text longer than {LONGEST_TEXT:,}")


def _as_it_is(value: Any) -> Any:
    return value


def _join(values: Iterable[Any], between: str = "") -> str:
    texts = [str(value) for value in values]
    _modest_product(len(texts), len(str(between)))
    return str(_limited(str(between).join(texts)))


def _replace(text: Any, old: str, new: str) -> str:
    _modest_product(len(str(text)), len(str(new)))
    return str(_limited(str(text).replace(str(old), str(new))))


def _range(*bounds: int) -> range:
    numbers = range(*bounds)
    if len(numbers) > MOST_TURNS:
        raise SecurityError(f"loops more than {MOST_TURNS:,} times")
    return numbers


def _filtered(node: Any, name: str) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


def _mark(body: Iterable[nodes.Node]) -> None:
    """Write the template's line before every piece of output that goes straight into the rendered text."""
    for node in body:
        if isinstance(node, nodes.Output):
            marked: list[nodes.Expr] = []
            for child in node.nodes:
                mark = "" if isinstance(child, nodes.TemplateData) else "="
                marked += [
                    nodes.TemplateData(f"{MARK}{mark}{child.lineno}{MARK}", lineno=child.lineno),
                    child,
                ]
            node.nodes = marked
        elif isinstance(node, nodes.If):
            _mark(node.body)
            _mark(node.elif_)
            _mark(node.else_)
        elif isinstance(node, (nodes.For, nodes.With)):
            _mark(node.body)
