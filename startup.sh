#!/usr/bin/env bash
# Amazon MWAA runs this before Airflow starts, on every worker and scheduler (limit: 5 minutes).
# dbt lives in an environment of its own: its pins and Airflow's exclude each other.
set -euo pipefail

environment="${HOME}/interline-dbt"
requirements="${AIRFLOW_HOME}/dags/requirements/dbt.txt"

if [[ ! -f "${requirements}" ]]; then
  echo "startup.sh: ${requirements} is missing: sync requirements/ to the environment's dags prefix" >&2
  exit 1
fi
if [[ ! -x "${environment}/bin/dbt" ]]; then
  python3 -m venv "${environment}"
  # The lock is complete; --no-deps keeps out dbt-core's experimental parser, which downloads a binary.
  "${environment}/bin/pip" install --quiet --no-deps --requirement "${requirements}"
fi
export INTERLINE_DBT="${environment}/bin/dbt"
