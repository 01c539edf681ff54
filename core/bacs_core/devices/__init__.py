"""Declarative register maps, one file per kind of device; nothing here does I/O."""
