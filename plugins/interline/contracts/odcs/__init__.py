"""The Open Data Contract Standard, read into a contract."""
