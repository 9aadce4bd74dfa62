"""The Redshift Data API: SQL over HTTP, asynchronous, with results that are fetched page by page.

Source: "Using the Amazon Redshift Data API" in the Amazon Redshift Management Guide and its API Reference.
"""
