"""Everything between a serial port and a register's bytes.

`timing`, `frames` and `transaction` are free of I/O and of the clock; `port` and `line` do the
work. One `LineOwner` task owns one line.
"""
