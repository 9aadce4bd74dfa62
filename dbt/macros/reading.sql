{#
  Reading values from landing tables. The crawler types a column by what it has seen, so a number can be a
  number on one day and text on the next. These macros read both, and give null for what can't be read, so
  that the contract's rules catch the row instead of a cast failing the batch. What can't be read becomes
  null before it is cast: a cast inside a CASE may be evaluated for rows that the CASE does not choose.
#}

{# Text without surrounding blanks, null when nothing is left, cut to a length. #}
{% macro text_value(expression, length) -%}
cast(nullif(trim(cast({{ expression }} as varchar(256))), '') as varchar({{ length }}))
{%- endmacro %}

{# A whole number of up to nine digits. #}
{% macro whole_number(expression) -%}
{%- set characters = 'cast(' ~ expression ~ ' as varchar(256))' -%}
cast(case when {{ characters }} ~ '^-?[0-9]{1,9}$' then {{ characters }} end as integer)
{%- endmacro %}

{# An amount of money with two decimals. #}
{% macro money(expression) -%}
{%- set characters = 'cast(' ~ expression ~ ' as varchar(256))' -%}
cast(case when {{ characters }} ~ '^-?[0-9]{1,9}([.][0-9]{1,4})?$' then {{ characters }} end as decimal(12, 2))
{%- endmacro %}

{# Whether ten characters are a day that the calendar has, leap years included. #}
{% macro is_calendar_day(characters) -%}
(
    {{ characters }} ~ '^[12][0-9]{3}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))$'
    or {{ characters }} ~ '^([12][0-9](0[48]|[2468][048]|[13579][26])|(12|16|20|24|28)00)-02-29$'
  )
{%- endmacro %}

{# A date written as YYYY-MM-DD. #}
{% macro calendar_day(expression) -%}
{%- set characters = 'cast(' ~ expression ~ ' as varchar(256))' -%}
cast(
    case when {{ is_calendar_day(characters) }} then {{ characters }} end as date
  )
{%- endmacro %}

{# A UTC timestamp written as YYYY-MM-DD hh:mm:ss, with a blank or a T between, with or without a Z. #}
{% macro instant(expression) -%}
{%- set characters = 'cast(' ~ expression ~ ' as varchar(256))' -%}
cast(
    case
      when {{ is_calendar_day('left(' ~ characters ~ ', 10)') }}
        and substring({{ characters }}, 11) ~ '^[T ]([01][0-9]|2[0-3])(:[0-5][0-9]){2}Z?$'
        then replace(left({{ characters }}, 19), 'T', ' ')
    end as timestamp
  )
{%- endmacro %}
