"""Writes the history as files for people: `contents` says what, `writing` writes it to a target."""
