"""Our canvas components: a Vue component file and the Python class that feeds it."""
