-- One row of numbers per member, as known on the data day: what train.py and the batch transform read, in the
-- order of its FEATURES. No name, address or birth date takes part.

with member_states as (
  select
    m.*,
    row_number() over (partition by m.member_id order by m.data_day desc) as age
  from {{ source('loyalty', 'members') }} as m
  where m.data_day <= {{ data_day() }}
),

booked as (
  select
    r.member_id,
    count(*) as bookings,
    sum(r.amount) as booked_amount
  from {{ source('bookings', 'reservations') }} as r
  where r.first_data_day <= {{ data_day() }}
    and r.member_id is not null
  group by r.member_id
),

searched as (
  select
    s.member_id,
    count(*) as searches
  from {{ source('shopping', 'searches') }} as s
  where s.data_day between {{ day_before(89) }} and {{ data_day() }}
    and s.member_id is not null
  group by s.member_id
)

select
  m.member_id,
  m.balance,
  m.qual_miles,
  m.cc1_miles,
  m.bonus_miles,
  m.bonus_trans,
  m.flight_miles_12mo,
  m.flight_trans_12,
  greatest(datediff(day, m.enrolled_on, {{ data_day() }}), 0) as days_enrolled,
  case when m.has_award then 1 else 0 end as award,
  cast(coalesce(b.bookings, 0) as integer) as bookings,
  cast(coalesce(b.booked_amount, 0) as decimal(14, 2)) as booked_amount,
  cast(coalesce(s.searches, 0) as integer) as searches
from member_states as m
left join booked as b on m.member_id = b.member_id
left join searched as s on m.member_id = s.member_id
where m.age = 1
