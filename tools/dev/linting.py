"""`./dev lint`: format, lint, types, layers, locks and shell scripts; all of them to the end."""

from collections.abc import Iterator
from pathlib import Path

from tools.dev.console import Command, run_openly, say, step
from tools.dev.home_assistant import make_home_assistant_env
from tools.dev.paths import HOME_ASSISTANT_PYTHON, INTEGRATION, ROOT, WORKSPACE_ENV
from tools.dev.uv import find_uv
from tools.dev.workspace import make_workspace_env

# What the rest of the repository adds as it grows is checked as soon as it is there.
_TYPED = ("core/bacs_core", "hmi/bacs_hmi", "tests/core", "tests/hmi", "tests/system", "tools")
_TYPED_IF_THERE = ("tests/bench", "tests/kiosk")
_TYPED_ON_HOME_ASSISTANT = (
    "integration/custom_components",
    "tests/integration",
    "tests/bench/_home_assistant_probe.py",
    "tests/system/home_assistant.py",
)
_SHELL_PLACES = ("dev", ".ci/run", "kiosk")


def run_lint() -> int:
    """Run every check; return the exit code."""
    make_workspace_env()
    make_home_assistant_env()
    failed = [name for name, command in _checks() if not _passes(name, command)]
    say(f"== FAILED: {', '.join(failed)}" if failed else "== all checks passed")
    return 1 if failed else 0


def _checks() -> Iterator[tuple[str, Command]]:
    tools = WORKSPACE_ENV / "bin"
    there = [folder for folder in _TYPED_IF_THERE if (ROOT / folder).is_dir()]
    yield "format", [tools / "ruff", "format", "--check"]
    yield "lint", [tools / "ruff", "check"]
    yield "types", [tools / "mypy", *_TYPED, *there]
    yield "layers", [tools / "lint-imports", "--no-logo"]
    yield "shell", [tools / "shellcheck", *_shell_scripts()]
    uv = find_uv()
    yield "lock of the workspace", [uv, "lock", "--check"]
    yield (
        "lock of the integration",
        [uv, "lock", "--check", "--project", INTEGRATION, "--python", HOME_ASSISTANT_PYTHON],
    )
    config = INTEGRATION / "pyproject.toml"
    yield (
        "types of the integration",
        [HOME_ASSISTANT_PYTHON, "-m", "mypy", "--config-file", config, *_TYPED_ON_HOME_ASSISTANT],
    )
    yield "pins of Home Assistant", [HOME_ASSISTANT_PYTHON, "-m", "tools.dev.home_assistant_pins"]


def _passes(name: str, command: Command) -> bool:
    with step(name):
        return run_openly(command) == 0


def _shell_scripts() -> list[str]:
    """Return the shell scripts of the repository, whatever they are called."""
    files: list[Path] = []
    for place in _SHELL_PLACES:
        path = ROOT / place
        files += sorted(path.rglob("*")) if path.is_dir() else [path]
    return [str(file.relative_to(ROOT)) for file in files if file.is_file() and _is_shell(file)]


def _is_shell(file: Path) -> bool:
    with file.open("rb") as opened:
        first = opened.readline()
    return file.suffix == ".sh" or (first.startswith(b"#!") and first.rstrip().endswith(b"sh"))
