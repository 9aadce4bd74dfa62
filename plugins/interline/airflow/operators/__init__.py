"""Operators in the style of the Amazon provider, for what it has none for."""
