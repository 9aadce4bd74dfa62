"""The peer of the run benchmark: the same work on the same local AWS without Airflow, as a script would do it.

The same landing, crawls, dbt builds, SQL statements, grants, training and transform for every product and data day,
by boto3 and dbt, two product days at a time. What a model needs besides its contract is read from its DAG file.
"""

from __future__ import annotations

import ast
import io
import json
import os
import subprocess
import tarfile
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import date
from pathlib import Path
from typing import Any

import boto3

from interline.build.dbt_parse_cache import ParsedProject
from interline.build.dbt_project import write_project
from interline.build.model_jobs import SCRIPT, ModelJobs
from interline.contracts import Domain, Mesh, Product
from interline.ingest.crawler import crawler_definition
from interline.publication.commit import publish_statements
from interline.publication.declare import declare_port
from interline.quarantine.batch_check import passing_statement, plan_check
from interline.quarantine.table import quarantine_columns
from interline.sql.quoting import identifier, literal, relation
from interline.sql.tables import Tables
from local.mesh.aws import Aws
from local.mesh.dbt import dbt_executable
from local.mesh.landing import Lander

AT_ONCE = 2
"""Product days in work at the same time."""
_POLL_SECONDS = 0.2
_USER = "interline"


class BareWorkError(Exception):
    """A step of the bare work failed; the message has what AWS or dbt said."""


class DomainOnAws:
    """One domain's account, acting as its role."""

    def __init__(self, domain: Domain, aws: Aws) -> None:
        self.domain = domain
        self._aws = aws
        given = self._session(aws.environment).client("sts", endpoint_url=aws.endpoint)
        role = given.assume_role(RoleArn=domain.role_arn, RoleSessionName="bare")["Credentials"]
        self.credentials = {
            "AWS_ACCESS_KEY_ID": role["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": role["SecretAccessKey"],
            "AWS_SESSION_TOKEN": role["SessionToken"],
        }
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    def client(self, service: str) -> Any:
        """A client, made once."""
        with self._lock:
            if service not in self._clients:
                session = self._session(self.credentials)
                self._clients[service] = session.client(service, endpoint_url=self._aws.endpoint)
            return self._clients[service]

    def sql(self, statements: str | Sequence[str]) -> list[Any]:
        """Run statements in one transaction; returns the records of the last."""
        data = self.client("redshift-data")
        where = {"ClusterIdentifier": self.domain.cluster, "Database": self.domain.cluster, "DbUser": _USER}
        if isinstance(statements, str):
            begun = data.execute_statement(Sql=statements, **where)
        else:
            begun = data.batch_execute_statement(Sqls=list(statements), **where)
        while True:
            description = data.describe_statement(Id=begun["Id"])
            if description["Status"] == "FINISHED":
                break
            if description["Status"] in ("FAILED", "ABORTED"):
                raise BareWorkError(f"{self.domain.name}: {description.get('Error')}")
            time.sleep(_POLL_SECONDS)
        last = description["SubStatements"][-1] if description.get("SubStatements") else description
        return data.get_statement_result(Id=last["Id"])["Records"] if last["HasResultSet"] else []

    def _session(self, keys: Mapping[str, str]) -> boto3.Session:
        return boto3.Session(
            aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=keys["AWS_SESSION_TOKEN"],
            region_name=self.domain.region,
        )


class BareMesh:
    """Does every product for every data day, in the order in which they need each other."""

    def __init__(self, root: Path, mesh: Mesh, aws: Aws) -> None:
        self._root, self._mesh, self._aws = root, mesh, aws
        self._accounts = {domain.name: DomainOnAws(domain, aws) for domain in mesh.domains.values()}
        self._has_quarantine: set[str] = set()

    def rows(self, address: str) -> int:
        """How many rows a port holds."""
        product = self._mesh.products[address]
        tables = Tables(product.domain.name, product.name)
        records = self._accounts[product.domain.name].sql(f"select count(*) from {tables.port}")
        return int(records[0][0]["longValue"])

    def do(self, products: Sequence[Product], days: Sequence[date], lander: Lander) -> None:
        """Do it all.

        Raises:
            BareWorkError: a step failed; nothing more is begun then.
        """
        waiting = [(product, day) for day in days for product in products]
        done: set[tuple[str, date]] = set()
        running: dict[Future[None], tuple[Product, date]] = {}
        with ThreadPoolExecutor(AT_ONCE) as pool:
            while waiting or running:
                for product, day in list(waiting):
                    if len(running) < AT_ONCE and self._may_begin(product, day, days, done, lander):
                        waiting.remove((product, day))
                        running[pool.submit(self._do, product, day)] = (product, day)
                finished, _ = wait(running, timeout=_POLL_SECONDS, return_when=FIRST_COMPLETED)
                for future in finished:
                    product, day = running.pop(future)
                    future.result()
                    done.add((product.address, day))
                if not running:
                    time.sleep(_POLL_SECONDS / 10)

    @staticmethod
    def _may_begin(
        product: Product, day: date, days: Sequence[date], done: set[tuple[str, date]], lander: Lander
    ) -> bool:
        before = [other for other in days if other < day]
        needed = [(product.address, other) for other in before[-1:]]
        needed += [(address, day) for address in product.inputs]
        return lander.landed[day].done() and all(one in done for one in needed)

    def _do(self, product: Product, day: date) -> None:
        account = self._accounts[product.domain.name]
        if product.sources:
            self._look(product, day, account)
            self._crawl(product, account)
        else:
            self._link(product, account)
        if (product.folder / SCRIPT).is_file():
            model = model_of(self._root / "dags" / product.domain.name / f"{product.name}.py")
            self._build(product, day, account, [model["features"]])
            self._train_and_score(product, day, account, model)
            self._build(product, day, account, [product.name])
        else:
            self._build(product, day, account, None)
        self._check(product, day, account)
        self._publish(product, day, account)

    @staticmethod
    def _look(product: Product, day: date, account: DomainOnAws) -> None:
        for source in product.sources:
            found = account.client("s3").list_objects_v2(
                Bucket=product.domain.landing_bucket, Prefix=f"{source.name}/dt={day}/"
            )
            if not found.get("Contents"):
                raise BareWorkError(f"{source.name} has not landed for {day}")

    @staticmethod
    def _crawl(product: Product, account: DomainOnAws) -> None:
        glue = account.client("glue")
        definition = crawler_definition(product, [source.name for source in product.sources])
        try:
            glue.update_crawler(**definition)
        except glue.exceptions.EntityNotFoundException:
            glue.create_crawler(**definition)
        glue.start_crawler(Name=definition["Name"])
        while (crawler := glue.get_crawler(Name=definition["Name"])["Crawler"])["State"] != "READY":
            time.sleep(_POLL_SECONDS)
        if crawler["LastCrawl"]["Status"] != "SUCCEEDED":
            raise BareWorkError(f"the crawl of {product.address}: {crawler['LastCrawl']}")

    def _link(self, product: Product, account: DomainOnAws) -> None:
        glue = account.client("glue")
        for name in {address.partition(".")[0] for address in product.inputs} - {product.domain.name}:
            producer = self._mesh.domains[name]
            target = {
                "CatalogId": producer.account,
                "DatabaseName": producer.curated_database,
                "Region": producer.region,
            }
            try:
                glue.create_database(
                    DatabaseInput={"Name": producer.curated_database, "TargetDatabase": target}
                )
            except glue.exceptions.AlreadyExistsException:
                continue

    def _build(self, product: Product, day: date, account: DomainOnAws, models: list[str] | None) -> None:
        domain = product.domain
        endpoint = self._aws.description["redshift"][domain.name]
        with tempfile.TemporaryDirectory(prefix="bare-dbt-") as name:
            folder = Path(name)
            known = write_project(product, self._root, folder)
            # neither side parses macros anew that it parsed before
            parsed = ParsedProject(product.address, folder / "target")
            parsed.restore()
            environment = {
                name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON"))
            }
            environment.update(self._aws.environment)
            environment.update(
                account.credentials,
                INTERLINE_DATA_DAY=day.isoformat(),
                INTERLINE_REDSHIFT_CLUSTER=domain.cluster,
                INTERLINE_REDSHIFT_HOST=endpoint["host"],
                INTERLINE_REDSHIFT_PORT=str(endpoint["port"]),
                INTERLINE_REDSHIFT_DATABASE=domain.cluster,
                INTERLINE_REDSHIFT_SCHEMA=domain.schema,
            )
            finished = subprocess.run(
                [
                    str(dbt_executable()), "--no-use-colors", "--no-version-check", "--log-level-file=none", "build",
                    f"--project-dir={folder}", f"--profiles-dir={folder}", f"--target-path={folder / 'target'}",
                    "--partial-parse", "--select", *(models or known),
                ],
                cwd=folder, env=environment, capture_output=True, text=True, check=False,
            )  # fmt: skip
            if finished.returncode:
                raise BareWorkError(f"dbt, {product.address}, {day}:\n{finished.stdout[-3000:]}")
            parsed.store()

    @staticmethod
    def _train_and_score(product: Product, day: date, account: DomainOnAws, model: dict[str, Any]) -> None:
        domain, jobs = product.domain, ModelJobs(product, day.isoformat())
        query = (
            f"select * from {relation(domain.schema, model['features'])}"
            f" order by {identifier(model['order_by'])}"
        )
        role = literal(domain.role_arn)
        account.sql(
            f"unload ({literal(query)}) to {literal(jobs.features + 'part_')} iam_role {role}"
            " format as csv allowoverwrite parallel off"
        )
        sagemaker = account.client("sagemaker")
        training = jobs.training(tuple(model["at_least"]), {})
        for upload in training.pop("S3Operations")["S3Upload"]:
            archive = io.BytesIO()
            with tarfile.open(fileobj=archive, mode="w:gz") as tar:
                tar.add(upload["Path"], arcname=Path(upload["Path"]).name)
            account.client("s3").put_object(
                Bucket=upload["Bucket"], Key=upload["Key"], Body=archive.getvalue()
            )
        sagemaker.create_training_job(**training)
        trained = _until_done(
            lambda: sagemaker.describe_training_job(TrainingJobName=training["TrainingJobName"]),
            "TrainingJobStatus",
        )
        measured = {metric["MetricName"]: metric["Value"] for metric in trained["FinalMetricDataList"]}
        if any(measured[name] < least for name, least in model["at_least"].items()):
            raise BareWorkError(f"the model of {product.address} is not good enough: {measured}")
        transform = jobs.transform(trained["ModelArtifacts"]["S3ModelArtifacts"])
        sagemaker.create_model(**transform["Model"])
        sagemaker.create_transform_job(**transform["Transform"])
        name = transform["Transform"]["TransformJobName"]
        _until_done(
            lambda: sagemaker.describe_transform_job(TransformJobName=name),
            "TransformJobStatus",
        )
        scores = relation(domain.schema, f"{product.name}_scores")
        columns = ", ".join(f"{identifier(column)} {kind}" for column, kind in model["columns"].items())
        account.sql(
            [
                f"drop table if exists {scores}",
                f"create table {scores} ({columns})",
                f"copy {scores} from {literal(jobs.scores)} iam_role {role} format as csv",
            ]
        )

    def _check(self, product: Product, day: date, account: DomainOnAws) -> None:
        tables = Tables(product.domain.name, product.name)
        columns = dict(quarantine_columns(product.contract))
        existing = {tables.quarantine: columns} if product.address in self._has_quarantine else {}
        account.sql(plan_check(product.contract, tables, day.isoformat(), existing).statements)
        account.sql(passing_statement(tables, day.isoformat()))
        self._has_quarantine.add(product.address)

    def _publish(self, product: Product, day: date, account: DomainOnAws) -> None:
        contract, domain = product.contract, product.domain
        tables = Tables(domain.name, product.name)
        account.sql(declare_port(contract, tables, product.location))
        place = {"CatalogId": domain.account, "DatabaseName": domain.curated_database, "Name": product.name}
        entries = [
            {
                "Id": str(number),
                "Principal": {"DataLakePrincipalIdentifier": self._mesh.domains[role.domain].role_arn},
                "Resource": {"Table": place}
                if role.columns is None
                else {"TableWithColumns": {**place, "ColumnNames": list(contract.readable_by(role))}},
                "Permissions": ["SELECT"],
            }
            for number, role in enumerate(contract.roles)
        ]
        if entries:
            answer = account.client("lakeformation").batch_grant_permissions(
                CatalogId=domain.account, Entries=entries
            )
            if answer.get("Failures"):
                raise BareWorkError(f"{product.address} was not granted: {json.dumps(answer['Failures'])}")
        account.sql(publish_statements(contract, tables, day.isoformat()))


def model_of(dag_file: Path) -> dict[str, Any]:
    """What a DAG file says to `train` and `score`: features, order_by, at_least, and the columns of the scores."""
    tree = ast.parse(dag_file.read_text(encoding="utf-8"))
    constants = {
        node.targets[0].id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }

    def said(call: ast.Call) -> dict[str, Any]:
        return {
            str(keyword.arg): ast.literal_eval(constants.get(getattr(keyword.value, "id", ""), keyword.value))
            for keyword in call.keywords
        }

    calls = {getattr(node.func, "id", ""): node for node in ast.walk(tree) if isinstance(node, ast.Call)}
    train, score = calls["train"], calls["score"]
    return {"features": ast.literal_eval(train.args[0]), **said(train), "columns": said(score)}


def _until_done(look: Any, status: str) -> dict[str, Any]:
    while (found := look())[status] == "InProgress":
        time.sleep(_POLL_SECONDS)
    if found[status] != "Completed":
        raise BareWorkError(f"{status} is {found[status]}: {found.get('FailureReason')}")
    return dict(found)
