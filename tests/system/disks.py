"""Small disks of our own that get full, cannot be written, vanish, or lose their power.

They need a machine that lets us mount; where it does not, tests skip and name what stands in for
them.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

#: `EXT4_IOC_SHUTDOWN`: the file system stops at once, and nothing that waits is written any more.
_SHUTDOWN = 0x8004587D
_WITHOUT_LOG = 2
_BALLAST = "ballast"


def _tried(*command: str | Path) -> bool:
    done = subprocess.run([str(word) for word in command], capture_output=True, check=False)
    return done.returncode == 0


@contextmanager
def memory_disk(folder: Path, size_mb: int) -> Iterator[Path]:
    """Mount a disk of this size on `folder`."""
    folder.mkdir()
    if not _tried("mount", "-t", "tmpfs", "-o", f"size={size_mb}m", "none", folder):
        pytest.skip("this machine lets nobody mount; test_full_disk has a limited file size")
    try:
        yield folder
    finally:
        _tried("umount", "-l", folder)


def fill(disk: Path) -> None:
    """Take all the space there is."""
    with suppress(OSError), (disk / _BALLAST).open("ab", buffering=0) as file:
        while file.write(bytes(65_536)):
            pass
    with suppress(OSError), (disk / _BALLAST).open("ab", buffering=0) as file:
        while file.write(bytes(512)):
            pass


def make_space(disk: Path) -> None:
    """Give it back."""
    (disk / _BALLAST).unlink()


class Card:
    """An ext4 file system in a file, as a memory card that can be pulled out at any moment."""

    def __init__(self, image: Path, folder: Path) -> None:
        """Make the file system; it is not plugged in yet."""
        self._image, self.folder = image, folder
        folder.mkdir()
        with image.open("wb") as file:
            file.truncate(24 * 2**20)
        if not _tried("mkfs.ext4", "-q", "-F", image) or not self._plugged_in():
            pytest.skip(
                "this machine mounts no file as ext4; test_durability asks SQLite instead in which "
                "mode it commits"
            )
        self.pull_out()

    def plug_in(self, *, read_only: bool = False) -> None:
        """Mount it, as after the next start of the machine."""
        assert self._plugged_in(read_only=read_only)

    def pull_out(self) -> None:
        """Unmount it, also while it is used."""
        if not _tried("umount", "-l", self.folder):
            return
        # Whoever has files open keeps the old one alive: plugged in again it is another device.
        plugged_in_next = self._image.with_name(f"{self._image.name}-again")
        shutil.copyfile(self._image, plugged_in_next)
        plugged_in_next.replace(self._image)

    def cut_the_power(self) -> None:
        """Stop it at once: what nobody flushed never reaches the card."""
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.ioctl(descriptor, _SHUTDOWN, struct.pack("I", _WITHOUT_LOG))
        finally:
            os.close(descriptor)

    def _plugged_in(self, *, read_only: bool = False) -> bool:
        options = "loop,ro" if read_only else "loop"
        return _tried("mount", "-o", options, self._image, self.folder)


@contextmanager
def card(folder: Path) -> Iterator[Card]:
    """Make a card that is pulled out at the end."""
    made = Card(folder / "image", folder / "card")
    try:
        yield made
    finally:
        made.pull_out()
