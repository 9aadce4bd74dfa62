"""# Reservations

One row per booking with its current state, from the booking and cancellation events that partners deliver.

**When it fails**
* `land`: a partner has not delivered, or a file was cut off. Ask the partner desk, then clear `land`.
* `crawl`: an object has another format than JSON lines. Look at the newest object under the path in the log.
* `check`: the batch breaks the contract; consumers keep yesterday's state. The log names the rule. Fix the model or
  talk to the consumers about the contract, then clear `build`.
* Quarantined rows are in `bookings.reservations__quarantine` with the reason.

Clear any task, or run a day again: the result of a data day is always the same.
"""

from airflow.sdk import chain

from interline.airflow.dag import data_product
from interline.airflow.verbs import build, check, crawl, land, publish

# Partners deliver a day's events until 04:00 UTC of the next.
with data_product("bookings.reservations", schedule="30 4 * * *", file=__file__, doc_md=__doc__):
    chain(
        land("booking_events", "airports"), crawl("booking_events", "airports"), build(), check(), publish()
    )
