"""What contracts promise about time, and who keeps it: when a data day is due, who is late, and who waits for them.

``promises`` and ``lateness`` know neither Airflow nor AWS; ``deadlines`` makes a promise Airflow's deadline of a run, and
``alerts`` is what Airflow calls when one is missed.
"""
