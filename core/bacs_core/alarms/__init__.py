"""Alarms: rules as rows, the states of ISA-18.2 as a table. Pure; times are unix seconds."""
