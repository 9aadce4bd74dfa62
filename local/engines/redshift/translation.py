"""A query of a session translated to DuckDB SQL: checked against privileges, remembered, and run."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from local.engines.redshift import catalog as objects
from local.engines.redshift import privileges
from local.engines.redshift.dialect import functions  # noqa: F401  (registers the functions)
from local.engines.redshift.dialect.queries import compile_query
from local.engines.redshift.dialect.reading import Statement, parse
from local.engines.redshift.dialect.scope import Compilation, Resolved
from local.engines.redshift.dialect.typed import Output, column_type
from local.engines.redshift.environment import SessionEnvironment
from local.engines.redshift.external_scans import materialize_scans
from local.engines.redshift.session import Session
from local.engines.redshift.types import Type


@dataclass
class Translation:
    """A query as DuckDB SQL, with what it touches."""

    sql: str
    columns: tuple[Output, ...]
    compilation: Compilation

    @property
    def reusable(self) -> bool:
        """Whether the same text means the same later on, as long as the catalog is the same."""
        return not (self.compilation.volatile or self.compilation.scans)


class TimeMarking(SessionEnvironment):
    """An environment that notices when a translation holds a value of its moment or user."""

    def __init__(self, session: Session, compilation: Compilation):
        super().__init__(session)
        self._compilation = compilation

    def session_value(self, name: str) -> Any:
        """The value; the translation that holds it is not kept for another moment or user."""
        self._compilation.volatile = True
        return super().session_value(name)


_CACHE: OrderedDict[tuple[Any, ...], Translation] = OrderedDict()
_CACHE_LOCK = threading.Lock()
_CACHE_SIZE = 2000
_MENTIONED = re.compile(r"\$(\d+)")


def new_compilation(session: Session, parameter_types: Sequence[Type]) -> Compilation:
    """A fresh translation for a session."""
    compilation = Compilation(None, compile_query, dict(enumerate(parameter_types, start=1)))
    compilation.session_environment = TimeMarking(session, compilation)
    return compilation


def translate_query(session: Session, tree: exp.Expr, parameter_types: Sequence[Type] = ()) -> Translation:
    """Translate a query for a session and check that its user may read what it reads.

    Raises:
        SqlError: what Redshift would raise when it analyses the query.
    """
    compilation = new_compilation(session, parameter_types)
    compiled = compile_query(tree, compilation)
    compilation.check_node()
    for resolved in compilation.relations.values():
        check_readable(session, resolved)
    columns = tuple(Output(each.name, column_type(each.type)) for each in compiled.outputs)
    return Translation(compiled.sql, columns, compilation)


def check_readable(session: Session, resolved: Resolved) -> None:
    """Raise 42501 unless the session's user may SELECT from it."""
    if isinstance(resolved.subject, objects.Relation) and resolved.reached_directly:
        privileges.require_relation(session, resolved.subject, "select")
    elif resolved.kind == "external":
        privileges.require_schema(session, resolved.display.split(".")[0], "usage")


def cached_translation(
    session: Session, statement: Statement, parameter_types: tuple[Type, ...]
) -> Translation:
    """The translation of a statement, kept for as long as the catalog and the session's names stay the same."""
    # What only this session sees (its temporary tables, its transaction's changes) is only for this session.
    private = bool(session.temporary or session.transaction.changes)
    seen = (session.pid, session.change_count) if private else None
    key = (
        session.cluster.serial,
        session.cluster.catalog.version,
        seen,
        session.user,
        session.settings["search_path"],
        statement.text,
        parameter_types,
    )
    with _CACHE_LOCK:
        found = _CACHE.get(key)
        if found is not None:
            _CACHE.move_to_end(key)
            return found
    translation = translate_query(session, parse(statement.text), parameter_types)
    if translation.reusable:
        # A kept translation must not keep the session that it was made for.
        translation.compilation.session_environment = None
        with _CACHE_LOCK:
            _CACHE[key] = translation
            while len(_CACHE) > _CACHE_SIZE:
                _CACHE.popitem(last=False)
    return translation


def run_translation(
    session: Session, translation: Translation, parameters: Sequence[Any]
) -> list[tuple[Any, ...]]:
    """The rows of a translated query."""
    compilation = translation.compilation
    if compilation.system or compilation.leader_function:
        return session.system_catalog.query(
            session, translation.sql, used_parameters(translation.sql, parameters)
        )
    connection = session.engine
    sql = materialize_scans(session, translation.sql, compilation)
    return connection.execute(sql, used_parameters(sql, parameters)).fetchall()


def used_parameters(sql: str, parameters: Sequence[Any]) -> dict[str, Any]:
    """Values for the parameters that the SQL still mentions."""
    if not parameters:
        return {}
    mentioned = set(_MENTIONED.findall(sql))
    return {
        str(number): value for number, value in enumerate(parameters, start=1) if str(number) in mentioned
    }
