"""An apply of access under faults: what it survives by itself, and what it reports."""
