"""The platform package of Interline: domains' promises read, and Airflow tasks made from them."""
