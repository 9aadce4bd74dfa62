"""What tests and benchmarks share: small meshes made of objects, the access matrix, and faults between us and AWS.

Tests assert with it and benchmarks print figures with it; it imports neither of the two.
"""
