"""What is found before anybody merges: the check, the changes, column lineage."""
