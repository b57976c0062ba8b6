"""Stand in for Azure Machine Learning on this machine, so that pipelines for it can be tried without it."""
