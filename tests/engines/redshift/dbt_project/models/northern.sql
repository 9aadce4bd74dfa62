select code, name, latitude from {{ ref('airports') }} where latitude > 0
