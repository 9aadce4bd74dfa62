"""What a checkout and a pull request are told before anybody merges: the check, the changes, column lineage."""
