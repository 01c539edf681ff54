"""Battery monitoring and equalization: plant model, engine, simulator and command line."""

__version__ = "0.1.0"
