"""File systems on loop devices: real block devices, real mounts, as root only."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MAKERS = {
    "ext4": ("mkfs.ext4", "-q", "-F", "-L", "KINGSTON"),
    "vfat": ("mkfs.vfat", "-n", "KINGSTON"),
    "exfat": ("mkfs.exfat", "-L", "KINGSTON"),
}


def why_not(kind: str = "ext4") -> str:
    """Say why this machine cannot mount such a file system, empty if it can."""
    if os.geteuid() != 0:
        return "only root may mount"
    if shutil.which(MAKERS[kind][0]) is None:
        return f"{MAKERS[kind][0]} is not installed"
    if kind not in Path("/proc/filesystems").read_text().split():
        return f"this kernel has no {kind}"
    probe = subprocess.run(["losetup", "--find"], check=False, capture_output=True)
    return "" if probe.returncode == 0 else "there is no loop device"


def image(folder: Path, *, kind: str | None = "ext4", size_mib: int = 16) -> Path:
    """Make an image, with a file system unless `kind` is `None`."""
    path = folder / "stick.img"
    path.touch()
    os.truncate(path, size_mib * 1024 * 1024)
    if kind is not None:
        subprocess.run([*MAKERS[kind], str(path)], check=True, capture_output=True)
    return path


@contextmanager
def loop_device(path: Path, *options: str) -> Iterator[Path]:
    """Attach an image to a loop device."""
    attached = subprocess.run(
        ["losetup", "--find", "--show", *options, str(path)],
        check=True,
        capture_output=True,
        text=True,
    )
    device = Path(attached.stdout.strip())
    try:
        yield device
    finally:
        subprocess.run(["losetup", "--detach", str(device)], check=True)


@contextmanager
def mounted(device: Path, folder: Path) -> Iterator[Path]:
    """Look at what lies on a device."""
    folder.mkdir()
    subprocess.run(["mount", "-o", "ro", str(device), str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def is_mounted(device: Path) -> bool:
    """Ask the kernel."""
    number = device.stat().st_rdev
    wanted = f"{os.major(number)}:{os.minor(number)}"
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return any(line.split()[2] == wanted for line in lines)


@contextmanager
def small_memory(folder: Path, size_mib: int) -> Iterator[Path]:
    """Mount a memory file system that is soon full."""
    folder.mkdir()
    options = f"size={size_mib}m"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)
