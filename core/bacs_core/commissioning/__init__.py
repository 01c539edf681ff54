"""What a technician does through the engine: scan a line, recognise, address, propose, confirm.

`scan`, `proposal`, `lending` and `pins` are pure; `recognition` and `addressing` ask over a
borrowed line; `desk` owns the one job that may run.
"""
