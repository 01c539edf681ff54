"""An engine of the next version: the real one, under another name.

Runs as `python -m tests.system.home_assistant_upgrade ARGUMENTS`, with those of `bacs`.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import bacs_core
from tests.processes import PATIENCE_S, Engine, Process

NEXT_VERSION = "99.0.0"


class UpgradedEngine(Engine):
    """Takes the place of an engine that was stopped: the same state, port and site file."""

    def __init__(self, before: Engine, site: Path) -> None:
        super().__init__(before.folder, site, before.port)
        self._file = site

    def start(self) -> None:
        """Start, and wait until it answers."""
        arguments = ("run", self._file, "--state", self.state, "--port", str(self.port))
        self._process = Process(self.log, __name__, *arguments)
        give_up_at = time.monotonic() + PATIENCE_S
        while not self._answers():
            self._process.check_alive()
            assert time.monotonic() < give_up_at, self.log.read_text()
            time.sleep(0.05)


def main() -> None:
    """Be the engine."""
    # Before anybody looks at it.
    bacs_core.__version__ = NEXT_VERSION
    from bacs_core import cli

    sys.exit(cli.main(sys.argv[1:]))


if __name__ == "__main__":
    main()
