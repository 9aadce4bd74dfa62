"""The state of access that the contracts ask for: what Lake Formation and the Glue catalogs should hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

from interline.access.state import (
    CLASSIFICATION,
    FILTER_PREFIX,
    PORT,
    SELECT,
    CellFilter,
    DesiredState,
    Expression,
    Grants,
    Link,
    Names,
    Permissions,
    Scope,
    Table,
    empty,
)
from interline.contracts import (
    Contract,
    Domain,
    Mesh,
    Product,
    Role,
    load_domain,
    load_product,
    product_folders,
    read_mesh,
)
from interline.contracts.model.contract import CLASSIFICATIONS, covers

_SELECT = Permissions(frozenset({SELECT}))


def load_desired_state(root: Path, today: date) -> DesiredState:
    """Read all contracts under ``root``, such that a broken file takes nobody's access away.

    Ports of products that cannot be read are left alone; the account of a domain whose ``domain.yaml`` cannot be read is
    not even looked at.

    Args:
        root: the folder that holds ``domains/``.
        today: the day for which roles are in force or expired.
    """
    mesh, problems = read_mesh(root)
    unreadable: dict[str, str] = {}
    for folder in product_folders(root):
        address = f"{folder.parent.name}.{folder.name}"
        if address not in mesh.products:
            about = [problem for problem in problems if problem.path.is_relative_to(folder)]
            unreadable[address] = str(about[0]) if about else "it cannot be read"
    return desired_state(mesh, today, unreadable)


def load_desired_state_of_port(root: Path, address: str, today: date) -> DesiredState:
    """Read one product's contract, and of the other domains only those that it names.

    Raises:
        interline.contracts.MeshError: it cannot be read, or it names a domain that is not there.
    """
    product = load_product(root, address)
    names = {product.domain.name, *(role.domain for role in product.contract.roles)}
    domains = {name: load_domain(root, name) for name in sorted(names)}
    return desired_state(Mesh(root, domains, {address: product}), today)


def desired_state(mesh: Mesh, today: date, unreadable: Mapping[str, str] | None = None) -> DesiredState:
    """Return who may read what on a day, as the contracts say it; reads no file and no AWS.

    Args:
        mesh: all domains and products.
        today: the day for which roles are in force or expired.
        unreadable: addresses of products that are not in the mesh because their files are wrong, and what is wrong; what
            is granted on their ports is nobody's to change until somebody mends them.
    """
    builder = _Builder(mesh, today)
    for address, reason in (unreadable or {}).items():
        domain = mesh.domains.get(address.partition(".")[0])
        if domain is not None:
            builder.left_alone[_table(domain, address.partition(".")[2])] = reason
    for address in sorted(mesh.products):
        builder.add(mesh.products[address])
    return builder.state()


def tag_expression(port: str, clearance: str) -> Expression:
    """Return the LF-Tag expression of what a clearance lets somebody see of a port."""
    levels = tuple(sorted(level for level in CLASSIFICATIONS if covers(clearance, level)))
    return ((CLASSIFICATION, levels), (PORT, (port,)))


def _table(domain: Domain, product: str) -> Table:
    return Table(domain.account, domain.curated_database, product)


class _Builder:
    def __init__(self, mesh: Mesh, today: date) -> None:
        self._mesh = mesh
        self._today = today
        self._grants: dict[tuple[Table, str], Grants] = {}
        self._filters: dict[Table, dict[str, CellFilter]] = {}
        self._tags: dict[Table, dict[str, str]] = {}
        self._ports: dict[Table, str] = {}
        self._expired_roles: dict[tuple[Table, str], str] = {}
        self.left_alone: dict[Table, str] = {}

    def add(self, product: Product) -> None:
        contract, table = product.contract, _table(product.domain, product.name)
        self._ports[table] = product.address
        self._tags[table] = {"": product.name} | {
            column.name: column.classification for column in contract.columns
        }
        for role in contract.roles:
            consumer = self._mesh.domains.get(role.domain)
            if consumer is None:
                self.left_alone[table] = (
                    f"its contract has a role {role.domain!r}, and there is no such domain"
                )
            elif role.in_force(self._today):
                self._add_role(table, consumer.role_arn, contract, role)
            else:
                self._expired_roles[table, consumer.role_arn] = f"expired, its last day was {role.expires}"

    def _add_role(self, table: Table, principal: str, contract: Contract, role: Role) -> None:
        columns = contract.readable_by(role)
        if not columns:
            return
        if role.rows is not None:
            name = FILTER_PREFIX + role.domain
            self._filters.setdefault(table, {})[name] = CellFilter(frozenset(columns), role.rows)
            grants = {Scope("filter", name=name): _SELECT}
        elif role.columns is not None:
            grants = {Scope("columns"): Permissions(frozenset(columns))}
        else:
            grants = {Scope("tags", expression=tag_expression(table.name, role.clearance)): _SELECT}
        self._grants[table, principal] = grants

    def state(self) -> DesiredState:
        domains = self._mesh.domains
        links = dict(self._links())
        return DesiredState(
            domains=tuple(domain for _, domain in sorted(domains.items()) if not domain.is_platform),
            grants=self._grants,
            filters=self._filters,
            tags=self._tags,
            tag_values=dict(self._tag_values()),
            links=links,
            link_readers={
                place: frozenset({domain.role_arn})
                for place in links
                for domain in domains.values()
                if domain.account == place[0]
            },
            names=Names(
                accounts={domain.account: name for name, domain in domains.items()},
                roles={domain.role_arn: name for name, domain in domains.items()},
                ports=self._ports,
            ),
            expired_roles=self._expired_roles,
            left_alone=self.left_alone or empty(),
        )

    def _tag_values(self) -> Iterator[tuple[str, Mapping[str, frozenset[str]]]]:
        ports: dict[str, set[str]] = {}
        for table in self._ports:
            ports.setdefault(table.account, set()).add(table.name)
        for account, names in ports.items():
            yield account, {CLASSIFICATION: frozenset(CLASSIFICATIONS), PORT: frozenset(names)}

    def _links(self) -> Iterator[tuple[tuple[str, str], Link]]:
        """A consumer has a link to each domain that it may read from, or that its products name in their input ports."""
        domains = self._mesh.domains
        roles = {domain.role_arn: domain for domain in domains.values()}
        pairs = {(roles[principal].name, table.account) for table, principal in self._grants}
        for product in self._mesh.products.values():
            producers = {domains.get(address.partition(".")[0]) for address in product.inputs}
            pairs |= {(product.domain.name, producer.account) for producer in producers if producer}
        accounts = {domain.account: domain for domain in domains.values()}
        for consumer, account in sorted(pairs):
            if domains[consumer].account != account:
                producer = accounts[account]
                link = Link(account, producer.curated_database, producer.region)
                yield (domains[consumer].account, producer.curated_database), link
