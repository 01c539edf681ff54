"""The views of the panel, one file each."""
