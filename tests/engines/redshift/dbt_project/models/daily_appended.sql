{{ config(materialized='incremental', incremental_strategy='append') }}
select {{ var('round', 1) }} as written_in, count(*) as sightings from {{ ref('sightings') }}
