from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.kiosk.places import KIOSK

_SHELLCHECK = Path(sys.executable).with_name("shellcheck")


def _scripts() -> list[Path]:
    files = [path for path in sorted(KIOSK.rglob("*")) if path.is_file()]
    return [file for file in files if file.suffix == ".sh" or file.read_bytes()[:4] == b"#!/b"]


def test_shellcheck_finds_nothing_in_any_script() -> None:
    scripts = _scripts()
    assert len(scripts) > 10
    done = subprocess.run([_SHELLCHECK, *scripts], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
