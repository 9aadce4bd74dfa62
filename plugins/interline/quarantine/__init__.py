"""Rows that broke a rule, and the way back: looked at, corrected or accepted, and let in by the next check."""
