"""Discharges: the list of them, and one of them live, replayed, by cells, and against another."""
