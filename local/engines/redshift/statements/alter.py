"""ALTER TABLE and COMMENT ON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from local.engines.redshift import catalog as objects
from local.engines.redshift import errors, privileges
from local.engines.redshift.catalog import Column, Relation
from local.engines.redshift.dialect.reading import Statement, TokenReader
from local.engines.redshift.dialect.typed import quote_name
from local.engines.redshift.errors import SqlError, unsupported
from local.engines.redshift.session import Plan, Result, Session, StatementPlanner
from local.engines.redshift.statements import definitions, relations
from local.engines.redshift.statements.definitions import Definition
from local.engines.redshift.statements.local_table import drop_relation
from local.engines.redshift.statements.storage import default_value, rewrite
from local.engines.redshift.statements.target import Alteration
from local.engines.redshift.statements.targets import target
from local.engines.redshift.types import Type

Change = Callable[[Session, Relation], None]


def _alter(session: Session, statement: Statement, parameter_types: tuple[Type, ...]) -> Plan:
    reader = TokenReader(statement)
    reader.expect("ALTER")
    word = reader.take().text.upper()
    name = reader.qualified_name()
    change = _change(reader)
    reader.expect_end()

    alteration = Alteration(statement, change)

    def run(parameters: Sequence[Any]) -> Result:
        target(session, name).alter(alteration)
        return Result(f"ALTER {word}")

    return Plan(run)


def _change(reader: TokenReader) -> Change:
    if reader.accept("RENAME", "TO"):
        return _rename(reader.qualified_name())
    if reader.accept("RENAME", "COLUMN") or reader.accept("RENAME"):
        old = reader.identifier()
        reader.expect("TO")
        return _rename_column(old, reader.identifier())
    if reader.accept("OWNER", "TO"):
        return _owner(reader.identifier())
    if reader.accept("APPEND"):
        raise unsupported("ALTER TABLE APPEND")
    if reader.accept("ADD"):
        return _add(reader)
    if reader.accept("DROP", "CONSTRAINT"):
        raise unsupported("DROP CONSTRAINT in the local Redshift")
    if reader.accept("DROP"):
        reader.accept("COLUMN")
        column = reader.identifier()
        cascade = reader.accept("CASCADE")
        cascade or reader.accept("RESTRICT")
        return _drop_column(column, cascade)
    if reader.accept("ALTER"):
        return _alter_something(reader)
    raise reader.error()


def _alter_something(reader: TokenReader) -> Change:
    definition = Definition(dist_style="", sort_keys=())
    before = reader.peek()
    definitions.read_attributes(reader, definition)
    if reader.peek() is not before:
        return _physical(definition)
    reader.accept("COLUMN")
    column = reader.identifier()
    if reader.accept("TYPE"):
        return _change_type(column, definitions.read_type(reader))
    if reader.accept("ENCODE"):
        encoding = definitions.read_encoding(reader)
        return lambda session, relation: _replace_column(session, relation, column, encoding=encoding)
    raise unsupported("this form of ALTER COLUMN")


def _rename(name: tuple[str, ...]) -> Change:
    def change(session: Session, relation: Relation) -> None:
        if len(name) > 1:
            raise errors.syntax_error(".")
        if relation.temporary:
            relations.put(session, replace(relation, name=name[0]))
            return
        privileges.require_schema(session, relation.schema, "create")
        session.lock(("name", relation.schema, relation.name))
        session.lock(("name", relation.schema, name[0]))
        if session.catalog.find(relation.schema, name[0]) is not None:
            raise SqlError(errors.DUPLICATE_TABLE, f'relation "{name[0]}" already exists')
        relations.put(session, replace(relation, name=name[0]))

    return change


def _table_only(relation: Relation) -> None:
    if relation.kind != objects.TABLE:
        raise SqlError(errors.WRONG_OBJECT_TYPE, f'"{relation.name}" is not a table')


def _require_column(relation: Relation, name: str) -> Column:
    column = relation.column(name)
    if column is None:
        raise SqlError(
            errors.UNDEFINED_COLUMN, f'column "{name}" of relation "{relation.name}" does not exist'
        )
    return column


def _replace_column(session: Session, relation: Relation, column: str, /, **changes: Any) -> None:
    _require_column(relation, column)
    columns = tuple(replace(each, **changes) if each.name == column else each for each in relation.columns)
    relations.put(session, replace(relation, columns=columns))


def _rename_column(old: str, new: str) -> Change:
    def change(session: Session, relation: Relation) -> None:
        _table_only(relation)
        _require_column(relation, old)
        if relation.column(new) is not None:
            raise SqlError(
                errors.DUPLICATE_COLUMN, f'column "{new}" of relation "{relation.name}" already exists'
            )
        if session.catalog.dependents(relation.oid):
            raise unsupported("RENAME COLUMN of a table that views are bound to in the local Redshift")
        session.engine.execute(
            f"ALTER TABLE {relation.storage} RENAME COLUMN {quote_name(old)} TO {quote_name(new)}"
        )
        _replace_column(session, relation, old, name=new)

    return change


def _owner(name: str) -> Change:
    def change(session: Session, relation: Relation) -> None:
        if session.catalog.user(name) is None:
            raise SqlError(errors.UNDEFINED_OBJECT, f'user "{name}" does not exist')
        relations.put(session, replace(relation, owner=name))

    return change


def _add(reader: TokenReader) -> Change:
    definition = Definition()
    if definitions.read_table_constraint(reader, definition):
        keys = tuple(definition.keys)

        def add_keys(session: Session, relation: Relation) -> None:
            _table_only(relation)
            for _, names in keys:
                for name in names:
                    _require_column(relation, name)
            relations.put(session, replace(relation, keys=relation.keys + keys))

        return add_keys
    reader.accept("COLUMN")
    name = reader.identifier()
    column = definitions.read_column(reader, name, definition)
    if definition.keys or definition.dist_key or definition.sort_keys or column.identity:
        raise unsupported("ADD COLUMN with a key or IDENTITY")

    def add_column(session: Session, relation: Relation) -> None:
        _table_only(relation)
        if relation.column(name) is not None:
            raise SqlError(
                errors.DUPLICATE_COLUMN, f'column "{name}" of relation "{relation.name}" already exists'
            )
        if not column.nullable and column.default is None:
            raise SqlError(
                errors.INVALID_TABLE_DEFINITION,
                "ALTER TABLE ADD COLUMN defined as NOT NULL must have a non-null default expression",
            )
        default = default_value(session, column)
        widened = replace(relation, columns=(*relation.columns, column))
        if relation.oid in session.transaction.written:
            rewrite(session, widened, {name: default.sql})
        else:
            sql = f"ALTER TABLE {relation.storage} ADD COLUMN {quote_name(name)} {column.type.duckdb}"
            session.engine.execute(sql)
            if column.default is not None:
                session.transaction.written.add(relation.oid)
                session.engine.execute(f"UPDATE {relation.storage} SET {quote_name(name)} = {default.sql}")
        relations.put(session, widened)

    return add_column


def _drop_column(name: str, cascade: bool) -> Change:
    def change(session: Session, relation: Relation) -> None:
        _table_only(relation)
        _require_column(relation, name)
        if name == relation.dist_key or name in relation.sort_keys:
            raise SqlError(
                errors.INVALID_TABLE_DEFINITION,
                f"cannot drop {'distkey' if name == relation.dist_key else 'sortkey'} column {name}",
            )
        if len(relation.columns) == 1:
            raise SqlError(errors.INVALID_TABLE_DEFINITION, "cannot drop the only column of a table")
        # Views are bound to whole tables here, so any of them counts as depending on the column.
        for view in session.catalog.dependents(relation.oid):
            if not cascade:
                raise SqlError(
                    errors.DEPENDENT_OBJECTS,
                    f"cannot drop column {name} of table {relation.name} because other objects depend on it",
                    hint="Use DROP ... CASCADE to drop the dependent objects too.",
                )
            drop_relation(session, view, cascade=True, what="view")
        narrowed = replace(relation, columns=tuple(each for each in relation.columns if each.name != name))
        if relation.oid in session.transaction.written:
            rewrite(session, narrowed, {})
        else:
            session.engine.execute(f"ALTER TABLE {relation.storage} DROP COLUMN {quote_name(name)}")
        relations.put(session, narrowed)

    return change


def _change_type(name: str, kind: Type) -> Change:
    """Only the size of VARCHAR and VARBYTE columns can change, and not in a transaction block."""

    def change(session: Session, relation: Relation) -> None:
        _table_only(relation)
        column = _require_column(relation, name)
        if session.explicit_transaction:
            raise SqlError(
                errors.ACTIVE_TRANSACTION, "ALTER TABLE ALTER COLUMN cannot run inside a transaction block"
            )
        if column.type.name not in ("varchar", "varbyte") or kind.name != column.type.name:
            raise SqlError(
                errors.FEATURE_NOT_SUPPORTED,
                f'target data type "{kind.family}" is not supported: only the size of varchar columns can change',
            )
        ((longest,),) = session.engine.execute(
            f"SELECT max(strlen({quote_name(name)})) FROM {relation.storage}"
        ).fetchall()
        longest = longest or 0
        if longest > (kind.length or 0):
            raise SqlError(
                errors.STRING_TOO_LONG,
                f"cannot decrease the size of column {name}: a value has {longest} bytes",
            )
        _replace_column(session, relation, name, type=kind)

    return change


def _physical(definition: Definition) -> Change:
    def change(session: Session, relation: Relation) -> None:
        _table_only(relation)
        for name in (*definition.sort_keys, *([definition.dist_key] if definition.dist_key else [])):
            _require_column(relation, name)
        relations.put(
            session,
            replace(
                relation,
                dist_style=definition.dist_style or relation.dist_style,
                dist_key=definition.dist_key if definition.dist_style else relation.dist_key,
                sort_keys=definition.sort_keys or relation.sort_keys,
            ),
        )

    return change


def _comment(session: Session, statement: Statement, parameter_types: tuple[Type, ...]) -> Plan:
    reader = TokenReader(statement)
    reader.expect("COMMENT", "ON")
    word = reader.take().text.upper()
    if word not in ("TABLE", "VIEW", "COLUMN", "SCHEMA"):
        raise unsupported(f"COMMENT ON {word}")
    name = reader.qualified_name(longest=4 if word == "COLUMN" else 3)
    reader.expect("IS")
    text = None if reader.accept("NULL") else reader.string()
    reader.expect_end()

    def run(parameters: Sequence[Any]) -> Result:
        if word == "SCHEMA":
            schema = session.catalog.schema(name[-1])
            if schema is None:
                raise SqlError(errors.UNDEFINED_SCHEMA, f'schema "{name[-1]}" does not exist')
            session.catalog.put(("schema", name[-1]), replace(schema, comment=text))
            return Result("COMMENT")
        relation = relations.resolve(session, name[:-1] if word == "COLUMN" else name).subject
        if not isinstance(relation, Relation):
            raise unsupported("COMMENT ON an external table in the local Redshift")
        if not relation.temporary:
            privileges.require_owner(session, relation.owner, f"relation {relation.name}")
        if word == "COLUMN":
            _replace_column(session, relation, name[-1], comment=text)
        else:
            relations.put(session, replace(relation, comment=text))
        return Result("COMMENT")

    return Plan(run)


PLANNERS: dict[str, StatementPlanner] = {
    "ALTER TABLE": _alter,
    "ALTER VIEW": _alter,
    "COMMENT ON": _comment,
}
