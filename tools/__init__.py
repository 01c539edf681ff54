"""What works on the repository, never in the product."""
