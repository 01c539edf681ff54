"""Estimates about cells that no module measures. Pure; times are unix seconds."""
