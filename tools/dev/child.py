"""A process that runs beside `./dev`, with its output in a log."""

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

from tools.dev.console import Command, DevError, tail
from tools.dev.paths import ROOT

_STOP_SECONDS = 10.0
_SHOWN_LINES = 20


class Child:
    """One running program of the demo."""

    def __init__(self, name: str, command: Command, log: Path) -> None:
        self.name = name
        self._log = log
        with log.open("w", encoding="utf-8") as output:
            # A session of its own: Ctrl+C reaches only ./dev, which then stops all in order.
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def check(self) -> None:
        """Raise if the program has ended."""
        status = self._process.poll()
        if status is not None:
            message = f"The {self.name} ended by itself (exit code {status}). {self.log_end()}"
            raise DevError(message)

    def log_end(self) -> str:
        """Return the last lines the program has written, and where the rest is."""
        return f"The end of its log:\n{tail(self._log, _SHOWN_LINES)}\nWhole log: {self._log}"

    def stop(self) -> None:
        """Ask the program to end, and make it end if it does not within seconds."""
        self._process.terminate()
        try:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_STOP_SECONDS)
        finally:
            if self._process.poll() is None:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()
