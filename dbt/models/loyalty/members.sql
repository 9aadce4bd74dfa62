-- What the partner delivered on the data day, one row per member. When a file holds a member more than once,
-- the newest state counts; a state without a readable time comes first, so that quarantine shows it.

with landed as (
  select
    {{ landed_text('f.member_id') }} as member_id,
    {{ landed_text('f.updated_at') }} as updated_at,
    {{ landed_text('f.first_name') }} as first_name,
    {{ landed_text('f.last_name') }} as last_name,
    {{ landed_text('f.email') }} as email,
    {{ landed_text('f.birth_date') }} as birth_date,
    {{ landed_text('f.home_airport') }} as home_airport,
    {{ landed_text('f.enrolled_on') }} as enrolled_on,
    {{ landed_text('f.balance') }} as balance,
    {{ landed_text('f.qual_miles') }} as qual_miles,
    {{ landed_text('f.cc1_miles') }} as cc1_miles,
    {{ landed_text('f.cc2_miles') }} as cc2_miles,
    {{ landed_text('f.cc3_miles') }} as cc3_miles,
    {{ landed_text('f.bonus_miles') }} as bonus_miles,
    {{ landed_text('f.bonus_trans') }} as bonus_trans,
    {{ landed_text('f.flight_miles_12mo') }} as flight_miles_12mo,
    {{ landed_text('f.flight_trans_12') }} as flight_trans_12,
    {{ landed_text('f.award') }} as award
  from {{ source('loyalty_landing', 'member_files') }} as f
  where f.dt = {{ landing_day() }}
),

readable as (
  select
    l.member_id,
    {{ if_instant('l.updated_at') }} as updated_at,
    l.first_name,
    l.last_name,
    l.email,
    {{ if_calendar_day('l.birth_date') }} as birth_date,
    l.home_airport,
    {{ if_calendar_day('l.enrolled_on') }} as enrolled_on,
    {{ if_whole_number('l.balance') }} as balance,
    {{ if_whole_number('l.qual_miles') }} as qual_miles,
    {{ if_whole_number('l.cc1_miles') }} as cc1_miles,
    {{ if_whole_number('l.cc2_miles') }} as cc2_miles,
    {{ if_whole_number('l.cc3_miles') }} as cc3_miles,
    {{ if_whole_number('l.bonus_miles') }} as bonus_miles,
    {{ if_whole_number('l.bonus_trans') }} as bonus_trans,
    {{ if_whole_number('l.flight_miles_12mo') }} as flight_miles_12mo,
    {{ if_whole_number('l.flight_trans_12') }} as flight_trans_12,
    l.award
  from landed as l
),

states as (
  select
    r.*,
    row_number() over (
      partition by r.member_id
      order by case when r.updated_at is null then 0 else 1 end, r.updated_at desc, r.balance desc
    ) as age
  from readable as r
)

select
  {{ data_day() }} as data_day,
  cast(s.member_id as varchar(16)) as member_id,
  cast(s.updated_at as timestamp) as updated_at,
  cast(s.first_name as varchar(60)) as first_name,
  cast(s.last_name as varchar(60)) as last_name,
  cast(s.email as varchar(120)) as email,
  cast(s.birth_date as date) as birth_date,
  cast(s.home_airport as varchar(8)) as home_airport,
  cast(s.enrolled_on as date) as enrolled_on,
  cast(s.balance as integer) as balance,
  cast(s.qual_miles as integer) as qual_miles,
  cast(s.cc1_miles as integer) as cc1_miles,
  cast(s.cc2_miles as integer) as cc2_miles,
  cast(s.cc3_miles as integer) as cc3_miles,
  cast(s.bonus_miles as integer) as bonus_miles,
  cast(s.bonus_trans as integer) as bonus_trans,
  cast(s.flight_miles_12mo as integer) as flight_miles_12mo,
  cast(s.flight_trans_12 as integer) as flight_trans_12,
  case s.award when '1' then true when '0' then false end as has_award
from states as s
where s.age = 1 or s.member_id is null
