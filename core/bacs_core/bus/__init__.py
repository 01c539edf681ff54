"""Everything between a port or a connection and a register's bytes.

`timing`, `frames`, `transaction`, `schedule` and `mbap` are free of I/O and of the clock; the
others do the work. One owner (`line`, `modbus_tcp`) owns one line.
"""
