{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='seen_on') }}
select cast(seen_at as date) as seen_on, count(*) as sightings, {{ var('round', 1) }} as written_in
from {{ ref('sightings') }}
{% if is_incremental() %} where cast(seen_at as date) >= (select max(seen_on) from {{ this }}) {% endif %}
group by 1
