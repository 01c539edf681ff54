"""The touch panel: shows the engine's snapshots and sends a user's commands to it."""

__version__ = "0.1.0"
