"""Reads managers that speak SNMP; nothing is ever set.

The library `snmp` asks and checks what comes back (versions 2c and 3). Here is what this project
adds: the socket, the tables of a manager, and when to ask.
"""
