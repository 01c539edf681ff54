"""Which questions a line asks each kind of device, and where the answers go.

One file per kind of device; each builds `Job`s from the device's declaration and puts decoded
values into the process image of a string.
"""
