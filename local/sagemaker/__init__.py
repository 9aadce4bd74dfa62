"""SageMaker that runs what it is given: training, batch transform and the model registry."""
