"""What Airflow sees of Interline: data products as DAGs, verbs, operators, deadlines and the policy over DAG
files.
"""
