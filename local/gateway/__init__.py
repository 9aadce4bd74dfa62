"""The local AWS: one process on loopback with moto inside, real engines under it and a gateway in front of it.

`python -m local.server` starts it. The gateway (`application.py`) identifies the caller of every request, decides
whether the caller may do it, hands the request to moto and writes the access log.
"""
