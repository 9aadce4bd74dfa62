"""Rows that broke a rule of their contract, and the way back: looked at, accepted or corrected, let in by the next check.

* a contract's rules in SQL: ``rule_sql``
* the check of one batch, which fills the quarantine: ``batch_check``
* the quarantine table and what names a row in it: ``table``, ``row_keys``
* what a person sees of it: ``contents``, ``contents_sql``
* letting rows in: ``release``, ``release_sql``, ``corrections``; as the next check applies it: ``decisions``
* the domain's Redshift, reached for a command: ``connection``
"""
