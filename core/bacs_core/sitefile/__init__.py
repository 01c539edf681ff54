"""Reads the site file: `loading` drives, `tables` holds its keys, `plan` makes settings of them.

`quantities` reads single values, `checks` and `limits` refuse what no single key shows.
"""

from bacs_core.sitefile.loading import load

__all__ = ["load"]
