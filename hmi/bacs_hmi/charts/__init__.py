"""Charts: curves over time or charge, bars of cells, and the player of a discharge."""
