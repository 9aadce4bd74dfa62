"""Every kind of statement: importing this module registers their planners."""

from local.redshift import (  # noqa: F401  (imported to register)
    access_statements,
    alter_statements,
    copy_statements,
    dml_statements,
    drop_statements,
    insert_statements,
    merge_statements,
    query_statements,
    schema_statements,
    session_statements,
    table_statements,
    unload_statements,
    user_statements,
    view_statements,
)
