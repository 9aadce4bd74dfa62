"""# Segments

Every member's audience segment, from a k-means model that is trained anew for each data day.

**When it fails**
* `train.gate`: members are told apart worse than it allows; nothing was registered. Compare with the last days' logs.
* `train.fit`, `score.transform`: the job's log, named in the task's log, has the script's own error.
"""

from airflow.sdk import chain

from interline.airflow.dag import data_product
from interline.airflow.verbs import build, check, publish, score, train

GATE = {"silhouette": 0.15, "smallest_share": 0.01}

with data_product("loyalty.segments", file=__file__, doc_md=__doc__):
    scores = score(
        member_id="varchar(16)",
        audience_segment="integer",
        segment_name="varchar(40)",
        profile="varchar(200)",
        distance="double precision",
    )
    trained = train("segments_features", order_by="member_id", at_least=GATE)
    chain(build("segments_features"), trained, scores, build("segments"), check(), publish())
