"""What is read of a medium before it is mounted."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from bacs_core.stick.mounting import BlockDevice

MAKE = shutil.which("mkfs.ext4", path="/usr/sbin:/sbin:/usr/bin")


@pytest.mark.skipif(MAKE is None, reason="mkfs.ext4 is not installed")
@pytest.mark.parametrize("name", ["KINGSTON", 'Stäck "1 $', "名前"])
def test_the_name_of_a_stick_is_read_with_every_letter(tmp_path: Path, name: str) -> None:
    assert MAKE is not None
    medium = tmp_path / "medium"
    medium.write_bytes(bytes(2 << 20))
    subprocess.run([MAKE, "-q", "-F", "-L", name, medium], check=True)
    assert BlockDevice(medium, tmp_path).label() == name
