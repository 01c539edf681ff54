"""Help: a topic for each view, what the marks mean, and what to do in an emergency."""
