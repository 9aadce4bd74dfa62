{{ config(materialized='ephemeral') }}
select *, row_number() over (partition by airport order by seen_at desc) as place from {{ ref('sightings') }}
