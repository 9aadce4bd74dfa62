"""# Members

One row per loyalty member as the partners delivered it on a day. Holds personal data: see the classification of each
column before giving anybody access.

**When it fails**
* `land`: a partner's file is missing or has a last line that is cut off. Ask the partner, then clear `land`.
* `check`: broken rows are in `loyalty.members__quarantine`, which holds personal data too.

Yesterday's members stay published until today's are right.
"""

from airflow.sdk import chain

from interline.airflow.dag import data_product
from interline.airflow.verbs import build, check, crawl, land, publish

# Partners' files are complete by 03:00 UTC.
with data_product("loyalty.members", schedule="15 3 * * *", file=__file__, doc_md=__doc__):
    chain(land("member_files"), crawl("member_files"), build(), check(), publish())
