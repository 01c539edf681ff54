"""Only one `./dev` prepares the machine at a time; the others wait for it."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from tools.dev.console import say
from tools.dev.paths import PRIVATE


@contextmanager
def setup_lock() -> Iterator[None]:
    """Hold the lock of everything below `.dev/` and `.venv/`; a killed holder releases it."""
    PRIVATE.mkdir(exist_ok=True)
    with (PRIVATE / "setup.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("-> waiting for another ./dev that is preparing this folder")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
