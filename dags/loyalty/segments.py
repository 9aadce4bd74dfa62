"""# Segments

Every member's audience segment, from a k-means model that is trained anew for each data day.

**When it fails**
* `train.gate`: members are told apart worse than the gate allows; nothing was registered or published. Compare the
  measures in the log with the last days' before touching the gate.
* `train.fit`, `score.transform`: the job's log, named in the task's log, has the script's own error.
* `check`: a member has no score, or a segment nobody.
"""

from airflow.sdk import chain

from interline.dag import data_product
from interline.verbs import build, check, publish, score, train

with data_product("loyalty.segments", doc_md=__doc__):
    chain(
        build("segments_features"),
        train(
            "segments_features", order_by="member_id", at_least={"silhouette": 0.15, "smallest_share": 0.01}
        ),
        score(
            member_id="varchar(16)",
            audience_segment="integer",
            segment_name="varchar(40)",
            profile="varchar(200)",
            distance="double precision",
        ),
        build("segments"),
        check(),
        publish(),
    )
