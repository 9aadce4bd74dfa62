"""# Segments

Every member's audience segment, from a k-means model that is trained anew for each data day.

**When it fails**
* `train.gate`: the model separates members worse than the contract of the training allows; nothing was registered and
  nothing is published. Compare the metrics in the log with the last days' before touching the gate.
* `score`: the transform job's log, named in the task's log, has the script's own error.
* `check`: a member has no score, or a segment nobody.

It runs when members, reservations and searches have all published a day. Features: `segments_features`.
"""

from airflow.sdk import chain

from interline.dag import data_product
from interline.verbs import build, check, publish, score, train

SCORES = {
    "member_id": "varchar(16)",
    "audience_segment": "integer",
    "segment_name": "varchar(40)",
    "profile": "varchar(200)",
    "distance": "double precision",
}

with data_product("loyalty.segments", doc_md=__doc__):
    chain(
        build("segments_features"),
        train(
            "segments_features", order_by="member_id", at_least={"silhouette": 0.1, "smallest_share": 0.01}
        ),
        score(columns=SCORES),
        build("segments"),
        check(),
        publish(),
    )
