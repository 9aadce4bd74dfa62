"""What a translation asks of a session: tables by name, views' queries, and values such as the current user."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from local.engines.redshift import catalog as objects
from local.engines.redshift import errors, external_schemas, privileges, types
from local.engines.redshift.catalog import Relation
from local.engines.redshift.dialect.reading import parse, statements
from local.engines.redshift.dialect.scope import Resolved, UserFunction
from local.engines.redshift.dialect.typed import Output, Typed, quote_text
from local.engines.redshift.errors import SqlError
from local.engines.redshift.session import Session

VERSION = (
    "PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2 20041017 (Red Hat 3.4.2-6.fc3), "
    "Redshift 1.0.0 (local)"
)
Bindings = dict[tuple[str, ...], int]


def body_of(text: str) -> exp.Expr:
    """The one expression of a function's body.

    Raises:
        SqlError: 42P13 for a body that is not one SELECT of one expression, with nothing else.
    """
    # Parameters are names to the parser, so the text goes through the reader of statements first.
    (statement,) = statements(text.strip().rstrip(";")) or (None,)
    tree = parse(statement.text) if statement is not None else None
    others = [key for key, value in tree.args.items() if value and key != "expressions"] if tree else []
    if not isinstance(tree, exp.Select) or len(tree.expressions) != 1 or others:
        raise SqlError(
            "42P13",
            "the body of a SQL function is a SELECT of one expression, with no FROM, INTO, WHERE, GROUP BY, "
            "ORDER BY or LIMIT",
        )
    expression: exp.Expr = tree.expressions[0]
    inner: exp.Expr = expression.this if isinstance(expression, exp.Alias) else expression
    return inner


class SessionEnvironment:
    """The names and values of one session."""

    def __init__(self, session: Session):
        self._session = session

    def resolve(self, parts: tuple[str, ...], bindings: Bindings | None = None) -> Resolved:
        """The table, view or external table of a name.

        Args:
            bindings: inside of a bound view, what its names meant when it was created.

        Raises:
            SqlError: 42P01 or 3F000 when there is none.
        """
        session = self._session
        if bindings is not None and parts in bindings:
            relation = session.catalog.relation(bindings[parts])
            if relation is None:
                raise SqlError(errors.UNDEFINED_TABLE, f"could not open relation with OID {bindings[parts]}")
            return self._of(relation)
        if len(parts) == 3:
            if parts[0] != session.cluster.database:
                raise errors.unsupported("cross-database reference in the local Redshift")
            parts = parts[1:]
        if len(parts) == 1:
            return self._unqualified(parts[0])
        schema_name, name = parts
        if schema_name in ("pg_catalog", "information_schema"):
            return self._system(schema_name, name)
        schema = session.catalog.schema(schema_name)
        if schema is None:
            if schema_name.startswith("pg_temp") and name in session.temporary:
                return self._of(session.temporary[name])
            raise SqlError(errors.UNDEFINED_SCHEMA, f'schema "{schema_name}" does not exist')
        if schema.external is not None:
            return external_schemas.resolve(schema, name)
        relation = session.catalog.find(schema_name, name)
        if relation is None:
            raise _no_relation(f"{schema_name}.{name}")
        return self._of(relation)

    def _unqualified(self, name: str) -> Resolved:
        session = self._session
        if name in session.temporary:
            return self._of(session.temporary[name])
        system = session.system_catalog.table("pg_catalog", name)
        if system is not None:
            return system
        for schema_name in search_path(session):
            relation = session.catalog.find(schema_name, name)
            if relation is not None:
                return self._of(relation)
        raise _no_relation(name)

    def _system(self, schema: str, name: str) -> Resolved:
        found = self._session.system_catalog.table(schema, name)
        if found is None:
            raise _no_relation(f"{schema}.{name}" if schema == "information_schema" else name)
        return found

    def _of(self, relation: Relation) -> Resolved:
        columns = tuple(Output(each.name, each.type) for each in relation.columns)
        if relation.stores_rows:
            return Resolved("table", relation.display, columns, relation.storage, relation)
        if relation.kind == objects.LATE_BINDING_VIEW:
            columns = ()
        return Resolved("view", relation.display, columns, subject=relation)

    def view_query(self, view: Any) -> tuple[exp.Expr, Bindings | None]:
        """A view's query; the bindings of a late-binding view are None."""
        bindings = dict(view.bindings) if view.kind == objects.VIEW else None
        return parse(view.definition), bindings

    def table_function(self, name: str, arguments: list[str]) -> Resolved:
        """A function in FROM.

        Raises:
            SqlError: 42883.
        """
        return self._session.system_catalog.function(name, arguments)

    def identifier_of(self, parts: tuple[str, ...]) -> int:
        """The object identifier of a relation of the cluster.

        Raises:
            SqlError: 42P01 or 3F000 when there is none, 0A000 for a system or external table.
        """
        found = self.resolve(parts).subject
        if not isinstance(found, Relation):
            raise errors.unsupported("regclass of a system or external table in the local Redshift")
        return found.oid

    def user_functions(self, parts: tuple[str, ...]) -> list[UserFunction]:
        """The functions that users made under a name: of its schema, or the first of the search path that has one.

        Raises:
            SqlError: 3F000 for a schema that does not exist.
        """
        session = self._session
        if len(parts) == 3:
            if parts[0] != session.cluster.database:
                raise errors.unsupported("cross-database reference in the local Redshift")
            parts = parts[1:]
        if len(parts) == 2 and session.catalog.schema(parts[0]) is None:
            raise SqlError(errors.UNDEFINED_SCHEMA, f'schema "{parts[0]}" does not exist')
        for schema in parts[:1] if len(parts) == 2 else search_path(session):
            found = session.catalog.functions(schema, parts[-1])
            if found:
                return [UserFunction(each.arguments, each.returns, body_of(each.body)) for each in found]
        return []

    def session_value(self, name: str) -> Typed:
        """A value that is constant during a statement."""
        session = self._session
        name, _, argument = name.partition(":")
        if name in ("getdate", "sysdate"):
            moment = session.statement_time
            if name == "sysdate":
                moment = session.transaction.started or moment
            else:
                moment = moment.replace(microsecond=0)
            return Typed(f"TIMESTAMP '{moment.isoformat(sep=' ')}'", types.TIMESTAMP, name=name)
        if name in ("current_user", "user", "session_user"):
            return Typed(quote_text(session.user), types.varchar(128), session.user, name="current_user")
        if name == "current_database":
            return Typed(
                quote_text(session.cluster.database), types.varchar(128), session.cluster.database, name=name
            )
        if name == "current_schema":
            path = search_path(session)
            return Typed(quote_text(path[0]) if path else "NULL", types.varchar(128), name=name)
        if name == "constraint_definitions":
            known = [*session.catalog.relations(), *session.temporary.values()]
            entries = [
                f"{oid}: " + quote_text(f"{kind} ({', '.join(columns)})")
                for each in known
                for oid, kind, columns in each.constraints
            ]
            return Typed("MAP {" + ", ".join(["-1: ''", *entries]) + "}", types.TEXT)
        if name in ("visible_schemas", "search_path"):
            own = search_path(session)
            temporary = sorted({each.schema for each in session.temporary.values()})
            every = own if name == "search_path" else ["pg_catalog", *own, *temporary]
            return Typed(f"[{', '.join(map(quote_text, every))}]::VARCHAR[]", types.NAMES)
        if name == "version":
            return Typed(quote_text(VERSION), types.TEXT, name=name)
        if name == "pg_backend_pid":
            return Typed(str(session.pid), types.INTEGER, name=name)
        if name == "pg_last_query_id":
            return Typed(str(session.last_query_id), types.INTEGER, name=name)
        if name == "current_user_id":
            return Typed(str(session.me.oid), types.INTEGER, name=name)
        if name == "setting":
            value = session.settings.get(argument.lower())
            if value is None:
                raise SqlError(errors.UNDEFINED_OBJECT, f'unrecognized configuration parameter "{argument}"')
            return Typed(quote_text(value), types.TEXT, name="current_setting")
        if name in ("pg_terminate_backend", "pg_cancel_backend"):
            return self._end_backend(name, int(argument))
        if name == "privileges":
            kind, _, subject = argument.partition(":")
            holders = privilege_holders(session, kind, subject)
            listed = ", ".join(quote_text(each) for each in sorted(holders))
            return Typed(f"[{listed}]::VARCHAR[]", types.TEXT)
        raise errors.unsupported(f"function {name}")

    def _end_backend(self, name: str, pid: int) -> Typed:
        target = self._session.cluster.find_session(pid)
        if target is not None:
            if target.user != self._session.user and not self._session.me.superuser:
                raise SqlError(
                    errors.INSUFFICIENT_PRIVILEGE, "must be superuser to terminate other users' processes"
                )
            target.cancel()
        return Typed("TRUE" if name == "pg_terminate_backend" else "1", types.BOOL, name=name)


_SYSTEM_VIEWS = ("stl_", "stv_", "svl_", "svv_", "svcs_", "sys_")


def _no_relation(name: str) -> SqlError:
    if name.startswith(_SYSTEM_VIEWS):
        return errors.unsupported(f"system view {name} in the local Redshift")
    return SqlError(errors.UNDEFINED_TABLE, f'relation "{name}" does not exist')


def search_path(session: Session) -> list[str]:
    """The schemas that unqualified names are looked up in, those that exist."""
    found = []
    for item in session.settings["search_path"].split(","):
        name = item.strip().strip('"').strip("'").lower()
        name = session.user if name == "$user" else name
        if name and session.catalog.schema(name) is not None:
            found.append(name)
    return found


def privilege_holders(session: Session, kind: str, subject: str) -> set[str]:
    """For has_table_privilege() and its like: every ``user/privilege`` that holds.

    Raises:
        SqlError: 42P01 or 3F000 when there is no such object.
    """
    catalog = session.catalog
    names = tuple(part.strip().strip('"').lower() for part in subject.split("."))
    identifier: int | str
    known: tuple[str, ...]
    if kind == "table":
        if len(names) == 1 and session.system_catalog.table("pg_catalog", names[0]) is not None:
            return {f"{user.name}/select" for user in catalog.values("user")}
        resolved = SessionEnvironment(session).resolve(names)
        if not isinstance(resolved.subject, Relation):
            return {f"{user.name}/select" for user in catalog.values("user")}
        relation = resolved.subject
        target, identifier, owner, known = (
            "relation",
            relation.oid,
            relation.owner,
            privileges.TABLE_PRIVILEGES,
        )
    elif kind == "schema":
        schema = catalog.schema(names[-1])
        if schema is None:
            raise SqlError(errors.UNDEFINED_SCHEMA, f'schema "{names[-1]}" does not exist')
        target, identifier, owner, known = "schema", schema.name, schema.owner, privileges.SCHEMA_PRIVILEGES
    else:
        target, identifier, owner, known = (
            "database",
            names[-1],
            session.cluster.master_user,
            privileges.DATABASE_PRIVILEGES,
        )
    return {
        f"{user.name}/{privilege}"
        for user in catalog.values("user")
        for privilege in known
        if privileges.has(catalog, user.name, target, identifier, owner, privilege)
    }
