"""Glue crawlers that crawl: they read what lies in S3, infer tables and partitions, and keep the catalog up to date."""
