-- The data day's searches, typed. Front ends repeat an event for up to a day, so a search counts where it was
-- delivered first, on this day or the one before. A search without an identifier can't be a repeat.

with landed as (
  select
    {{ landed_text('e.search_id') }} as search_id,
    {{ landed_text('e.session_id') }} as session_id,
    {{ landed_text('e.member_id') }} as member_id,
    {{ landed_text('e.searched_at') }} as searched_at,
    {{ landed_text('e.origin') }} as origin,
    {{ landed_text('e.destination') }} as destination,
    {{ landed_text('e.departure_date') }} as departure_date,
    {{ landed_text('e.return_date') }} as return_date,
    {{ landed_text('e.passengers') }} as passengers,
    {{ landed_text('e.cabin') }} as cabin,
    {{ landed_text('e.channel') }} as channel,
    {{ landed_text('e.results') }} as results
  from {{ source('shopping_landing', 'search_events') }} as e
  where e.dt = {{ landing_day() }}
),

the_day_before as (
  select distinct {{ landed_text('e.search_id') }} as search_id
  from {{ source('shopping_landing', 'search_events') }} as e
  where e.dt = {{ landing_day(1) }}
),

deliveries as (
  select
    l.*,
    row_number() over (partition by l.search_id order by l.searched_at) as delivery
  from landed as l
),

readable as (
  select
    d.search_id,
    d.session_id,
    d.member_id,
    {{ if_instant('d.searched_at') }} as searched_at,
    d.origin,
    d.destination,
    {{ if_calendar_day('d.departure_date') }} as departure_date,
    {{ if_calendar_day('d.return_date') }} as return_date,
    {{ if_whole_number('d.passengers') }} as passengers,
    d.cabin,
    d.channel,
    {{ if_whole_number('d.results') }} as results
  from deliveries as d
  left join the_day_before as b on d.search_id = b.search_id
  where d.search_id is null or (d.delivery = 1 and b.search_id is null)
)

select
  {{ data_day() }} as data_day,
  cast(r.search_id as varchar(40)) as search_id,
  cast(r.session_id as varchar(40)) as session_id,
  cast(r.member_id as varchar(16)) as member_id,
  cast(r.searched_at as timestamp) as searched_at,
  cast(r.origin as varchar(8)) as origin,
  cast(r.destination as varchar(8)) as destination,
  cast(r.departure_date as date) as departure_date,
  cast(r.return_date as date) as return_date,
  cast(r.passengers as integer) as passengers,
  cast(r.cabin as varchar(16)) as cabin,
  cast(r.channel as varchar(16)) as channel,
  cast(r.results as integer) as results
from readable as r
