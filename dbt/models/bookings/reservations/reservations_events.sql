{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='landed_on',
    dist='booking_id',
    sort='landed_on'
) }}

-- Every event as delivered, both schema versions in one form, repeats included. Version 1 is flat, version 2
-- nested; an event of a version that nobody knows is read like version 2 and goes to quarantine.

with landed as (
  select
    {{ landed_text('e.event_id') }} as event_id,
    {{ landed_text('e.version') }} as event_version,
    coalesce({{ landed_text('e.booking_id') }}, {{ landed_text('e.booking_reference') }}) as booking_id,
    coalesce({{ landed_text('e.type') }}, {{ landed_text('e.event_type') }}) as event_type,
    coalesce({{ landed_text('e.ts') }}, {{ landed_text('e.occurred_at') }}) as occurred_at,
    coalesce({{ landed_text('e.member') }}, {{ landed_text('e.customer.member_id') }}) as member_id,
    coalesce({{ landed_text('e.email') }}, {{ landed_text('e.customer.email') }}) as contact_email,
    coalesce({{ landed_text('e.orig') }}, {{ landed_text('e.itinerary.origin') }}) as origin,
    coalesce({{ landed_text('e.dest') }}, {{ landed_text('e.itinerary.destination') }}) as destination,
    coalesce({{ landed_text('e.carrier') }}, {{ landed_text('e.itinerary.carrier') }}) as carrier,
    coalesce({{ landed_text('e.flight_no') }}, {{ landed_text('e.itinerary.flight_number') }}) as flight_number,
    coalesce({{ landed_text('e.departure') }}, {{ landed_text('e.itinerary.departure_date') }}) as departure_date,
    coalesce({{ landed_text('e.class') }}, {{ landed_text('e.fare.cabin') }}) as cabin,
    coalesce({{ landed_text('e.pax') }}, {{ landed_text('e.passengers') }}) as passengers,
    coalesce({{ landed_text('e.fare_usd') }}, {{ landed_text('e.fare.amount') }}) as amount,
    case when e.fare_usd is not null then 'USD' else {{ landed_text('e.fare.currency') }} end as currency,
    {{ landed_text('e.channel') }} as channel
  from {{ source('bookings_landing', 'booking_events') }} as e
  where e.dt = {{ landing_day() }}
),

readable as (
  select
    l.event_id,
    {{ if_whole_number('l.event_version') }} as event_version,
    l.booking_id,
    case l.event_type
      when 'BookingConfirmed' then 'booked'
      when 'BookingCancelled' then 'cancelled'
      else l.event_type
    end as status,
    {{ if_instant('l.occurred_at') }} as occurred_at,
    l.member_id,
    l.contact_email,
    l.origin,
    l.destination,
    l.carrier,
    {{ if_whole_number('l.flight_number') }} as flight_number,
    {{ if_calendar_day('l.departure_date') }} as departure_date,
    case l.cabin
      when 'Y' then 'economy'
      when 'W' then 'premium'
      when 'C' then 'business'
      else l.cabin
    end as cabin,
    {{ if_whole_number('l.passengers') }} as passengers,
    {{ if_money('l.amount') }} as amount,
    l.currency,
    l.channel
  from landed as l
)

select
  {{ data_day() }} as landed_on,
  cast(r.event_id as varchar(40)) as event_id,
  cast(r.event_version as integer) as event_version,
  cast(r.booking_id as varchar(16)) as booking_id,
  cast(r.status as varchar(16)) as status,
  cast(r.occurred_at as timestamp) as occurred_at,
  cast(r.member_id as varchar(16)) as member_id,
  cast(r.contact_email as varchar(120)) as contact_email,
  cast(r.origin as varchar(8)) as origin,
  cast(r.destination as varchar(8)) as destination,
  cast(r.carrier as varchar(4)) as carrier,
  cast(r.flight_number as integer) as flight_number,
  cast(r.departure_date as date) as departure_date,
  cast(r.cabin as varchar(16)) as cabin,
  cast(r.passengers as integer) as passengers,
  cast(r.amount as decimal(12, 2)) as amount,
  cast(r.currency as varchar(8)) as currency,
  cast(r.channel as varchar(16)) as channel
from readable as r
