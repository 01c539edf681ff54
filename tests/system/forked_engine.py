"""The real engine in a process of its own, started from a server that has loaded its modules.

What is spared is the loading, two seconds a start; the process and all it does are those of
`bacs run`. So it can be killed and started again many times in a test.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import sys
import time
from collections.abc import Sequence
from functools import partial
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from bacs_core import cli, run
from bacs_core.clock import SteadyClock
from tests.processes import PATIENCE_S, Engine

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["bacs_core.run", "bacs_core.cli", __name__])


def _run(arguments: Sequence[str], log: str, clock: Path | None) -> None:
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    logging.getLogger().handlers.clear()
    if clock is not None:
        # The clock of the machine belongs to everybody; this engine gets one of its own.
        own = partial(SteadyClock, lambda: time.time() + float(clock.read_text()))
        setattr(run, "SteadyClock", own)  # noqa: B010 - not exported from there
    sys.exit(cli.main(list(arguments)))


class ForkedEngine(Engine):
    """An engine that starts at once.

    `clock` is a file that tells by how many seconds its system clock differs from that of the
    machine.
    """

    def __init__(self, folder: Path, site: Path, clock: Path | None = None) -> None:
        super().__init__(folder, site)
        self._site_file = site
        self._clock = clock
        self._child: ForkServerProcess | None = None

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.is_alive()

    def launch(self) -> None:
        """Start, without waiting for an answer."""
        options = ("--state", str(self.state), "--port", str(self.port))
        arguments = ("run", str(self._site_file), *options)
        self._child = _CONTEXT.Process(target=_run, args=(arguments, str(self.log), self._clock))
        self._child.start()

    def start(self) -> None:
        """Start, and wait until it answers."""
        self.launch()
        self.wait()

    def wait(self) -> None:
        """Wait until it answers."""
        give_up_at = time.monotonic() + PATIENCE_S
        while not self._answers():
            assert self.running, self.log.read_text()
            assert time.monotonic() < give_up_at, self.log.read_text()
            time.sleep(0.01)

    def kill(self) -> None:
        """End the engine without a chance to tidy up."""
        if self._child is not None:
            self._child.kill()
            self._child.join()
