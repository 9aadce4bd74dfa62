"""Airflow on this machine: its own home, its own processes, and the run that drives the mesh through it."""
