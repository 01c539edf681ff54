"""What the developer sees: a line per step with its time, and the end of the log when one fails.

Everything goes to standard error: standard output belongs to the tools and the benchmarks.
"""

import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tools.dev.paths import LOGS, ROOT

Command = Sequence[str | Path]

_TAIL_LINES = 30


class DevError(Exception):
    """Something the developer has to know or do; its text is all that is shown."""


class Terminated(KeyboardInterrupt):
    """./dev was told to end by a signal; for what runs inside, the same as Ctrl+C."""


def say(text: str) -> None:
    """Print one line of progress."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def step(what: str) -> Iterator[None]:
    """Announce a piece of work, and its time when it is done."""
    say(f"-> {what}")
    started = time.monotonic()
    yield
    say(f"   {time.monotonic() - started:.1f} s")


def tail(log: Path, lines: int = _TAIL_LINES) -> str:
    """Return the last lines of a log."""
    with log.open(encoding="utf-8", errors="replace") as file:
        return "".join(deque(file, maxlen=lines)).rstrip()


def run_openly(command: Command, env: Mapping[str, str] | None = None) -> int:
    """Run a command with its output in view; return its exit code."""
    with subprocess.Popen(command, cwd=ROOT, env=env) as process:
        return _wait(process, command)


def run_quietly(
    command: Command,
    log_name: str,
    *,
    env: Mapping[str, str] | None = None,
    timeout: float | None = None,
) -> None:
    """Run a command with its output in a log; if it fails, raise with the end of that log."""
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / f"{log_name}.log"
    with (
        log.open("w", encoding="utf-8") as output,
        subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        status = _wait(process, command, timeout)
    if status != 0:
        end = f"{tail(log)}\nWhole log: {log}"
        message = f"This failed (exit code {status}): {_shown(command)}\n{end}"
        raise DevError(message)


def _wait(process: subprocess.Popen[bytes], command: Command, timeout: float | None = None) -> int:
    """Wait for the end of a process; when ./dev is stopped, let it clean up after itself first."""
    try:
        return process.wait(timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        message = f"Gave up after {timeout:.0f} s: {_shown(command)}"
        raise DevError(message) from None
    except KeyboardInterrupt as stop:
        if isinstance(stop, Terminated):
            # Unlike Ctrl+C, this signal came to ./dev alone.
            process.send_signal(signal.SIGINT)
        say(f"\nWaiting for the end of {Path(command[0]).name} (Ctrl+C again: do not wait)")
        process.wait()
        raise


def _shown(command: Command) -> str:
    return " ".join(map(str, command))
