"""Run a graph somewhere: one graph in, one run out."""
