"""What contracts promise about time, and how ports stand to it: when a data day is due, which ports are late, which wait.

``promises``, ``due_times`` and ``lateness`` know neither Airflow nor AWS; ``newest_days`` reads the ledgers of publications.
Airflow's deadlines of runs, and what it calls when one is missed, are ``airflow.deadlines`` and ``airflow.deadline_alerts``.
"""
