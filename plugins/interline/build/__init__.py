"""A product's dbt project, its contract's rules as dbt tests, and its SageMaker jobs."""
