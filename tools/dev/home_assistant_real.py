"""The environment of a Home Assistant that really starts, frontend included: `.dev/hass`.

It is several times as large as `.dev/ha`, which has what the tests need, and is made for long runs
and a benchmark only. Home Assistant is the same version; its requirements are installed beforehand,
as it would install them itself, so that a start needs no network.
"""

import functools
import subprocess
from pathlib import Path

from tools.dev import stamps
from tools.dev.console import run_quietly, step
from tools.dev.paths import HOME_ASSISTANT_ENV, HOME_ASSISTANT_PYTHON, INTEGRATION, PRIVATE, ROOT
from tools.dev.setup_lock import setup_lock
from tools.dev.uv import find_uv

_ENVIRONMENT = PRIVATE / "hass"
_INPUTS = [INTEGRATION / "uv.lock", ROOT / "core" / "pyproject.toml"]
#: With what the integration asks for in its manifest.
_LIBRARY = f"{ROOT / 'core'}[bus,snmp]"
_MODULE = "tools.dev.home_assistant_requirements"


@functools.cache
def make_real_home_assistant() -> Path:
    """Make or update the environment; return its `hass`. `.dev/ha` has to be there."""
    hass = _ENVIRONMENT / "bin" / "hass"
    with setup_lock():
        wanted = _printed(HOME_ASSISTANT_PYTHON, "-m", _MODULE).split()
        made_from = stamps.fingerprint(_INPUTS, _LIBRARY, *wanted)
        if stamps.is_current(_ENVIRONMENT, made_from) and hass.exists():
            return hass
        constraints = next(HOME_ASSISTANT_ENV.glob("lib/python3.*/site-packages/homeassistant"))
        uv = find_uv()
        with step("a Home Assistant that starts, into .dev/hass"):
            stamps.begin(_ENVIRONMENT)
            run_quietly(
                [uv, "venv", "--allow-existing", "--python", HOME_ASSISTANT_PYTHON, _ENVIRONMENT],
                "uv-hass-environment",
            )
            run_quietly(
                [
                    *(uv, "pip", "install", "--python", _ENVIRONMENT / "bin" / "python"),
                    *("--constraint", constraints / "package_constraints.txt"),
                    *("--editable", _LIBRARY),
                    f"homeassistant=={_version()}",
                    *wanted,
                ],
                "uv-hass",
            )
            stamps.finish(_ENVIRONMENT, made_from)
    return hass


def _version() -> str:
    code = "from homeassistant.const import __version__; print(__version__)"
    return _printed(HOME_ASSISTANT_PYTHON, "-c", code).strip()


def _printed(*command: str | Path) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout
