"""# Revenue

The daily mart by route and channel: what became known on a data day, so that a day's figures never change.

**When it fails**
* `build`: the log names the model and what Redshift said.
* `check`: figures break the contract, for example a day without sales. Look at `bookings.reservations` of that day
  first; clear `build` here once it is right.

It runs when `bookings.reservations` has published a day. To rebuild a day, run it again for that day alone.
"""

from airflow.sdk import chain

from interline.airflow.dag import data_product
from interline.airflow.verbs import build, check, publish

with data_product("bookings.revenue", file=__file__, doc_md=__doc__):
    chain(build(), check(), publish())
