"""What the engine needs of its machine, as far as that tells it (Linux: `/proc`)."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bacs_core.api.system_messages import Disk, Load

PROC: Final = Path("/proc")
#: Over less time the clock ticks of the kernel are too coarse.
LEAST_S: Final = 2.0
_KIB: Final = 1024


@dataclass(frozen=True, slots=True)
class _Used:
    """Seconds of processor time at a time of the steady clock."""

    processor_s: float
    at: float


class LoadMeter:
    """Tells the load of this process; remembers when it was asked before."""

    def __init__(
        self,
        *,
        proc: Path = PROC,
        monotonic: Callable[[], float] = time.monotonic,
        processor: Callable[[], float] = time.process_time,
    ) -> None:
        """Count from now on."""
        self._proc = proc
        self._monotonic = monotonic
        self._processor = processor
        self._before = _Used(processor(), monotonic())
        self._told: tuple[float, float] | None = None

    def load(self) -> Load:
        """Tell the load since the last time; asked again at once, what was told then."""
        now = _Used(self._processor(), self._monotonic())
        if (over_s := now.at - self._before.at) >= LEAST_S:
            used_s = now.processor_s - self._before.processor_s
            self._told, self._before = (100 * used_s / over_s, over_s), now
        percent, over = self._told or (None, None)
        machine = _kilobytes(self._proc / "meminfo")
        return Load(
            processor_percent=percent,
            over_s=over,
            memory_bytes=_kilobytes(self._proc / "self" / "status").get("VmRSS"),
            machine_memory_bytes=machine.get("MemTotal"),
            machine_memory_free_bytes=machine.get("MemAvailable"),
        )


def disk_of(folder: Path) -> Disk | None:
    """Tell the file system of `folder` and what lies in it; `None` where it cannot be read."""
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return None
    return Disk(
        folder=str(folder.absolute()),
        size_bytes=usage.total,
        free_bytes=usage.free,
        state_bytes=sum(_sizes(folder)),
    )


def _sizes(folder: Path) -> list[int]:
    """Return what each file below `folder` takes of the disk."""
    sizes = []
    for base, _, names in os.walk(folder):
        for name in names:
            try:
                told = (Path(base) / name).lstat()
            except OSError:
                # It was there a moment ago.
                continue
            sizes.append(told.st_blocks * 512)
    return sizes


def _kilobytes(path: Path) -> dict[str, int]:
    """Read the lines `name: number kB` of a file of the kernel, in bytes; none is no error."""
    try:
        lines = path.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return {}
    figures = {}
    for line in lines:
        name, _, rest = line.partition(":")
        match rest.split():
            case [number, "kB"] if number.isdecimal():
                figures[name] = int(number) * _KIB
            case _:
                pass
    return figures
