"""Settings: limits, module thresholds, the screen, people, the network and the stick."""
