select * from {{ ref('daily_merged') }} where passengers < 0
