"""# Searches

One row per search query, typed and deduplicated, from the search events of the shopping sites.

**When it fails**
* `land`: the sites' delivery is missing or was cut off. Ask the site reliability team, then clear `land`.
* `check`: the batch breaks the contract; the log names the rule. Quarantined rows are in
  `shopping.searches__quarantine` with the reason.

A query that is delivered late belongs to the day on which it landed.
"""

from airflow.sdk import chain

from interline.airflow.dag import data_product
from interline.airflow.verbs import build, check, crawl, land, publish

# The sites close a day's file at 00:30 UTC and have delivered it an hour later.
with data_product("shopping.searches", schedule="0 2 * * *", file=__file__, doc_md=__doc__):
    chain(land("search_events", "airports"), crawl("search_events", "airports"), build(), check(), publish())
