"""The matrix that is: every role asks every engine, and what comes back is identified row by row.

A star shows what a role sees of a port; every column that it does not show is asked for by itself, and that query must
be denied: as forbidden, or as a column that is not there. Any other failure is no denial and ends the measurement.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import pyarrow.parquet
from botocore.exceptions import ClientError

from interline.contracts import Domain, Mesh, Product
from interline.sql.quoting import identifier
from local.engines.errors import AccessDenied, QueryError
from local.engines.redshift import errors
from local.engines.redshift.cluster import cluster_for
from local.engines.redshift.errors import SqlError
from local.engines.redshift.session import Session as RedshiftSession
from local.gateway import identity
from local.services.athena import statements
from local.services.athena.binding import Session
from testkit.access_matrix.cells import ENGINES, Cell, Matrix
from testkit.access_matrix.expected import consumers
from testkit.access_matrix.probes import Filled

Answer = tuple[list[str], list[tuple[Any, ...]]]
"""Columns and rows."""
Clients = Callable[[str, identity.Credential], Any]
_REDSHIFT_DENIALS = (errors.INSUFFICIENT_PRIVILEGE, errors.UNDEFINED_COLUMN)
_VENDING_DENIALS = ("AccessDeniedException", "PermissionTypeMismatchException")


class Denied(Exception):
    """The engine does not let the role see this."""


class Unrecognised(Exception):
    """An engine answered a value that no probe row has."""


def cluster_session(domain: Domain) -> RedshiftSession:
    """Open a session in a domain's Redshift cluster, as its tasks do.

    Raises:
        LookupError: the domain has no cluster.
    """
    cluster = cluster_for(domain.account, domain.cluster)
    if cluster is None:
        raise LookupError(f"{domain.name} has no cluster {domain.cluster}")
    return cluster.session("interline")


class Engines:
    """The three ways to a port's rows, as the role of a domain."""

    def __init__(self, mesh: Mesh, client: Clients) -> None:
        self._mesh = mesh
        self._client = client
        # making a client takes longer than asking it
        self._lake = cache(self._make_lake)
        self._sessions = {name: cluster_session(mesh.domains[name]) for name in consumers(mesh)}

    def ask(self, engine: str, role: str, product: Product, columns: str) -> Answer:
        """The columns and rows of a port that an engine answers. Raises Denied."""
        if engine == "Athena":
            return self._athena(role, product, columns)
        if engine == "Redshift":
            return self._redshift(role, product, columns)
        return self._vended(role, product)

    def _athena(self, role: str, product: Product, columns: str) -> Answer:
        domain = self._mesh.domains[role]
        caller = identity.role_caller(domain.role_arn, "access-matrix")
        session = Session(caller, domain.account, domain.curated_database)
        statement = statements.read(
            f'SELECT {columns} FROM "{product.domain.curated_database}"."{product.name}"'
        )
        try:
            found = statements.run(statement, session, lambda _: None, "")
        except AccessDenied as denied:
            raise Denied(denied.message) from denied
        except QueryError as error:
            if error.code == "COLUMN_NOT_FOUND":
                raise Denied(error.message) from error
            raise
        return [column.name for column in found.columns], [tuple(row) for row in found.rows]

    def _redshift(self, role: str, product: Product, columns: str) -> Answer:
        place = f"{identifier(product.domain.curated_database)}.{identifier(product.name)}"
        try:
            found = self._sessions[role].execute(f"select {columns} from {place}")
        except SqlError as error:
            if error.sqlstate in _REDSHIFT_DENIALS:
                raise Denied(str(error)) from error
            raise
        return [column.name for column in found.columns or ()], [tuple(row) for row in found.rows or ()]

    def _vended(self, role: str, product: Product) -> Answer:
        """All of the port's files, read with credentials that Lake Formation vends for the table."""
        domain = self._mesh.domains[role]
        arn = (
            f"arn:aws:glue:{product.domain.region}:{product.domain.account}:table/"
            f"{product.domain.curated_database}/{product.name}"
        )
        try:
            vended = self._lake(domain.role_arn).get_temporary_glue_table_credentials(
                TableArn=arn, SupportedPermissionTypes=["COLUMN_PERMISSION"]
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in _VENDING_DENIALS:
                raise Denied(str(error)) from error
            raise
        credential = identity.find(vended["AccessKeyId"])
        if credential is None:
            raise Unrecognised(f"the credentials vended for {product.address} are not known")
        return _read_files(self._client("s3", credential), vended["VendedS3Path"][0])

    def _make_lake(self, role_arn: str) -> Any:
        """A client of Lake Formation that acts as a role."""
        return self._client("lakeformation", identity.issue_for_role(role_arn, "access-matrix"))


def _read_files(s3: Any, location: str) -> Answer:
    bucket, _, prefix = location.removeprefix("s3://").partition("/")
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]
    columns: list[str] = []
    rows: list[tuple[Any, ...]] = []
    for found in listed:
        if not found["Key"].endswith(".parquet"):
            continue
        body = s3.get_object(Bucket=bucket, Key=found["Key"])["Body"].read()
        table = pyarrow.parquet.read_table(io.BytesIO(body))
        columns = table.column_names
        rows += list(zip(*(table.column(name).to_pylist() for name in columns), strict=True))
    return columns, rows


def observed_matrix(mesh: Mesh, ports: Mapping[str, Filled], engines: Engines) -> Matrix:
    """What every role sees of every port with every engine. Raises Unrecognised."""
    cells: set[Cell] = set()
    seen: set[Cell] = set()
    for engine in ENGINES:
        for address, product in mesh.products.items():
            columns, rows = ports[address].columns, len(ports[address].rows)
            whole = _numbered(engines.ask(engine, product.domain.name, product, "*"), columns, rows)
            for role in consumers(mesh):
                cells |= {
                    Cell(role, address, column, row, engine) for column in columns for row in range(rows)
                }
                for column, row in _seen(engines, engine, role, product, columns, whole):
                    seen.add(Cell(role, address, column, row, engine))
    return Matrix(frozenset(cells), frozenset(seen))


def _numbered(answer: Answer, columns: Sequence[str], rows: int) -> list[dict[str, Any]]:
    """The probe rows as an engine spells their values, by number: the first column of a row ends in it."""
    names, found = answer
    if set(names) != set(columns) or len(found) != rows:
        raise Unrecognised(f"the owner sees {len(found)} rows of {names}, not {rows} of {list(columns)}")
    shown = [dict(zip(names, values, strict=True)) for values in found]
    return sorted(shown, key=lambda row: str(row[columns[0]]))


def _seen(
    engines: Engines,
    engine: str,
    role: str,
    product: Product,
    columns: Sequence[str],
    whole: list[dict[str, Any]],
) -> list[tuple[str, int]]:
    """The cells (column, row number) of a port that a role sees with one engine."""
    found: list[tuple[str, int]] = []
    try:
        names, rows = engines.ask(engine, role, product, "*")
        found += _recognised(names, rows, whole)
    except Denied:
        names = []
    if engine == "vended credentials":
        return found
    for column in columns:
        if column in names:
            continue
        try:
            alone, rows = engines.ask(engine, role, product, identifier(column))
        except Denied:
            continue
        found += _recognised(alone, rows, whole)
    return found


def _recognised(
    names: Sequence[str], rows: Sequence[tuple[Any, ...]], whole: list[dict[str, Any]]
) -> list[tuple[str, int]]:
    """Which probe rows these are, each taken once."""
    left = {number: tuple(row[name] for name in names) for number, row in enumerate(whole)}
    found = []
    for values in rows:
        number = next((number for number, its in left.items() if its == values), None)
        if number is None:
            raise Unrecognised(f"{values} of {list(names)} is no probe row")
        del left[number]
        found += [(name, number) for name in names]
    return found
