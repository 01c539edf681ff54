"""The environment of the Home Assistant integration: `.dev/ha`."""

from tools.dev import stamps
from tools.dev.console import run_quietly, step
from tools.dev.paths import HOME_ASSISTANT_ENV, HOME_ASSISTANT_PYTHON, INTEGRATION, ROOT
from tools.dev.python314 import find_or_get_python
from tools.dev.setup_lock import setup_lock
from tools.dev.uv import find_uv

_INPUTS = [
    INTEGRATION / "uv.lock",
    INTEGRATION / "pyproject.toml",
    ROOT / "core" / "pyproject.toml",
]


def make_home_assistant_env() -> None:
    """Make or update `.dev/ha` exactly as the lock of the integration says."""
    with setup_lock():
        made_from = stamps.fingerprint(_INPUTS)
        if stamps.is_current(HOME_ASSISTANT_ENV, made_from) and HOME_ASSISTANT_PYTHON.exists():
            return
        uv = find_uv()
        python = find_or_get_python(uv)
        with step("Python packages of Home Assistant, into .dev/ha"):
            stamps.begin(HOME_ASSISTANT_ENV)
            run_quietly(
                [uv, "sync", "--frozen", "--project", INTEGRATION, "--python", python],
                "uv-home-assistant",
                env={"UV_PROJECT_ENVIRONMENT": str(HOME_ASSISTANT_ENV)},
            )
            stamps.finish(HOME_ASSISTANT_ENV, made_from)
