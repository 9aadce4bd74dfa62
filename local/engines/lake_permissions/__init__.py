"""What Lake Formation lets a principal do: grants, LF-Tags, data cells filters and registered locations,
evaluated for every engine.
"""
