"""`python -m bacs_core.history.samples_file`: the samples of a string, written to standard output.

The API starts it as a program of its own, so that a long download takes nothing from the engine.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final

from bacs_core.errors import BacsError
from bacs_core.history.errors import HistoryError
from bacs_core.history.reader import HistoryReader
from bacs_core.history.samples_csv import write_csv
from bacs_core.history.samples_table import tables

FORMATS: Final = ("csv", "parquet")


def main(argv: Sequence[str] | None = None) -> int:
    """Write the file; the exit code is 1 where the history cannot be read."""
    parser = argparse.ArgumentParser(description="Write the samples of a string to standard output")
    parser.add_argument("state", type=Path, help="state directory of the engine")
    parser.add_argument("string", help="key of the string, e.g. ups-a/1")
    parser.add_argument("since", type=datetime.fromisoformat, help="ISO 8601 with zone")
    parser.add_argument("until", type=datetime.fromisoformat, help="up to, but without, this time")
    parser.add_argument("format", choices=FORMATS)
    args = parser.parse_args(argv)
    try:
        with HistoryReader(args.state) as reader:
            _write(reader, args, sys.stdout.buffer)
            sys.stdout.buffer.flush()
    except BrokenPipeError:
        # Nobody wants the rest. Python would complain once more when it closes the pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except BacsError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _write(reader: HistoryReader, args: argparse.Namespace, out: BinaryIO) -> None:
    rows = tables(reader.blocks(args.string, args.since, args.until))
    if args.format == "csv":
        write_csv(rows, args.string, out)
        return
    try:
        from bacs_core.history.samples_parquet import write_parquet  # noqa: PLC0415 - an extra
    except ImportError as error:
        msg = "Parquet needs more than is installed: pip install bacs-core[analysis]"
        raise HistoryError(msg) from error
    write_parquet(rows, args.string, out)


if __name__ == "__main__":
    sys.exit(main())
