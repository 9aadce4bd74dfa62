{# The data day of the run as a date. #}
{% macro data_day() -%}
cast('{{ env_var("INTERLINE_DATA_DAY") }}' as date)
{%- endmacro %}

{# The text form of the data day, or of a day before it: the form of landing partitions. #}
{% macro landing_day(days_before=0) -%}
'{{ (modules.datetime.date.fromisoformat(env_var("INTERLINE_DATA_DAY")) - modules.datetime.timedelta(days=days_before)).isoformat() }}'
{%- endmacro %}

{# A date so many days before the data day. #}
{% macro day_before(days) -%}
cast({{ landing_day(days) }} as date)
{%- endmacro %}
