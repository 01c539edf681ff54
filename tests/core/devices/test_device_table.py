"""The table of supported devices in README.md says what the device files say."""

from __future__ import annotations

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_the_table_of_supported_devices_is_the_one_that_the_device_files_make() -> None:
    generator = runpy.run_path(str(ROOT / "tools/docs/devices.py"))
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    assert generator["BEGIN"] in page
    assert page == generator["written_into"](page)
