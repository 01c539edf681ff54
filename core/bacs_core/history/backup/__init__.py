"""Packs settings and state of a site into one file, and takes such a file back."""
