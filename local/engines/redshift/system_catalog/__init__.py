"""The system catalog: what the leader node answers with, one module a family of tables."""

from local.engines.redshift.system_catalog import information_schema, monitoring, pg_catalog, svv_views
from local.engines.redshift.system_catalog.tables import SystemTables

SYSTEM_TABLES = SystemTables(
    {**pg_catalog.TABLES, **information_schema.TABLES, **svv_views.TABLES, **monitoring.TABLES}
)
