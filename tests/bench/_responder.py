"""Builds and starts the responder, which stands in for the devices of several lines."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

SOURCE = Path(__file__).with_name("responder.c")
BAUD = 115200
#: 8N1.
BITS_PER_CHARACTER = 10
CHARACTER_S = BITS_PER_CHARACTER / BAUD


@dataclass(frozen=True, slots=True)
class Counts:
    """What the far end of all lines saw. `late_s` is how far it lagged behind its own plan."""

    requests: int
    violations: int
    missing_s: float
    shortest_silence_s: float
    corrupt: int
    late_s: float


@dataclass(frozen=True, slots=True)
class Bus:
    """Lines on pseudo-terminals, and whoever answers there."""

    paths: list[str]
    orders: IO[str]
    answers: IO[str]

    def counts(self) -> Counts:
        """Return what was seen since the last call."""
        self.orders.write("report\n")
        self.orders.flush()
        rows = [[int(word) for word in self.answers.readline().split()] for _ in self.paths]
        requests, violations, missing_ns, shortest_ns, corrupt, late_ns = zip(*rows, strict=True)
        return Counts(
            requests=sum(requests),
            violations=sum(violations),
            missing_s=sum(missing_ns) / 1e9,
            shortest_silence_s=min(shortest_ns) / 1e9,
            corrupt=sum(corrupt),
            late_s=max(late_ns) / 1e9,
        )


def compile_responder(folder: Path) -> Path:
    """Compile the responder into `folder`; exits with advice where there is no compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        raise SystemExit(
            "The benchmark of the bus needs a C compiler: sudo apt-get install gcc libc6-dev"
        )
    program = folder / "responder"
    command = [compiler, "-O2", "-o", str(program), str(SOURCE), "-lutil", "-lpthread"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(
            f"The responder does not compile (Debian packages gcc and libc6-dev):\n{done.stderr}"
        )
    return program


@contextmanager
def bus(program: Path, lines: int, silence_s: float, silent_unit: int = 0) -> Iterator[Bus]:
    """Run `lines` lines; `silent_unit` never answers."""
    arguments = [lines, BAUD, BITS_PER_CHARACTER, round(silence_s * 1e9), silent_unit]
    with subprocess.Popen(
        [program, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        paths = [process.stdout.readline().strip() for _ in range(lines)]
        yield Bus(paths, process.stdin, process.stdout)
        process.stdin.close()
