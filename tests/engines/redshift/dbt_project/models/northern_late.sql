{{ config(materialized='view', bind=false) }}
select code, upper(name) as name from {{ ref('northern') }}
