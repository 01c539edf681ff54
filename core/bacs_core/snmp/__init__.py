"""Reads managers that speak SNMP; nothing is ever set.

Only what reading takes is here: GET and GETBULK of versions 2c and 3. Messages and tables are free
of I/O and of the clock; the client owns the socket, and the owner decides when to ask.
"""
