"""What a pull request changes, for whom, and whether it may: the mesh of a checkout against the mesh of its base.

Static: both meshes are read from text. Nothing that a pull request brings is run, and nothing asks AWS.
"""
