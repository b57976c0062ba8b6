"""Make it happen: run graphs, store what they make, remember, and show."""
