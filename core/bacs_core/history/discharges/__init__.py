"""Discharges: found by themselves, recorded, analysed, replayed and compared.

    phases > following > folding (ledger, cells, recording) > analysing > rows

All but `rows` is pure. Samples come in as `history.measured.Block`, live or out of the history, so
that one that ran while the engine was away is analysed like any other. Times inside are unix
milliseconds.
"""
