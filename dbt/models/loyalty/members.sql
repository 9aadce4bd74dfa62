-- What the partner delivered on the data day, one row per member. When a file holds a member more than once,
-- the newest state counts; a state without a readable time comes first, so that quarantine shows it.

with delivered as (
  select
    cast(f.dt as date) as data_day,
    {{ text_value('f.member_id', 16) }} as member_id,
    {{ instant('f.updated_at') }} as updated_at,
    {{ text_value('f.first_name', 60) }} as first_name,
    {{ text_value('f.last_name', 60) }} as last_name,
    {{ text_value('f.email', 120) }} as email,
    {{ calendar_day('f.birth_date') }} as birth_date,
    {{ text_value('f.home_airport', 8) }} as home_airport,
    {{ calendar_day('f.enrolled_on') }} as enrolled_on,
    {{ whole_number('f.balance') }} as balance,
    {{ whole_number('f.qual_miles') }} as qual_miles,
    {{ whole_number('f.cc1_miles') }} as cc1_miles,
    {{ whole_number('f.cc2_miles') }} as cc2_miles,
    {{ whole_number('f.cc3_miles') }} as cc3_miles,
    {{ whole_number('f.bonus_miles') }} as bonus_miles,
    {{ whole_number('f.bonus_trans') }} as bonus_trans,
    {{ whole_number('f.flight_miles_12mo') }} as flight_miles_12mo,
    {{ whole_number('f.flight_trans_12') }} as flight_trans_12,
    {{ whole_number('f.award') }} as award
  from {{ source('loyalty_landing', 'member_files') }} as f
  where f.dt = {{ landing_day() }}
),

states as (
  select
    d.*,
    row_number() over (
      partition by d.member_id
      order by case when d.updated_at is null then 0 else 1 end, d.updated_at desc, d.balance desc
    ) as age
  from delivered as d
)

select
  s.data_day,
  s.member_id,
  s.updated_at,
  s.first_name,
  s.last_name,
  s.email,
  s.birth_date,
  s.home_airport,
  s.enrolled_on,
  s.balance,
  s.qual_miles,
  s.cc1_miles,
  s.cc2_miles,
  s.cc3_miles,
  s.bonus_miles,
  s.bonus_trans,
  s.flight_miles_12mo,
  s.flight_trans_12,
  case s.award when 1 then true when 0 then false end as has_award
from states as s
where s.age = 1 or s.member_id is null
