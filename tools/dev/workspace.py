"""The environment of core and hmi, with the developer tools: `.venv`."""

import sys

from tools.dev import stamps
from tools.dev.console import run_quietly, step
from tools.dev.paths import ROOT, WORKSPACE_ENV, WORKSPACE_PYTHON
from tools.dev.setup_lock import setup_lock
from tools.dev.uv import find_uv

_INPUTS = [
    ROOT / "uv.lock",
    ROOT / "pyproject.toml",
    ROOT / "core" / "pyproject.toml",
    ROOT / "hmi" / "pyproject.toml",
]


def make_workspace_env() -> None:
    """Make or update `.venv` exactly as the lock says."""
    with setup_lock():
        made_from = stamps.fingerprint(_INPUTS)
        if stamps.is_current(WORKSPACE_ENV, made_from) and WORKSPACE_PYTHON.exists():
            return
        uv = find_uv()
        with step("Python packages of core and hmi, into .venv"):
            stamps.begin(WORKSPACE_ENV)
            run_quietly(
                [uv, "sync", "--frozen", "--all-packages", "--python", sys.executable],
                "uv-workspace",
                env={"UV_PROJECT_ENVIRONMENT": str(WORKSPACE_ENV)},
            )
            stamps.finish(WORKSPACE_ENV, made_from)
