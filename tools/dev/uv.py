"""Find uv, or put one into `.dev/uv`."""

import functools
import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tools.dev import apt
from tools.dev.console import run_quietly, step
from tools.dev.paths import PRIVATE

# Kept equal to required-version in pyproject.toml.
_OLDEST = (0, 8)
_PRIVATE_UV = PRIVATE / "uv"


@functools.cache
def find_uv() -> Path:
    """Return a uv that is new enough: the machine's, else a private one made with pip."""
    on_path = shutil.which("uv")
    for candidate in (Path(on_path) if on_path else None, _PRIVATE_UV / "bin" / "uv"):
        if candidate and _is_usable(candidate):
            return candidate
    if importlib.util.find_spec("ensurepip") is None:
        # Debian and Ubuntu keep this part of Python in a package of its own.
        package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        apt.install([package], "Making a Python environment")
    with step("uv, into .dev/uv"):
        run_quietly([sys.executable, "-m", "venv", "--clear", _PRIVATE_UV], "venv")
        python = _PRIVATE_UV / "bin" / "python"
        run_quietly([python, "-m", "pip", "install", "--disable-pip-version-check", "uv"], "pip")
    return _PRIVATE_UV / "bin" / "uv"


def _is_usable(uv: Path) -> bool:
    try:
        answer = subprocess.run([uv, "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return False
    version = re.match(r"uv (\d+)\.(\d+)", answer.stdout)
    return version is not None and (int(version[1]), int(version[2])) >= _OLDEST
