{{ config(materialized='incremental', incremental_strategy='merge', unique_key='sighting_id', on_schema_change='append_new_columns') }}
select sighting_id, airport, seen_at, coalesce(passengers, 0) as passengers
    {%- if var('round', 1) > 1 %}, {{ var('round', 1) }} as written_in{% endif %}
from {{ ref('sightings') }}
