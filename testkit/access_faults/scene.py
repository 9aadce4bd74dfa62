"""A producer and a consumer on a local AWS of their own, and two states of their contracts that differ in everything.

From ``before()`` to ``after()`` every kind of request that changes something is needed; ``meddle`` adds what somebody did
by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from interline.access import DesiredState, ObservedState, desired_state
from interline.access.lakeformation.observe import observe_account
from interline.access.reconcile import merge_states
from interline.access.targets import AccountTarget
from interline.aws.retry import RetryingSession, reject_truncated_responses
from interline.contracts import PLATFORM, Domain, Mesh, Role, load_domain
from testkit.products import product_with, table_input

TODAY = date(2027, 1, 31)
DOMAINS = ("bookings", "shopping", "loyalty")
OLD = {"code": "public", "seats": "internal", "amount": "confidential", "email": "personal", "gone": "public"}
NEW = {"code": "public", "seats": "confidential", "amount": "confidential", "email": "personal"}
STRANGER = "arn:aws:iam::999999999999:role/stranger"


def before(domains: dict[str, Domain]) -> DesiredState:
    """What the contracts say first."""
    return _desired(
        domains,
        {
            "bookings.fares": (
                OLD,
                [Role("shopping", "", columns=("code", "gone"), clearance="confidential")],
            ),
            "bookings.seats": (OLD, [Role("shopping", "", columns=("code", "seats"), rows="code = 'A'")]),
            "bookings.plans": (OLD, [Role("shopping", "", rows="code = 'A'")]),
            "shopping.deals": (OLD, [Role("bookings", "")]),
        },
    )


def after(domains: dict[str, Domain]) -> DesiredState:
    """What they say then: other kinds of grants, other columns, rows and tags, one product more, links the other way."""
    return _desired(
        domains,
        {
            "bookings.fares": (NEW, [Role("shopping", "", clearance="confidential")]),
            "bookings.seats": (NEW, [Role("shopping", "", columns=("code",), rows="code = 'B'")]),
            "bookings.plans": (
                NEW,
                [Role("shopping", "", columns=("code", "amount"), clearance="confidential")],
            ),
            "bookings.crews": (NEW, [Role("shopping", "", rows="seats = 'x'", clearance="confidential")]),
            "shopping.deals": (NEW, [Role("bookings", "")]),
        },
    )


def _desired(domains: dict[str, Domain], said: dict[str, tuple[dict[str, str], list[Role]]]) -> DesiredState:
    products = {
        address: product_with(domains[domain], name, *each)
        for address, each in said.items()
        for domain, _, name in (address.partition("."),)
    }
    return desired_state(Mesh(Path(), domains, products), TODAY)


class Killed(BaseException):
    """The process ends here: nothing catches it, and no call is made after it."""


@dataclass
class Trap:
    """Ends a run at one of its calls, before or after AWS does what the call asks for."""

    at: int = 0
    after_it: bool = False
    counted: int = 0
    dead: bool = False
    operations: list[str] = field(default_factory=list)

    def around(self, operation: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """Return the call with the trap around it."""

        def trapped(**arguments: Any) -> Any:
            if self.dead:
                raise Killed
            self.counted += 1
            self.operations.append(operation)
            here = self.counted == self.at
            if here and not self.after_it:
                self.dead = True
                raise Killed
            answer = call(**arguments)
            if here:
                self.dead = True
                raise Killed
            return answer

        return trapped


class _Trapped:
    def __init__(self, client: Any, trap: Trap) -> None:
        self._client, self._trap = client, trap

    def __getattr__(self, operation: str) -> Any:
        return self._trap.around(operation, getattr(self._client, operation))


@dataclass(eq=False)
class Scene:
    """The accounts on one local AWS, with the tables that the two states are about."""

    endpoint: str
    environment: Mapping[str, str]
    """What a process needs to act as Airflow on it."""
    root: Path
    domains: dict[str, Domain] = field(init=False)
    _clients: dict[tuple[str, str, str], Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.domains = {name: load_domain(self.root, name) for name in DOMAINS}
        for name, products in {
            "bookings": ("fares", "seats", "plans", "crews"),
            "shopping": ("deals",),
        }.items():
            glue = self._made("glue", self._assumed(self.domains[name].role_arn, self._airflow))
            for product in products:
                glue.create_table(DatabaseName=f"{name}_curated", TableInput=table_input(name, product, OLD))

    @property
    def _airflow(self) -> dict[str, str]:
        names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
        return {name.lower(): self.environment[name] for name in names if name in self.environment}

    def _assumed(self, role: str, via: dict[str, str]) -> dict[str, str]:
        given = self._made("sts", via).assume_role(RoleArn=role, RoleSessionName="faults")["Credentials"]
        return {
            "aws_access_key_id": given["AccessKeyId"],
            "aws_secret_access_key": given["SecretAccessKey"],
            "aws_session_token": given["SessionToken"],
        }

    @cached_property
    def _platform(self) -> dict[str, str]:
        return self._assumed(load_domain(self.root, PLATFORM).role_arn, self._airflow)

    @cache  # noqa: B019 - a scene lasts as long as the process
    def _administrator(self, name: str) -> dict[str, str]:
        return self._assumed(self.domains[name].administrator_arn, self._platform)

    def _made(self, service: str, keys: dict[str, str], proxy: str = "") -> Any:
        config = Config(
            retries={"total_max_attempts": 1},
            read_timeout=2,
            connect_timeout=2,
            proxies={"http": proxy} if proxy else None,
        )
        return reject_truncated_responses(
            boto3.client(service, region_name="us-east-1", endpoint_url=self.endpoint, config=config, **keys)
        )

    def administrator(self, name: str, service: str, proxy: str = "") -> Any:
        """A client of one attempt as an account's data lake administrator, made once: making one takes long."""
        key = (name, service, proxy)
        if key not in self._clients:
            self._clients[key] = self._made(service, self._administrator(name), proxy)
        return self._clients[key]

    def accounts(
        self,
        *names: str,
        trap: Trap | None = None,
        proxy: str = "",
        wrap: Callable[[Any], Any] = lambda client: client,
    ) -> list[AccountTarget]:
        """The accounts (of some domains, or all), reached as their administrators.

        With a trap around every call, through a proxy, or by clients that something is wrapped around.
        """

        def reached(name: str) -> AccountTarget:
            def client(service: str) -> Any:
                found = wrap(self.administrator(name, service, proxy))
                return found if trap is None else _Trapped(found, trap)

            return AccountTarget(self.domains[name], RetryingSession(lambda: client, sleep=lambda _: None))

        return [reached(name) for name in names or DOMAINS]

    def observed(self, *names: str) -> ObservedState:
        """What AWS says in the accounts of some domains, or of all."""
        return merge_states(
            observe_account(account.session, account.domain) for account in self.accounts(*names)
        )

    def meddle(self) -> None:
        """Do what people do by hand: a grant to a stranger, one on everything, a column less, a filter, a wrong tag, links."""
        lake = self.administrator("bookings", "lakeformation")
        account = self.domains["bookings"].account
        fares = {"CatalogId": account, "DatabaseName": "bookings_curated", "Name": "fares"}
        shopping = {"DataLakePrincipalIdentifier": self.domains["shopping"].role_arn}
        lake.grant_permissions(
            Principal={"DataLakePrincipalIdentifier": STRANGER},
            Resource={"Table": {"DatabaseName": "bookings_curated", "TableWildcard": {}}},
            Permissions=["SELECT", "DESCRIBE"],
            PermissionsWithGrantOption=["SELECT"],
        )
        lake.grant_permissions(Principal=shopping, Resource={"Table": fares}, Permissions=["SELECT"])
        lake.create_data_cells_filter(
            TableData={
                "TableCatalogId": account,
                "DatabaseName": "bookings_curated",
                "TableName": "fares",
                "Name": "by_hand",
                "RowFilter": {"AllRowsWildcard": {}},
                "ColumnNames": ["email"],
            }
        )
        lake.add_lf_tags_to_resource(
            Resource={"TableWithColumns": {**fares, "ColumnNames": ["email"]}},
            LFTags=[{"CatalogId": account, "TagKey": "classification", "TagValues": ["public"]}],
        )
        values = lake.get_lf_tag(TagKey="port")["TagValues"]
        if "crews" in values:
            lake.update_lf_tag(TagKey="port", TagValuesToDelete=["crews"])
        self.administrator("bookings", "glue").delete_database(Name="shopping_curated")
        self.link("bookings", "loyalty")

    def link(self, consumer: str, producer: str) -> None:
        """Make a resource link as the consumer's own role, which is then the one that may drop it."""
        glue = self._made("glue", self._assumed(self.domains[consumer].role_arn, self._airflow))
        name = self.domains[producer].curated_database
        target = {"CatalogId": self.domains[producer].account, "DatabaseName": name}
        glue.create_database(DatabaseInput={"Name": name, "TargetDatabase": target})
