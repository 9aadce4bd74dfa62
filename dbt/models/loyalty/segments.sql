-- The scores that the batch transform gave every member, with the measures that people ask for first. A
-- member without a score has no audience segment and goes to quarantine.

select
  {{ data_day() }} as data_day,
  f.member_id,
  s.audience_segment,
  s.segment_name,
  s.profile,
  s.distance,
  f.balance,
  f.bookings,
  f.searches
from {{ ref('segments_features') }} as f
left join {{ source('loyalty_models', 'segments_scores') }} as s on f.member_id = s.member_id
