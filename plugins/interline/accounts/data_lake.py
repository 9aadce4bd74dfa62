"""The domain's part of the data lake: locations registered with Lake Formation, databases, and who may use them.

Lake Formation decides on every read of a registered location. The domain's role owns its two databases; what others
read of them is for the contracts to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from interline.accounts.outcome import Conflict, Outcome
from interline.accounts.permissions import ensure_granted
from interline.aws.retry import Clients
from interline.contracts import Domain


def prepare_data_lake(domain: Domain, clients: Clients) -> Iterator[Outcome]:
    """Register locations, make databases, and give the domain's role its permissions."""
    lake, glue = clients("lakeformation"), clients("glue")
    role = domain.role_arn
    databases = {
        domain.landing_database: domain.landing_bucket,
        domain.curated_database: domain.curated_bucket,
    }
    # a resource link into another domain is a database of one's own catalog
    yield ensure_granted(lake, role, {"Catalog": {}}, ["CREATE_DATABASE"], what="the catalog")
    for database, bucket in databases.items():
        location = f"arn:aws:s3:::{bucket}"
        yield _registration(lake, domain, location)
        place = {"DataLocation": {"CatalogId": domain.account, "ResourceArn": location}}
        for principal in (role, domain.administrator_arn):
            yield ensure_granted(lake, principal, place, ["DATA_LOCATION_ACCESS"], what=location)
        yield _database(glue, database, f"s3://{bucket}/")
        yield ensure_granted(
            lake, role, {"Database": {"Name": database}}, ["ALL"], what=f"database {database}", grantable=True
        )


def _registration(lake: Any, domain: Domain, location: str) -> Outcome:
    what = f"registration of {location}"
    try:
        found = lake.describe_resource(ResourceArn=location)["ResourceInfo"].get("RoleArn")
    except ClientError as error:
        if error.response["Error"]["Code"] != "EntityNotFoundException":
            raise
        lake.register_resource(ResourceArn=location, RoleArn=domain.role_arn)
        return Outcome(what, "missing", f"registered with {domain.role_arn}")
    if found != domain.role_arn:
        raise Conflict(
            f"{location} is registered with {found}, expected {domain.role_arn}: deregister it, then run this again"
        )
    return Outcome(what, "there")


def _database(glue: Any, database: str, location: str) -> Outcome:
    what = f"database {database}"
    # Made first and looked at afterwards: Lake Formation denies DESCRIBE on a database that is not there.
    try:
        glue.create_database(DatabaseInput={"Name": database, "LocationUri": location})
    except ClientError as error:
        if error.response["Error"]["Code"] != "AlreadyExistsException":
            raise
    else:
        return Outcome(what, "missing", f"made at {location}")
    found = glue.get_database(Name=database)["Database"]
    if found.get("TargetDatabase") or found.get("LocationUri", "").rstrip("/") != location.rstrip("/"):
        raise Conflict(
            f"the database {database} is at {found.get('TargetDatabase') or found.get('LocationUri')}, expected"
            f" {location}: it is in the way"
        )
    return Outcome(what, "there")
