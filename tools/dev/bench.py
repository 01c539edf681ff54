"""`./dev bench NAME`: one benchmark of tests/bench, as one JSON object on standard output."""

from tools.dev.console import Command, DevError, run_openly
from tools.dev.environment import environment
from tools.dev.home_assistant import make_home_assistant_env
from tools.dev.paths import HOME_ASSISTANT_PYTHON, ROOT, WORKSPACE_PYTHON
from tools.dev.system_packages import get_chromium_and, get_compiler, get_programs
from tools.dev.workspace import make_workspace_env

_BENCHMARKS = ROOT / "tests" / "bench"
_IN_A_BROWSER = {"panel"}
_IN_HOME_ASSISTANT = {"home_assistant"}
_SOAKED = {"home_assistant", "panel"}
_NEEDS_COMPILER = {"bus", "home_assistant"}
_NEEDS = {"snmp": ["snmpd"]}


def run_bench(name: str, *, soak: bool) -> int:
    """Run one benchmark, for long where it offers that; return its exit code."""
    module = name.replace("-", "_")
    there = sorted(file.stem for file in _BENCHMARKS.glob("[!_]*.py"))
    if module not in there:
        names = ", ".join(stem.replace("_", "-") for stem in there) or "none yet"
        message = f"There is no benchmark {name}. There are: {names}."
        raise DevError(message)
    if soak and module not in _SOAKED:
        message = f"The benchmark {name} has nothing that runs for longer."
        raise DevError(message)
    make_workspace_env()
    python = WORKSPACE_PYTHON
    if module in _IN_HOME_ASSISTANT:
        make_home_assistant_env()
        python = HOME_ASSISTANT_PYTHON
    if module in _NEEDS_COMPILER:
        get_compiler(f"./dev bench {name}")
    get_programs(_NEEDS.get(module, []), f"./dev bench {name}")
    needs_browser = module in _IN_A_BROWSER
    chromium = get_chromium_and([], f"./dev bench {name}") if needs_browser else None
    command: Command = [python, "-m", f"tests.bench.{module}", *(["--soak"] if soak else [])]
    return run_openly(command, environment(chromium))
