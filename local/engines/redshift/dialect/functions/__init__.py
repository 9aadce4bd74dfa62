"""The functions that Redshift has: each one is registered by name, and any other name is refused.

The modules of this package hold one subject each; importing the package registers them all.
"""

from local.engines.redshift.dialect.functions import (  # noqa: F401
    aggregates,
    conditional,
    dates,
    json_functions,
    mathematics,
    system,
    text,
    windows,
)
