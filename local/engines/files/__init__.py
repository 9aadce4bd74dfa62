"""The formats of data files in S3 as typed rows."""
