"""What tests, benchmarks and document generators are told about this machine."""

import os
from pathlib import Path

from tools.dev.paths import HOME_ASSISTANT_PYTHON, PRIVATE, WORKSPACE_PYTHON


def environment(chromium: Path | None) -> dict[str, str]:
    """Return the environment of a child process.

    BACS_CHROMIUM               the browser to drive
    BACS_WORKSPACE_PYTHON       the Python of core and hmi, to start their programs from elsewhere
    BACS_HOME_ASSISTANT_PYTHON  the Python of Home Assistant, the other way round
    BACS_FIGURES                a folder for measured figures, as JSON
    """
    figures = PRIVATE / "figures"
    figures.mkdir(parents=True, exist_ok=True)
    told = {
        "BACS_WORKSPACE_PYTHON": str(WORKSPACE_PYTHON),
        "BACS_HOME_ASSISTANT_PYTHON": str(HOME_ASSISTANT_PYTHON),
        "BACS_FIGURES": str(figures),
    }
    if chromium:
        told["BACS_CHROMIUM"] = str(chromium)
    return {**os.environ, **told}
