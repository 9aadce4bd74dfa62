{#
  Reading values from landing tables, in three steps that a model takes one after another, so that each value
  is worked out once: as text, whatever the crawler made of it (it types a column by what it has seen, so a
  number can be a number on one day and text on the next); null where the text can't be read; cast. Rows that
  can't be read so reach the contract's rules instead of failing the batch in a cast. The null comes before the
  cast because a cast inside a CASE may be evaluated for rows that the CASE does not choose.
#}

{# First step: text without surrounding blanks, null when nothing is left. #}
{% macro landed_text(expression) -%}
nullif(trim(cast({{ expression }} as varchar(256))), '')
{%- endmacro %}

{# Second step: the text, if it is a whole number of up to nine digits. #}
{% macro if_whole_number(characters) -%}
case when {{ characters }} ~ '^-?[0-9]{1,9}$' then {{ characters }} end
{%- endmacro %}

{# Second step: the text, if it is an amount of money. #}
{% macro if_money(characters) -%}
case when {{ characters }} ~ '^-?[0-9]{1,9}([.][0-9]{1,4})?$' then {{ characters }} end
{%- endmacro %}

{# Whether text is a day that the calendar has, leap years included, written as YYYY-MM-DD. #}
{% macro is_calendar_day(characters) -%}
(
      {{ characters }} ~ '^[12][0-9]{3}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))$'
      or {{ characters }} ~ '^([12][0-9](0[48]|[2468][048]|[13579][26])|(12|16|20|24|28)00)-02-29$'
    )
{%- endmacro %}

{# Second step: the text, if it is a day. #}
{% macro if_calendar_day(characters) -%}
case when {{ is_calendar_day(characters) }} then {{ characters }} end
{%- endmacro %}

{# Second step: YYYY-MM-DD hh:mm:ss, if the text is a UTC time with a blank or a T between, with or without a Z. #}
{% macro if_instant(characters) -%}
case
      when {{ is_calendar_day('left(' ~ characters ~ ', 10)') }}
        and substring({{ characters }}, 11) ~ '^[T ]([01][0-9]|2[0-3])(:[0-5][0-9]){2}Z?$'
        then replace(left({{ characters }}, 19), 'T', ' ')
    end
{%- endmacro %}
