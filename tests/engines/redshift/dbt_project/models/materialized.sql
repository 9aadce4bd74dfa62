{{ config(materialized='materialized_view', auto_refresh=false) }}
select airport, count(*) as sightings from {{ ref('sightings') }} group by airport
