"""The USB store: a stick that is plugged in gets export and backup, and then may be removed."""
