"""AWS Lake Formation: grants, LF-Tags, data cells filters, registered locations, vended credentials."""
