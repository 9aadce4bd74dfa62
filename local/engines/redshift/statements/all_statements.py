"""Every kind of statement: importing this module registers their planners."""

from local.engines.redshift.statements import (  # noqa: F401  (imported to register)
    access,
    alter,
    copy,
    dml,
    drop,
    insert,
    merge,
    query,
    schema,
    session,
    table,
    unload,
    user,
    view,
)
