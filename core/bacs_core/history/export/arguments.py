"""What people write behind the options of export, backup and report, read and judged."""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path
from typing import Final

STANDARD_OUTPUT: Final = Path("-")
#: Before the first year of unix time and from the second on a moment is a slip, as in the API.
_YEARS: Final = (1970, 2200)
#: A longer step leaves days without a row.
_LONGEST_STEP_S: Final = 86_400


def moment(text: str) -> datetime:
    """Read a moment; without an offset it is in the time of this computer."""
    try:
        told = datetime.fromisoformat(text)
    except ValueError:
        msg = f"'{text}' is no time like 2026-11-21T08:00"
        raise argparse.ArgumentTypeError(msg) from None
    first, last = _YEARS
    if not first <= told.year < last:
        msg = f"'{text}' does not lie between {first} and {last}"
        raise argparse.ArgumentTypeError(msg)
    return told.astimezone()


def step(text: str) -> int:
    """Read a number of seconds."""
    if not text.isdecimal() or not 1 <= int(text) <= _LONGEST_STEP_S:
        msg = f"'{text}' is no number of seconds from 1 to {_LONGEST_STEP_S}"
        raise argparse.ArgumentTypeError(msg)
    return int(text)


def folder(text: str) -> Path:
    """Read where files shall go; an empty text, as of a variable without a value, is a slip."""
    if not text:
        msg = "a folder is missing"
        raise argparse.ArgumentTypeError(msg)
    return Path(text)


def file(text: str) -> Path:
    """Read where a file shall go."""
    if not Path(text).name:
        msg = f"'{text}' names no file"
        raise argparse.ArgumentTypeError(msg)
    return Path(text)
