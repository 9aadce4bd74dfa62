-- The bookings that the data day's events touch, each with its current state, and one row for each event that
-- can't belong to any booking, so that the contract's rules send it to quarantine.
--
-- The first delivery of an event counts, its repeats do not. The first booking event to land gives a booking
-- its details and the first cancellation its end, so later deliveries never change what a day has counted.
-- A cancellation that lands before its booking stands alone, without a route, until the booking lands.

with history as (
  select e.*
  from {{ ref('reservations_events') }} as e
  where e.landed_on = {{ data_day() }}
    or e.booking_id in (
      select t.booking_id from {{ ref('reservations_events') }} as t where t.landed_on = {{ data_day() }}
    )
    or e.event_id in (
      select t.event_id from {{ ref('reservations_events') }} as t where t.landed_on = {{ data_day() }}
    )
),

deliveries as (
  select
    h.*,
    row_number() over (
      partition by h.event_id order by h.landed_on, h.occurred_at, h.booking_id
    ) as delivery,
    h.event_id is not null
      and h.booking_id is not null
      and h.occurred_at is not null
      and coalesce(h.event_version, 0) in (1, 2)
      and coalesce(h.status, '') in ('booked', 'cancelled') as is_readable
  from history as h
),

readable as (
  select
    d.*,
    row_number() over (
      partition by d.booking_id, d.status order by d.landed_on, d.occurred_at, d.event_id
    ) as turn
  from deliveries as d
  where d.delivery = 1 and d.is_readable
),

touched as (
  select distinct r.booking_id
  from readable as r
  where r.landed_on = {{ data_day() }}
),

booked as (
  select r.*
  from readable as r
  where r.status = 'booked' and r.turn = 1 and r.landed_on <= {{ data_day() }}
),

cancelled as (
  select r.*
  from readable as r
  where r.status = 'cancelled' and r.turn = 1
)

select
  t.booking_id,
  b.member_id,
  b.contact_email,
  b.origin,
  b.destination,
  b.carrier,
  b.flight_number,
  b.departure_date,
  b.cabin,
  b.passengers,
  b.amount,
  b.currency,
  b.channel,
  cast(case when c.booking_id is null then 'booked' else 'cancelled' end as varchar(16)) as status,
  b.occurred_at as booked_at,
  c.occurred_at as cancelled_at,
  b.landed_on as first_data_day,
  case when c.landed_on < b.landed_on then b.landed_on else c.landed_on end as cancelled_data_day,
  coalesce(b.event_version, c.event_version) as event_version,
  coalesce(c.event_id, b.event_id) as last_event_id
from touched as t
left join booked as b on t.booking_id = b.booking_id
left join cancelled as c on t.booking_id = c.booking_id

union all

select
  d.booking_id,
  d.member_id,
  d.contact_email,
  d.origin,
  d.destination,
  d.carrier,
  d.flight_number,
  d.departure_date,
  d.cabin,
  d.passengers,
  d.amount,
  d.currency,
  d.channel,
  d.status,
  d.occurred_at as booked_at,
  cast(null as timestamp) as cancelled_at,
  d.landed_on as first_data_day,
  cast(null as date) as cancelled_data_day,
  d.event_version,
  d.event_id as last_event_id
from deliveries as d
where d.landed_on = {{ data_day() }}
  and not d.is_readable
  and (d.delivery = 1 or d.event_id is null)
