{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key='landed_on',
    dist='booking_id',
    sort='landed_on'
) }}

-- Every event as delivered, both schema versions in one form, repeats included. Version 1 is flat, version 2
-- nested; an event of a version that nobody knows is read like version 2 and goes to quarantine.
select
  cast(e.dt as date) as landed_on,
  {{ text_value('e.event_id', 40) }} as event_id,
  {{ whole_number('e.version') }} as event_version,
  {{ text_value('coalesce(e.booking_id, e.booking_reference)', 16) }} as booking_id,
  cast(
    case coalesce(e.type, e.event_type)
      when 'booked' then 'booked'
      when 'BookingConfirmed' then 'booked'
      when 'cancelled' then 'cancelled'
      when 'BookingCancelled' then 'cancelled'
      else left(coalesce(e.type, e.event_type), 16)
    end as varchar(16)
  ) as status,
  {{ instant('coalesce(e.ts, e.occurred_at)') }} as occurred_at,
  {{ text_value('coalesce(e.member, e.customer.member_id)', 16) }} as member_id,
  {{ text_value('coalesce(e.email, e.customer.email)', 120) }} as contact_email,
  {{ text_value('coalesce(e.orig, e.itinerary.origin)', 8) }} as origin,
  {{ text_value('coalesce(e.dest, e.itinerary.destination)', 8) }} as destination,
  {{ text_value('coalesce(e.carrier, e.itinerary.carrier)', 4) }} as carrier,
  coalesce({{ whole_number('e.flight_no') }}, {{ whole_number('e.itinerary.flight_number') }}) as flight_number,
  {{ calendar_day('coalesce(e.departure, e.itinerary.departure_date)') }} as departure_date,
  cast(
    case e.class
      when 'Y' then 'economy'
      when 'W' then 'premium'
      when 'C' then 'business'
      else left(coalesce(e.class, e.fare.cabin), 16)
    end as varchar(16)
  ) as cabin,
  coalesce({{ whole_number('e.pax') }}, {{ whole_number('e.passengers') }}) as passengers,
  coalesce({{ money('e.fare_usd') }}, {{ money('e.fare.amount') }}) as amount,
  cast(case when e.fare_usd is not null then 'USD' else left(e.fare.currency, 8) end as varchar(8)) as currency,
  {{ text_value('e.channel', 16) }} as channel
from {{ source('bookings_landing', 'booking_events') }} as e
where e.dt = {{ landing_day() }}
