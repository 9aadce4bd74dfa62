-- Searches and bookings of the data day by route, beside what the route usually sees in a week.

with searched as (
  select
    s.origin,
    s.destination,
    count(*) as searches,
    sum(s.passengers) as passengers_searched
  from {{ source('shopping', 'searches') }} as s
  where s.data_day = {{ data_day() }}
  group by s.origin, s.destination
),

booked as (
  select
    r.origin,
    r.destination,
    sum(case when r.first_data_day = {{ data_day() }} then 1 else 0 end) as bookings,
    sum(case when r.first_data_day = {{ data_day() }} then r.passengers else 0 end) as passengers_booked,
    sum(case when r.cancelled_data_day = {{ data_day() }} then 1 else 0 end) as cancellations
  from {{ source('bookings', 'reservations') }} as r
  where r.first_data_day = {{ data_day() }}
    or r.cancelled_data_day = {{ data_day() }}
  group by r.origin, r.destination
),

week as (
  select
    s.origin,
    s.destination,
    s.data_day
  from {{ source('shopping', 'searches') }} as s
  where s.data_day between {{ day_before(7) }} and {{ day_before(1) }}
),

days as (
  select count(distinct w.data_day) as days
  from week as w
),

usual as (
  select
    w.origin,
    w.destination,
    count(*) as searches
  from week as w
  group by w.origin, w.destination
),

routes as (
  select s.origin, s.destination from searched as s
  union
  select b.origin, b.destination from booked as b
)

select
  {{ data_day() }} as data_day,
  r.origin,
  r.destination,
  cast(coalesce(s.searches, 0) as integer) as searches,
  cast(coalesce(s.passengers_searched, 0) as integer) as passengers_searched,
  cast(coalesce(b.bookings, 0) as integer) as bookings,
  cast(coalesce(b.passengers_booked, 0) as integer) as passengers_booked,
  cast(coalesce(b.cancellations, 0) as integer) as cancellations,
  cast(cast(coalesce(s.searches, 0) as double precision) / nullif(b.bookings, 0) as decimal(12, 2)) as look_to_book,
  cast(cast(coalesce(u.searches, 0) as double precision) / nullif(d.days, 0) as decimal(12, 2)) as usual_searches,
  d.days > 0
    and coalesce(s.searches, 0) >= 10
    and coalesce(s.searches, 0) * d.days >= 2 * coalesce(u.searches, 0) as high_demand
from routes as r
cross join days as d
left join searched as s on r.origin = s.origin and r.destination = s.destination
left join booked as b on r.origin = b.origin and r.destination = b.destination
left join usual as u on r.origin = u.origin and r.destination = u.destination
