"""Buzzer, LED and relay of the panel computer: a client of the engine, in a process of its own.

Nothing here can delay the engine. If the engine, or this process, is gone, the relay drops out.
"""
