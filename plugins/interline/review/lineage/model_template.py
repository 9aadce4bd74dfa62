"""dbt models rendered without dbt: `source`, `ref`, `config`, `var`, `env_var` and the repository's macros.

The text that comes out is the text that dbt compiles (a test compares them for every product). What only a running dbt
knows (a query's result, the adapter, another package's macro) is refused with file and line instead of guessed at.
"""

from __future__ import annotations

import datetime
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace, TracebackType
from typing import Any

from jinja2 import Template, TemplateSyntaxError, UndefinedError, nodes

from interline.contracts.problems import MeshError, Problem, did_you_mean
from interline.review.lineage.sandbox import LONGEST_TEXT, MARK, Sandbox

DATA_DAY = "2013-01-02"
"""The day that models are rendered for; which one does not matter to their columns."""

_MOST_TEMPLATES = 500
"""Templates that are kept in Python: a mesh and its base have most of theirs in common."""
_MARKED = re.compile(f"{MARK}(=?[0-9]+){MARK}")
_UNDEFINED = re.compile(r"'([A-Za-z_][A-Za-z0-9_]*)' is undefined")
_ONLY_RUNNING = (
    "adapter", "dbt", "dbt_utils", "graph", "invocation_id", "load_result", "model", "run_query",
    "run_started_at", "schemas", "statement", "dbt_version",
)  # fmt: skip


@dataclass(frozen=True)
class Named:
    """One `source(…)` or `ref(…)` of a model, and the line that says it."""

    kind: str
    """``source`` or ``ref``."""
    words: tuple[str, ...]
    line: int


@dataclass(frozen=True)
class Rendered:
    """The SQL of a model."""

    path: Path
    sql: str
    lines: tuple[int, ...]
    """For each line of the SQL, the line of the model that made it."""
    named: tuple[Named, ...]
    reads_is_incremental: bool
    """Whether it does something else in an incremental build."""

    def line(self, line: int) -> int:
        """Return the model's line of a line of the SQL, both from 1."""
        return self.lines[min(max(line, 1), len(self.lines)) - 1] if self.lines else 0


@dataclass
class Setting:
    """What a model is rendered for: how its relations are spelt, and what its environment says."""

    relation_of: Callable[[Named], str]
    """Returns the SQL name of what is named; raises ``Unknown``."""
    this: str
    environment: Mapping[str, str]
    variables: Mapping[str, Any] = field(default_factory=dict)


class Unknown(Exception):
    """A model names what there is not; carries a hint."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class _Return(Exception):
    """`return(value)` in a macro, as dbt has it."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


class Renderer:
    """The macros of one ``dbt/`` folder, ready to render any number of models."""

    def __init__(self, dbt: Path, read_text: Callable[[Path], str]) -> None:
        """Compile the macros.

        Raises:
            MeshError: a macro file can't be read or is no Jinja.
        """
        self._read_text = read_text
        self._sandbox = Sandbox()
        self._setting: Setting | None = None
        self._named: list[Named] = []
        self._incremental = False
        self._reads_is_incremental = False
        self._template: Template | None = None
        self._file = ""
        self._macro_files: dict[str, tuple[Path, Template]] = {}
        self._sandbox.globals |= self._globals()
        self._add_macros(dbt / "macros")

    def render(self, path: Path, setting: Setting, *, incremental: bool = False) -> Rendered:
        """Return the SQL of a model.

        Raises:
            MeshError: it can't be rendered; the problem has the model's line.
        """
        text = self._read_text(path)
        self._setting, self._named, self._reads_is_incremental = setting, [], False
        self._incremental = incremental
        self._sandbox.allow()
        try:
            self._template = self._compile(text, path, marked=True)
            context = self._template.new_context()
            pieces: list[str] = []
            length = 0
            for piece in self._template.root_render_func(context):
                length += len(piece)
                if length > 2 * LONGEST_TEXT:
                    raise Unknown(f"renders to more than {LONGEST_TEXT:,} characters")
                pieces.append(piece)
        except TemplateSyntaxError as error:
            raise MeshError([Problem(path, error.lineno, f"is no Jinja: {error.message}")]) from None
        except MeshError:
            raise
        except Exception as error:
            # An expression of a stranger's template may raise anything at all.
            raise MeshError([self._problem(path, error)]) from None
        sql, lines = _unmarked("".join(pieces))
        return Rendered(path, sql, lines, tuple(self._named), self._reads_is_incremental)

    def _compile(self, text: str, path: Path, *, marked: bool) -> Template:
        code = compile(_python_of(text, marked), str(path), "exec")
        self._file = str(path) if marked else self._file
        return Template.from_code(self._sandbox, code, self._sandbox.make_globals(None))

    def _add_macros(self, folder: Path) -> None:
        found: dict[str, Path] = {}
        problems: list[Problem] = []
        for path in sorted(folder.rglob("*.sql")):
            try:
                text = self._read_text(path)
                for macro, line in _macros_of(text):
                    if macro in found:
                        message = f"the macro {macro} is in {found[macro].name} already"
                        problems.append(Problem(path, line, message, "give one of them another name"))
                    found[macro] = path
                    self._sandbox.globals[macro] = self._macro(macro, path)
                self._macro_files[str(path)] = (path, self._compile(text, path, marked=False))
            except TemplateSyntaxError as error:
                problems.append(Problem(path, error.lineno, f"is no Jinja: {error.message}"))
            except MeshError as error:
                problems += error.problems
        if problems:
            raise MeshError(problems)
        self._macros = tuple(found)

    def _macro(self, name: str, path: Path) -> Callable[..., Any]:
        """Return what calls a macro when it is called: macros may call macros of files that are read later."""
        loaded: list[Any] = []

        def macro(*arguments: Any, **named: Any) -> Any:
            if not loaded:
                loaded.append(getattr(self._macro_files[str(path)][1].module, name))
            try:
                return loaded[0](*arguments, **named)
            except _Return as returned:
                return returned.value

        return macro

    def _globals(self) -> dict[str, Any]:
        dates = SimpleNamespace(
            date=datetime.date, datetime=datetime.datetime, time=datetime.time, timedelta=datetime.timedelta
        )
        available = {
            "source": self._source,
            "ref": self._ref,
            "config": _Config(),
            "var": self._var,
            "env_var": self._env_var,
            "is_incremental": self._is_incremental,
            "modules": SimpleNamespace(datetime=dates),
            "target": _Target(self),
            "this": _This(self),
            "return": _returned,
            "log": _nothing,
            "print": _nothing,
            "execute": True,
            "exceptions": SimpleNamespace(raise_compiler_error=_refused, warn=_nothing),
        }
        return available | {name: _OnlyRunning(name) for name in _ONLY_RUNNING}

    def _source(self, *words: str) -> str:
        if len(words) != 2:
            raise Unknown(
                "source() takes a domain's schema and a name",
                "for example source('bookings', 'reservations')",
            )
        return self._relation("source", words)

    def _ref(self, *words: str, version: Any = None, v: Any = None) -> str:
        if len(words) != 1 or version is not None or v is not None:
            raise Unknown(
                "ref() takes the name of one helper model of the product", "for example ref('orders_events')"
            )
        return self._relation("ref", words)

    def _relation(self, kind: str, words: tuple[str, ...]) -> str:
        if not all(isinstance(word, str) for word in words):
            raise Unknown(f"{kind}() takes text")
        named = Named(kind, words, self._line_of_caller())
        self._named.append(named)
        return self._here.relation_of(named)

    def _line_of_caller(self) -> int:
        """Return the model's line that is being rendered, whatever macros are between."""
        frame: Any = sys._getframe(2)
        while frame is not None:
            if frame.f_code.co_filename == self._file and self._template is not None:
                return self._template.get_corresponding_lineno(frame.f_lineno)
            frame = frame.f_back
        return 0

    def _var(self, name: str, default: Any = None) -> Any:
        variables = self._here.variables
        if name not in variables and default is None:
            raise Unknown(
                f"there is no var {name!r}", did_you_mean(str(name), variables) or "dbt_project.yml sets vars"
            )
        return variables.get(name, default)

    def _env_var(self, name: str, default: str | None = None) -> str:
        known = self._here.environment
        if name not in known and default is None:
            hint = did_you_mean(str(name), known) or f"a build is given {', '.join(known)}"
            raise Unknown(f"there is no environment variable {name!r}", hint)
        return known.get(name, default or "")

    def _is_incremental(self) -> bool:
        self._reads_is_incremental = True
        return self._incremental

    @property
    def _here(self) -> Setting:
        if self._setting is None:
            raise Unknown("a macro file does something when it is read", "put it into a macro")
        return self._setting

    def _problem(self, path: Path, error: Exception) -> Problem:
        line, inside = self._place(error.__traceback__)
        message, hint = _explain(error)
        if isinstance(error, UndefinedError):
            unknown = _UNDEFINED.search(str(error))
            if unknown:
                name = unknown.group(1)
                known = [known for known in self._sandbox.globals if not known.startswith("_")]
                message = f"there is no macro or value {name!r}"
                hint = did_you_mean(name, known) or f"macros are {', '.join(sorted(self._macros))}"
        if inside is not None:
            message += f", in {inside[0].name} line {inside[1]}"
        return Problem(path, line, message, hint)

    def _place(self, trace: TracebackType | None) -> tuple[int, tuple[Path, int] | None]:
        line = 0
        inside: tuple[Path, int] | None = None
        while trace is not None:
            name = trace.tb_frame.f_code.co_filename
            if name == self._file and self._template is not None:
                line, inside = self._template.get_corresponding_lineno(trace.tb_lineno), None
            elif name in self._macro_files:
                file, template = self._macro_files[name]
                inside = (file, template.get_corresponding_lineno(trace.tb_lineno))
            trace = trace.tb_next
        return line, inside


@lru_cache(_MOST_TEMPLATES)
def _python_of(text: str, marked: bool) -> str:
    """Return a template in Python, which is the same in every sandbox; marked, it writes its lines with its pieces."""
    sandbox = Sandbox()
    sandbox.marked = marked
    return sandbox.compile(text, raw=True)


@lru_cache(_MOST_TEMPLATES)
def _macros_of(text: str) -> tuple[tuple[str, int], ...]:
    """Return the macros of a file, each with its line."""
    return tuple((macro.name, macro.lineno) for macro in Sandbox().parse(text).find_all(nodes.Macro))


class _Config:
    """`config(…)`, which says nothing in the SQL."""

    def __call__(self, *arguments: Any, **named: Any) -> str:
        return ""

    def get(self, name: str, default: Any = None) -> Any:
        return default

    def require(self, name: str) -> Any:
        raise Unknown(f"config.require({name!r}) is known only to a running dbt")


class _Target:
    """`target`, as dbt/profiles.yml describes it."""

    name = "cluster"
    type = "redshift"

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer

    @property
    def schema(self) -> str:
        return self._renderer._here.environment["INTERLINE_REDSHIFT_SCHEMA"]

    @property
    def database(self) -> str:
        return self._renderer._here.environment["INTERLINE_REDSHIFT_DATABASE"]

    @property
    def dbname(self) -> str:
        return self.database


class _This:
    """`this`: the table that the model makes."""

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer

    def __str__(self) -> str:
        return self._renderer._here.this


class _OnlyRunning:
    """Stands for what only a running dbt has; whatever is done with it is refused."""

    def __init__(self, name: str) -> None:
        self._name = name

    def _refuse(self) -> Any:
        raise Unknown(f"uses {self._name}, which only a running dbt knows", "write plain Redshift SQL")

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__") or attribute in ("unsafe_callable", "alters_data", "contextfunction"):
            raise AttributeError(attribute)
        return self._refuse()

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self._refuse()

    def __str__(self) -> str:
        return str(self._refuse())


def _returned(value: Any = None) -> Any:
    raise _Return(value)


def _nothing(*arguments: Any, **named: Any) -> str:
    return ""


def _refused(message: Any = "") -> Any:
    raise Unknown(f"refuses to compile: {message}")


def _explain(error: Exception) -> tuple[str, str]:
    if isinstance(error, Unknown):
        return str(error), error.hint
    if isinstance(error, RecursionError):
        return "calls itself without an end", ""
    words = " ".join(str(error).split()) or type(error).__name__
    return f"can't be rendered: {words[:200]}", ""


def _unmarked(text: str) -> tuple[str, tuple[int, ...]]:
    """Return marked output without its marks, and for each of its lines the template's line."""
    pieces = _MARKED.split(text)
    lines: list[int] = []
    plain: list[str] = [pieces[0]]
    for position in range(1, len(pieces), 2):
        mark, piece = pieces[position], pieces[position + 1]
        line = int(mark.lstrip("="))
        step = 0 if mark.startswith("=") else 1
        if not lines and piece:
            lines.append(line)
        for _ in range(piece.count("\n")):
            line += step
            lines.append(line)
        plain.append(piece)
    return "".join(plain), tuple(lines)
