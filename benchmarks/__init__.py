"""What Interline promises in figures, each measured beside its peer in the same run: `python -m benchmarks`."""
