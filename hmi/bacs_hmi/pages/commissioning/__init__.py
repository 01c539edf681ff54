"""Commissioning: who is on a line, addresses, what was exchanged, the site file and the names."""
