select code, case when latitude > 0 then 'north' when latitude <= 0 then 'south' else 'unknown' end as kind
from {{ ref('airports') }}
