"""A Python for Home Assistant, which needs a newer one than most machines have."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from tools.dev import unpacked_python
from tools.dev.console import DevError, run_quietly, say, step
from tools.dev.paths import PRIVATE

# Home Assistant's own floor, as in integration/pyproject.toml.
_WANTED = ">=3.14.2,<3.15"
_MINOR = "3.14"
_DOWNLOADED = PRIVATE / "downloaded-python"
# A site that stays silent instead of refusing must not cost more than the way around it.
_DOWNLOAD_SECONDS = 240.0


def find_or_get_python(uv: Path) -> Path:
    """Return a fitting Python: the machine's, one fetched before, else a new one."""
    found = _find(uv) or _find(uv, installed_in=_DOWNLOADED) or unpacked_python.find(_MINOR)
    if found:
        return found
    ways: dict[str, Callable[[Path], Path]] = {
        "downloaded by uv": _download,
        "from the distribution's packages": lambda uv: unpacked_python.unpack(uv, _MINOR),
    }
    reasons = []
    for way, get in ways.items():
        try:
            with step(f"Python {_MINOR}, {way}"):
                return get(uv)
        except DevError as error:
            say("   not possible here")
            reasons.append(str(error))
    message = (
        f"Home Assistant needs a Python {_WANTED}, and none could be had.\n\n"
        + "\n\n".join(reasons)
        + f"\n\nInstall one so that it is found as python{_MINOR}, then run this again."
    )
    raise DevError(message)


def _find(uv: Path, installed_in: Path | None = None) -> Path | None:
    answer = subprocess.run(
        [uv, "python", "find", "--system", "--no-project", "--no-python-downloads", _WANTED],
        env={**os.environ, **_install_dir(installed_in)},
        capture_output=True,
        text=True,
        check=False,
    )
    return Path(answer.stdout.strip()) if answer.returncode == 0 else None


def _download(uv: Path) -> Path:
    run_quietly(
        [uv, "python", "install", "--no-bin", _MINOR],
        "uv-python",
        env={**_install_dir(_DOWNLOADED), "UV_HTTP_RETRIES": "1"},
        timeout=_DOWNLOAD_SECONDS,
    )
    found = _find(uv, installed_in=_DOWNLOADED)
    if found is None:
        message = f"The Python {_MINOR} that uv downloads is older than {_WANTED}."
        raise DevError(message)
    return found


def _install_dir(folder: Path | None) -> dict[str, str]:
    return {"UV_PYTHON_INSTALL_DIR": str(folder)} if folder else {}
