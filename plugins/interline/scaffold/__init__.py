"""Files written for a person: a new product, a new domain, a new major version, a request for access."""
