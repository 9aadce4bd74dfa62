"""Setting up, with the standard library only: uv, then one environment for Airflow and one for dbt."""
