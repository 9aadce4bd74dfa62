-- The data day's searches, typed. Front ends repeat an event for up to a day, so a search counts where it was
-- delivered first, on this day or the one before. A search without an identifier can't be a repeat.

with delivered as (
  select
    cast(e.dt as date) as data_day,
    {{ text_value('e.search_id', 40) }} as search_id,
    {{ text_value('e.session_id', 40) }} as session_id,
    {{ text_value('e.member_id', 16) }} as member_id,
    {{ instant('e.searched_at') }} as searched_at,
    {{ text_value('e.origin', 8) }} as origin,
    {{ text_value('e.destination', 8) }} as destination,
    {{ calendar_day('e.departure_date') }} as departure_date,
    {{ calendar_day('e.return_date') }} as return_date,
    {{ whole_number('e.passengers') }} as passengers,
    {{ text_value('e.cabin', 16) }} as cabin,
    {{ text_value('e.channel', 16) }} as channel,
    {{ whole_number('e.results') }} as results
  from {{ source('shopping_landing', 'search_events') }} as e
  where e.dt in ({{ landing_day(1) }}, {{ landing_day() }})
),

deliveries as (
  select
    d.*,
    row_number() over (partition by d.search_id order by d.data_day, d.searched_at) as delivery
  from delivered as d
)

select
  d.data_day,
  d.search_id,
  d.session_id,
  d.member_id,
  d.searched_at,
  d.origin,
  d.destination,
  d.departure_date,
  d.return_date,
  d.passengers,
  d.cabin,
  d.channel,
  d.results
from deliveries as d
where d.data_day = {{ data_day() }}
  and (d.delivery = 1 or d.search_id is null)
