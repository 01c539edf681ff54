"""Where things are. All that `./dev` makes lies below `.dev/` and `.venv/`."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRIVATE = ROOT / ".dev"
LOGS = PRIVATE / "logs"

WORKSPACE_ENV = ROOT / ".venv"
WORKSPACE_PYTHON = WORKSPACE_ENV / "bin" / "python"

INTEGRATION = ROOT / "integration"
HOME_ASSISTANT_ENV = PRIVATE / "ha"
HOME_ASSISTANT_PYTHON = HOME_ASSISTANT_ENV / "bin" / "python"
