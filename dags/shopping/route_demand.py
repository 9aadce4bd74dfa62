"""# Route demand

Searches, bookings and look-to-book by route and day, with a flag for routes in high demand.

**When it fails**
* `link` or `build` with *access denied*: the role `shopping` in the contract of `bookings.reservations` lacks a column
  that the model reads. Ask the bookings team; their next publish grants it.
* `check`: look at the two input ports of the same day first.

It runs when `shopping.searches` and `bookings.reservations` have both published a day.
"""

from airflow.sdk import chain

from interline.airflow.dag import data_product
from interline.airflow.verbs import build, check, publish

with data_product("shopping.route_demand", file=__file__, doc_md=__doc__):
    chain(build(), check(), publish())
