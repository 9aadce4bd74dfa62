"""May the caller do this? Policies read and evaluated, and the permissions that a request requires."""
