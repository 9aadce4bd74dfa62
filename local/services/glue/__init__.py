"""AWS Glue: the Data Catalog, crawlers and classifiers."""
