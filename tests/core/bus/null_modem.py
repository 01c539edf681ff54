"""Two pseudo-terminals tied together, so that two programs that each open a port can talk."""

from __future__ import annotations

import os
import pty
import select
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager

_LOOK_EVERY_S = 0.1


@contextmanager
def null_modem() -> Iterator[tuple[str, str]]:
    """Yield the paths of both ends."""
    masters, ends = zip(*(pty.openpty() for _ in range(2)), strict=True)
    for end in ends:
        tty.setraw(end)
    stopped = threading.Event()

    def carry() -> None:
        across = dict(zip(masters, reversed(masters), strict=True))
        while not stopped.is_set():
            for source in select.select(masters, [], [], _LOOK_EVERY_S)[0]:
                os.write(across[source], os.read(source, 4096))

    carrier = threading.Thread(target=carry)
    carrier.start()
    try:
        yield os.ttyname(ends[0]), os.ttyname(ends[1])
    finally:
        stopped.set()
        carrier.join()
        for descriptor in (*masters, *ends):
            os.close(descriptor)
