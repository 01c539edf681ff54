"""The simulated cabinet: battery physics, devices of our own map and faults, on virtual lines."""
