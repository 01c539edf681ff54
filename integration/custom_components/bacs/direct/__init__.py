"""Monitoring a manager without an engine: read-only, through the device files of `bacs-core`.

Needs the extras `bus` and `snmp` of `bacs-core`. Only `monitoring` loads it, and beside the event
loop: importing it imports everything.
"""

from . import client, description, probing

__all__ = ["client", "description", "probing"]
