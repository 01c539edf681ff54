"""The page of one cell: values with their source, trends, events, maintenance."""
