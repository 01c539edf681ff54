"""What was: measurements, events, settings. One SQLite file in the state directory."""
