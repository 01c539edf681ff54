"""`./dev docs`: run every generator of tools/docs, in the order of their names."""

from tools.dev.console import Command, DevError, run_openly, step
from tools.dev.environment import environment
from tools.dev.paths import ROOT, WORKSPACE_PYTHON
from tools.dev.system_packages import get_chromium_and
from tools.dev.workspace import make_workspace_env

_GENERATORS = ROOT / "tools" / "docs"


def make_documents() -> int:
    """Run the generators; stop at the first that fails and return its exit code."""
    names = sorted(file.stem for file in _GENERATORS.glob("[!_]*.py"))
    if not names:
        message = f"There are no generators in {_GENERATORS.relative_to(ROOT)}."
        raise DevError(message)
    make_workspace_env()
    told = environment(get_chromium_and([], needed_for="./dev docs"))
    for name in names:
        command: Command = [WORKSPACE_PYTHON, "-m", f"tools.docs.{name}"]
        with step(f"tools/docs/{name}.py"):
            status = run_openly(command, told)
        if status != 0:
            return status
    return 0
