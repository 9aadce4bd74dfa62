"""SageMaker that runs what it is given: training, models, batch transform and the model registry.

Scripts run in script mode as processes of this machine's Python, with the credentials of the job's role and no
others. See docs/local-aws.md for what is refused and what differs.
"""
