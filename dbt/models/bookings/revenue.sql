-- What became known on the data day: bookings by their first day, cancellations by the day of theirs, so that
-- the figures of a day stay as they are however often it is built.

with known as (
  select
    r.origin,
    r.destination,
    r.channel,
    r.amount,
    r.passengers,
    case when r.first_data_day = {{ data_day() }} then 1 else 0 end as is_booking,
    case when r.cancelled_data_day = {{ data_day() }} then 1 else 0 end as is_cancellation
  from {{ source('bookings', 'reservations') }} as r
  where r.first_data_day = {{ data_day() }}
    or r.cancelled_data_day = {{ data_day() }}
)

select
  {{ data_day() }} as data_day,
  k.origin,
  k.destination,
  k.channel,
  cast(sum(k.is_booking) as integer) as bookings,
  cast(sum(k.is_booking * k.passengers) as integer) as passengers,
  cast(sum(k.is_booking * k.amount) as decimal(14, 2)) as booked_amount,
  cast(sum(k.is_cancellation) as integer) as cancellations,
  cast(sum(k.is_cancellation * k.amount) as decimal(14, 2)) as cancelled_amount,
  cast(sum((k.is_booking - k.is_cancellation) * k.amount) as decimal(14, 2)) as net_amount
from known as k
group by k.origin, k.destination, k.channel
