select
    s.airport::varchar(3) as code,
    sum(s.passengers)::bigint as passengers,
    avg(s.passengers::decimal(12, 2))::decimal(12, 2) as average_passengers,
    max(s.seen_at) as last_seen
from {{ ref('sightings') }} as s
group by 1
