"""What kind of statement it is, and who runs it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp
from sqlglot.tokenizer_core import TokenType

from local.engines.errors import QueryError
from local.services.athena import ddl, ddl_listings, ddl_partitions, row_changes, writing
from local.services.athena.binding import Session
from local.services.athena.errors import NotTrino, SyntaxProblem
from local.services.athena.grammar import parse_query, parse_row_change, tokens_of
from local.services.athena.reader import StatementReader, options
from local.services.athena.results import QueryResult
from local.services.athena.running import Running, Watch
from local.services.athena.writing import CreateTableAs

_REFUSED = (
    "EXPLAIN",
    "VACUUM",
    "OPTIMIZE",
    "PREPARE",
    "EXECUTE",
    "DEALLOCATE",
    "GRANT",
    "REVOKE",
)


@dataclass
class Statement:
    """A statement that was understood: `kind` is DDL, DML or UTILITY as GetQueryExecution tells, `substatement` more
    exactly what. A query in it is parsed already."""

    kind: str
    substatement: str
    text: str
    query: exp.Query | None = None
    create: CreateTableAs | None = None
    target: exp.Table | None = None
    names: tuple[str, ...] = ()
    location: str = ""
    unload_options: dict[str, exp.Expr] | None = None
    row_change: exp.Delete | exp.Update | exp.Merge | None = None


def read(sql: str) -> Statement:
    """Understand a statement. Raises SyntaxProblem, NotTrino."""
    text = sql.strip().rstrip(";").strip()
    if not text:
        raise SyntaxProblem("mismatched input '<EOF>'")
    word = text.split(None, 1)[0].upper().strip("(")
    if word in ("SELECT", "WITH", "VALUES", "") or text.startswith("("):
        return Statement("DML", "SELECT", text, query=parse_query(text))
    if word in ("SHOW", "DESCRIBE", "DESC"):
        return Statement("UTILITY", "SHOW_COLUMNS" if word != "SHOW" else "SHOW", text)
    if word == "CREATE":
        created = _create_table_as(text)
        if created is not None:
            return created
        return Statement(
            "DDL", "CREATE_TABLE" if "TABLE" in text.upper().split()[:4] else "CREATE_DATABASE", text
        )
    if word == "INSERT":
        return _insert(text)
    if word == "UNLOAD":
        return _unload(text)
    if word in ("DELETE", "UPDATE", "MERGE"):
        return Statement("DML", word, text, row_change=parse_row_change(text))
    if word in ("DROP", "ALTER", "MSCK"):
        return Statement("DDL", f"{word}_TABLE", text)
    if word in _REFUSED:
        raise NotTrino(f"{word} statements")
    raise SyntaxProblem(
        f"line 1:1: mismatched input '{text.split(None, 1)[0]}'. Expecting: 'ALTER', 'CREATE', 'DELETE', "
        "'DESCRIBE', 'DROP', 'INSERT', 'MERGE', 'MSCK', 'SELECT', 'SHOW', 'UNLOAD', 'UPDATE', 'VALUES', 'WITH'"
    )


def _create_table_as(text: str) -> Statement | None:
    reader = StatementReader(text)
    if not reader.accept("CREATE TABLE"):
        return None
    lenient = reader.accept("IF NOT EXISTS")
    table = reader.table()
    given: dict[str, exp.Expr] = {}
    if reader.accept("WITH"):
        given = options(reader.parenthesized())
    if not reader.accept("AS"):
        return None
    rest, with_data = _data_clause(reader.rest())
    create = CreateTableAs(table, parse_query(rest), given, lenient, with_data)
    return Statement("DDL", "CREATE_TABLE_AS_SELECT", text, query=create.query, create=create)


def _data_clause(text: str) -> tuple[str, bool]:
    words = text.split()
    if [word.upper() for word in words[-3:]] == ["WITH", "NO", "DATA"]:
        return text[: text.upper().rindex("WITH")], False
    if [word.upper() for word in words[-2:]] == ["WITH", "DATA"]:
        return text[: text.upper().rindex("WITH")], True
    return text, True


def _insert(text: str) -> Statement:
    reader = StatementReader(text)
    reader.expect("INSERT INTO")
    table = reader.table()
    names: tuple[str, ...] = ()
    if reader.looks_like("(") and not reader.looks_like("(", "SELECT") and not reader.looks_like("(", "WITH"):
        names = reader.names()
    query = parse_query(reader.rest())
    return Statement("DML", "INSERT", text, query=query, target=table, names=names)


def _unload(text: str) -> Statement:
    reader = StatementReader(text)
    reader.expect("UNLOAD")
    query = parse_query(reader.parenthesized())
    reader.expect("TO")
    location = reader.string()
    given = options(reader.parenthesized()) if reader.accept("WITH") else {}
    reader.expect_end()
    return Statement("DML", "UNLOAD", text, query=query, location=location, unload_options=given)


def fill(sql: str, parameters: list[str] | None) -> str:
    """The statement with its execution parameters, which are SQL literals, in place of the question marks.

    Raises QueryError when their number differs or one is no literal.
    """
    marks = [token for token in tokens_of(sql) if token.token_type == TokenType.PLACEHOLDER]
    given = parameters or []
    if len(marks) != len(given):
        raise QueryError(
            "INVALID_PARAMETER_USAGE",
            f"Incorrect number of parameters: expected {len(marks)} but found {len(given)}",
        )
    for mark, text in reversed(list(zip(marks, given, strict=True))):
        value = parse_query(f"SELECT {text}")
        plain = isinstance(value, exp.Select) and len(value.expressions) == 1 and not value.args.get("from_")
        if not plain or value.expressions[0].find(exp.Column, exp.Query, exp.Anonymous, exp.Alias):
            raise QueryError("INVALID_PARAMETER_USAGE", f"not a literal: {text}")
        sql = f"{sql[: mark.start]}{text}{sql[mark.end + 1 :]}"
    return sql


def run(statement: Statement, session: Session, watch: Watch, default_location: str) -> QueryResult:
    """Run a statement. Raises QueryError, AccessDenied, InvalidInput, duckdb.InterruptException."""
    if statement.row_change is not None:
        with Running(watch) as running:
            return row_changes.run(running, session, statement.row_change)
    if statement.query is not None:
        with Running(watch) as running:
            if statement.create is not None:
                return writing.create_table_as(running, session, statement.create, default_location)
            if statement.target is not None:
                return writing.insert(running, session, statement.target, statement.names, statement.query)
            if statement.unload_options is not None:
                return writing.unload(
                    running, session, statement.query, statement.location, statement.unload_options
                )
            return running.rows(session, statement.query)
    reader = StatementReader(statement.text)
    if reader.accept("SHOW"):
        return ddl_listings.show(reader, session)
    if reader.accept("DESCRIBE") or reader.accept("DESC"):
        return ddl_listings.describe(reader, session)
    if reader.accept("CREATE EXTERNAL TABLE"):
        return ddl.create_table(reader, session, external=True)
    if reader.accept("CREATE TABLE"):
        return ddl.create_table(reader, session, external=False)
    if reader.accept("CREATE DATABASE") or reader.accept("CREATE SCHEMA"):
        return ddl.create_database(reader, session)
    if reader.accept("DROP DATABASE") or reader.accept("DROP SCHEMA"):
        return ddl.drop_database(reader, session)
    if reader.accept("DROP TABLE"):
        return ddl.drop_table(reader, session)
    if reader.accept("ALTER TABLE"):
        return ddl_partitions.alter_table(reader, session)
    if reader.accept("MSCK REPAIR TABLE"):
        return ddl_partitions.repair_table(reader, session)
    raise NotTrino(f"the statement {statement.text[:60]}")
