"""Finds the serial port that the site file names: by path, or by the USB number of its adapter.

An adapter that is pulled and put back may come back under another path; its serial number stays.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final, Protocol

from serial.tools import list_ports

from bacs_core.errors import PortGoneError

USB_SCHEME: Final = "usb:"


class Adapter(Protocol):
    """What the system tells of one serial port."""

    @property
    def device(self) -> str:
        """Its path."""

    @property
    def serial_number(self) -> str | None:
        """That of the USB adapter, where it is one and has one."""

    @property
    def description(self) -> str:
        """What it calls itself."""


def find_port(port: str) -> str:
    """Return the path of `port` (a path, or `usb:SERIAL`) as it is now; raises `PortGoneError`."""
    if not port.startswith(USB_SCHEME):
        return port
    try:
        adapters = list_ports.comports()
    except Exception as error:
        # What it raises while an adapter vanishes under its hands is stated nowhere.
        raise PortGoneError(f"the USB adapters cannot be listed now: {error}") from error
    return path_of(port.removeprefix(USB_SCHEME), adapters)


def path_of(serial_number: str, adapters: Iterable[Adapter]) -> str:
    """Return the path of the adapter with this serial number.

    Raises `PortGoneError` where it is not there, or where several ports bear the number.
    """
    present = [adapter for adapter in adapters if adapter.serial_number]
    paths = sorted(adapter.device for adapter in present if adapter.serial_number == serial_number)
    if len(paths) == 1:
        return paths[0]
    if paths:
        raise PortGoneError(
            f"several ports have the USB serial number {serial_number}: {', '.join(paths)};"
            " name one of them by its path in /dev/serial/by-path or /dev/serial/by-id"
        )
    there = "; ".join(
        f"{adapter.serial_number} ({adapter.description}, {adapter.device})" for adapter in present
    )
    raise PortGoneError(
        f"no USB adapter with serial number {serial_number} is plugged in;"
        f" there is {there or 'none with a serial number'}"
    )


def holders_of(path: str) -> list[str]:
    """Name the programs that have `path` open, as far as this user may see them."""
    real = os.path.realpath(path)
    return sorted(
        f"{_name_of(process)} (process {process.name})"
        for process in Path("/proc").glob("[0-9]*")
        if _has_open(process, real)
    )


def _has_open(process: Path, path: str) -> bool:
    try:
        return any(_target(link) == path for link in (process / "fd").iterdir())
    except OSError:
        return False


def _target(link: Path) -> str | None:
    try:
        return str(link.readlink())
    except OSError:
        return None


def _name_of(process: Path) -> str:
    try:
        name = (process / "comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return "a program"
    return "another line of this engine" if int(process.name) == os.getpid() else name
