{{ config(materialized='table', pre_hook="create temporary table scratch_{{ this.name }} as select 1 as one", post_hook="drop table if exists scratch_{{ this.name }}") }}
select l.airport, l.seen_at, datediff(hour, l.seen_at, '2013-01-04'::timestamp) as hours_ago
from {{ ref('latest') }} as l where l.place = 1
