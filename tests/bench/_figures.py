"""What every benchmark prints: one JSON object of figures, each beside what it is held against."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Result:
    """One figure. `against` names the limit or peer of the same run; `goal` is what was asked for.

    A figure without a goal is there to be compared, and is always met.
    """

    what: str
    value: float
    unit: str
    against: str
    against_value: float
    goal: float | None
    met: bool

    @property
    def ratio(self) -> float | None:
        """The figure in parts of what it is held against."""
        return self.value / self.against_value if self.against_value else None


def machine() -> str:
    """Describe the computer, as far as figures depend on it."""
    system = platform.uname()
    return (
        f"{_processor()}, {_cores()} cores, {system.system} {system.release},"
        f" Python {platform.python_version()}"
    )


def progress(text: str) -> None:
    """Tell the person who waits; standard output is for the figures."""
    print(text, file=sys.stderr, flush=True)


def show(name: str, results: Sequence[Result]) -> None:
    """Print the one JSON object of a benchmark."""
    rows = [asdict(result) | {"ratio": result.ratio} for result in results]
    print(json.dumps({"name": name, "machine": machine(), "results": rows}, indent=1))


def _processor() -> str:
    for row in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if row.startswith("model name"):
            return row.split(":", 1)[1].strip()
    return platform.machine()


def _cores() -> int:
    return Path("/proc/cpuinfo").read_text(encoding="utf-8").count("processor\t")
