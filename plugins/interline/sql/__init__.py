"""Redshift SQL made from contracts: quoting, tables, predicates, values."""
