"""Battery reports: one string on paper, as one HTML file that needs nothing else."""
