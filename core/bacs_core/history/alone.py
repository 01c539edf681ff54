"""Keeps a state directory to one program that changes it as a whole: an engine, or a restore."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from bacs_core.errors import StateInUseError


@contextlib.contextmanager
def alone(
    folder: Path, taken: str = "another engine already runs with the state in {folder}"
) -> Iterator[None]:
    """Keep others away from the state.

    Raises `StateInUseError` with the words of `taken` where somebody has it.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise StateInUseError(taken.format(folder=folder)) from None
    else:
        yield
    finally:
        os.close(descriptor)
