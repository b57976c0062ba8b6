"""What a pipeline means: recorded calls become a graph, which is verified, rewritten and written down for a target."""
